#!/usr/bin/env python3
"""Trains the character transformers of this example and writes their ONNX files and inputs. Needs PyTorch, onnx and
onnxscript besides scripts/python-requirements.txt: `circlet` itself needs none of them, and the files lie here.

The text is what the Python language reference says of itself, which Python ships as pydoc_data.topics (PSF licence):
lower case, of 48 characters, white space as one blank. The last tenth is held out. A model sees `block` characters and
says what comes next. Seeds are fixed; other versions of PyTorch or Python give other weights.

    train.py                     both models
    train.py one-block           the small one alone
    train.py --keep FOLDER       takes weights from there, or leaves them there"""

import argparse
import json
import math
import pydoc_data.topics
from dataclasses import dataclass
from pathlib import Path

import onnx
import torch
from torch import nn
from torch.nn import functional as F

HERE = Path(__file__).parent
ALPHABET = " abcdefghijklmnopqrstuvwxyz0123456789.,:;'\"()-_="
CALIBRATION_SAMPLES = 200
HELD_OUT_SAMPLES = 400


@dataclass
class Shape:
    name: str
    block: int
    layers: int
    heads: int
    width: int
    steps: int


SHAPES = {
    "char-gpt": Shape("char-gpt", block=64, layers=4, heads=4, width=64, steps=4000),
    "one-block": Shape("one-block", block=16, layers=1, heads=2, width=32, steps=3000),
}


def text() -> torch.Tensor:
    """The characters' numbers, one after the other."""
    topics = pydoc_data.topics.topics
    whole = " ".join(topics[name] for name in sorted(topics)).lower()
    whole = " ".join(whole.translate(str.maketrans("’‘“”", "''\"\"")).split())
    return torch.tensor([ALPHABET.index(c) for c in whole if c in ALPHABET])


class Attention(nn.Module):
    """Causal, of several heads."""

    def __init__(self, shape: Shape):
        super().__init__()
        self.heads = shape.heads
        self.split = nn.Linear(shape.width, 3 * shape.width)
        self.join = nn.Linear(shape.width, shape.width)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        batch, block, width = x.shape
        q, k, v = (
            part.view(batch, block, self.heads, width // self.heads).transpose(1, 2)
            for part in self.split(x).split(width, dim=2)
        )
        y = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        return self.join(y.transpose(1, 2).reshape(batch, block, width))


class Block(nn.Module):
    def __init__(self, shape: Shape):
        super().__init__()
        self.first = nn.LayerNorm(shape.width)
        self.attention = Attention(shape)
        self.second = nn.LayerNorm(shape.width)
        self.perceptron = nn.Sequential(
            nn.Linear(shape.width, 4 * shape.width), nn.GELU(), nn.Linear(4 * shape.width, shape.width)
        )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = x + self.attention(self.first(x))
        return x + self.perceptron(self.second(x))


class Transformer(nn.Module):
    def __init__(self, shape: Shape):
        super().__init__()
        self.characters = nn.Embedding(len(ALPHABET), shape.width)
        self.places = nn.Embedding(shape.block, shape.width)
        self.blocks = nn.Sequential(*(Block(shape) for _ in range(shape.layers)))
        self.last = nn.LayerNorm(shape.width)
        self.head = nn.Linear(shape.width, len(ALPHABET), bias=False)
        for name, weight in self.named_parameters():
            if weight.dim() == 2:
                small = name.endswith(("join.weight", "perceptron.2.weight"))
                nn.init.normal_(weight, std=0.02 / (math.sqrt(2 * shape.layers) if small else 1))
        self.head.weight = self.characters.weight

    def hidden(self, tokens: torch.Tensor) -> torch.Tensor:
        places = torch.arange(tokens.shape[1], device=tokens.device)
        return self.last(self.blocks(self.characters(tokens) + self.places(places)))

    def forward(self, tokens: torch.Tensor) -> torch.Tensor:
        """The scores of the character after the last one."""
        return self.head(self.hidden(tokens)[:, -1])


def train(shape: Shape, train_text: torch.Tensor) -> Transformer:
    torch.manual_seed(1)
    model = Transformer(shape)
    optimiser = torch.optim.AdamW(model.parameters(), lr=2e-3, betas=(0.9, 0.99), weight_decay=0.1)
    batch, warm_up = 48, 100
    for step in range(shape.steps):
        rate = 2e-3 * min((step + 1) / warm_up, 0.05 + 0.475 * (1 + math.cos(math.pi * step / shape.steps)))
        for group in optimiser.param_groups:
            group["lr"] = rate
        starts = torch.randint(len(train_text) - shape.block, (batch,))
        windows = torch.stack([train_text[s : s + shape.block + 1] for s in starts])
        scores = model.head(model.hidden(windows[:, :-1]))
        loss = F.cross_entropy(scores.flatten(0, 1), windows[:, 1:].flatten())
        optimiser.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimiser.step()
        if step % 250 == 0:
            print(f"{shape.name}: step {step}, loss {loss.item():.3f}", flush=True)
    return model.eval()


def windows_of(characters: torch.Tensor, block: int, count: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Evenly spaced windows, and the character after each."""
    starts = torch.linspace(0, len(characters) - block - 1, count).long()
    windows = torch.stack([characters[s : s + block + 1] for s in starts])
    return windows[:, :-1], windows[:, -1]


def export(model: Transformer, shape: Shape, path: Path, opset: int) -> None:
    sample = torch.zeros(1, shape.block, dtype=torch.long)
    torch.onnx.export(
        model,
        (sample,),
        path,
        dynamo=True,
        input_names=["characters"],
        output_names=["scores"],
        opset_version=opset,
        external_data=False,
        verbose=False,
    )
    # What the exporter says of itself is a fifth of the file.
    file = onnx.load(path)
    graph = file.graph
    graph.name = shape.name
    del file.metadata_props[:], graph.metadata_props[:], graph.value_info[:]
    for part in [*graph.node, *graph.input, *graph.output, *graph.initializer]:
        del part.metadata_props[:]
        part.doc_string = ""
    onnx.checker.check_model(file)
    onnx.save_model(file, path)


def write_inputs(path: Path, windows: torch.Tensor) -> None:
    """EZKL's format: one list a sample."""
    path.write_text(json.dumps({"input_data": windows.tolist()}) + "\n")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("models", metavar="MODEL", nargs="*", help="one-block or char-gpt; both if none is named")
    parser.add_argument("--opset", type=int, default=18)
    parser.add_argument("--keep", type=Path, help="folder of weights to take, or to leave them in")
    args = parser.parse_args()
    torch.use_deterministic_algorithms(True)
    torch.set_num_threads(2)
    characters = text()
    split = len(characters) * 9 // 10
    for shape in (SHAPES[name] for name in args.models or SHAPES):
        kept = args.keep / f"{shape.name}.pt" if args.keep else None
        if kept and kept.exists():
            model = Transformer(shape)
            model.load_state_dict(torch.load(kept))
            model.eval()
        else:
            model = train(shape, characters[:split])
            if kept:
                torch.save(model.state_dict(), kept)
        held_out, following = windows_of(characters[split:], shape.block, HELD_OUT_SAMPLES)
        with torch.no_grad():
            scores = model(held_out)
        right = (scores.argmax(dim=1) == following).float().mean().item()
        weights = sum(p.numel() for p in model.parameters())
        perplexity = math.exp(F.cross_entropy(scores, following).item())
        print(f"{shape.name}: {weights} weights, held-out perplexity {perplexity:.3f}, next character {right:.3f}")
        export(model, shape, HERE / f"{shape.name}.onnx", args.opset)
        write_inputs(HERE / f"{shape.name}-calibration.json", windows_of(characters[:split], shape.block, CALIBRATION_SAMPLES)[0])
        write_inputs(HERE / f"{shape.name}-held-out.json", held_out)
        write_inputs(HERE / f"{shape.name}-input.json", held_out[:1])
        (HERE / f"{shape.name}-following.json").write_text(json.dumps(following.tolist()) + "\n")


if __name__ == "__main__":
    main()
