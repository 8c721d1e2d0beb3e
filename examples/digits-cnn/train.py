#!/usr/bin/env python3
"""Trains a small convolutional network and writes its ONNX file and inputs. Needs scripts/python-requirements.txt.

scikit-learn ships the data: 1,797 images of 8 x 8 pixels, integers from 0 to 16. The network is a convolution, ReLU, max
pooling, a second convolution on a residual path, average pooling over the image, and a dense layer; NumPy trains it, so
that no framework is needed. Seeds are fixed: the files come out the same."""

import json
from pathlib import Path

import numpy as np
import onnx
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

HERE = Path(__file__).parent
CHANNELS, EPOCHS, BATCH = 16, 40, 64
CALIBRATION_SAMPLES = 300


def patches(x: np.ndarray) -> np.ndarray:
    """[sample][channel, tap][place] of 3 x 3 windows with one place of padding."""
    padded = np.pad(x, ((0, 0), (0, 0), (1, 1), (1, 1)))
    windows = np.lib.stride_tricks.sliding_window_view(padded, (3, 3), axis=(2, 3))
    n, c, h, w = windows.shape[:4]
    return windows.transpose(0, 1, 4, 5, 2, 3).reshape(n, c * 9, h * w)


def back_to_image(gradient: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    n, c, h, w = shape
    taps = gradient.reshape(n, c, 3, 3, h, w)
    padded = np.zeros((n, c, h + 2, w + 2))
    for p in range(3):
        for q in range(3):
            padded[:, :, p : p + h, q : q + w] += taps[:, :, p, q]
    return padded[:, :, 1:-1, 1:-1]


class Network:
    def __init__(self, random: np.random.Generator):
        def kernel(outputs: int, inputs: int) -> np.ndarray:
            return random.normal(size=(outputs, inputs)) * np.sqrt(2 / inputs)

        self.parameters = {
            "k1": kernel(CHANNELS, 9), "b1": np.zeros(CHANNELS),
            "k2": kernel(CHANNELS, 9 * CHANNELS), "b2": np.zeros(CHANNELS),
            "w": kernel(10, 4 * CHANNELS), "b": np.zeros(10),
        }  # fmt: skip

    def forward(self, x: np.ndarray) -> tuple[np.ndarray, dict]:
        p, n = self.parameters, len(x)
        first = patches(x)
        h = np.maximum(np.einsum("ok,nkp->nop", p["k1"], first) + p["b1"][:, None], 0).reshape(n, CHANNELS, 8, 8)
        windows = h.reshape(n, CHANNELS, 4, 2, 4, 2).transpose(0, 1, 2, 4, 3, 5).reshape(n, CHANNELS, 4, 4, 4)
        pooled = windows.max(axis=4)
        second = patches(pooled)
        z = np.einsum("ok,nkp->nop", p["k2"], second).reshape(n, CHANNELS, 4, 4) + p["b2"][:, None, None]
        r = np.maximum(z + pooled, 0)
        means = r.reshape(n, CHANNELS, 2, 2, 2, 2).mean(axis=(3, 5)).reshape(n, -1)
        return means @ p["w"].T + p["b"], dict(
            first=first, h=h, windows=windows, pooled=pooled, second=second, r=r, means=means
        )

    def gradients(self, x: np.ndarray, labels: np.ndarray) -> dict:
        p, n = self.parameters, len(x)
        scores, v = self.forward(x)
        scores = np.exp(scores - scores.max(axis=1, keepdims=True))
        scores /= scores.sum(axis=1, keepdims=True)
        scores[np.arange(n), labels] -= 1
        scores /= n
        means = (scores @ p["w"]).reshape(n, CHANNELS, 2, 1, 2, 1) / 4
        r = np.broadcast_to(means, (n, CHANNELS, 2, 2, 2, 2)).reshape(n, CHANNELS, 4, 4) * (v["r"] > 0)
        flat = r.reshape(n, CHANNELS, 16)
        pooled = r + back_to_image(np.einsum("ok,nop->nkp", p["k2"], flat), v["pooled"].shape)
        chosen = v["windows"].argmax(axis=4)[..., None] == np.arange(4)
        h = (chosen * pooled[..., None]).reshape(n, CHANNELS, 4, 4, 2, 2).transpose(0, 1, 2, 4, 3, 5)
        h = (h.reshape(n, CHANNELS, 8, 8) * (v["h"] > 0)).reshape(n, CHANNELS, 64)
        return {
            "k1": np.einsum("nop,nkp->ok", h, v["first"]), "b1": h.sum(axis=(0, 2)),
            "k2": np.einsum("nop,nkp->ok", flat, v["second"]), "b2": flat.sum(axis=(0, 2)),
            "w": scores.T @ v["means"], "b": scores.sum(axis=0),
        }  # fmt: skip

    def train(self, x: np.ndarray, labels: np.ndarray, random: np.random.Generator) -> None:
        """Adam, with weights that decay."""
        first = {name: np.zeros_like(value) for name, value in self.parameters.items()}
        second = {name: np.zeros_like(value) for name, value in self.parameters.items()}
        step = 0
        for epoch in range(EPOCHS):
            rate = 3e-3 * (1 - epoch / EPOCHS)
            order = random.permutation(len(x))
            for at in range(0, len(x), BATCH):
                chosen = order[at : at + BATCH]
                step += 1
                for name, gradient in self.gradients(x[chosen], labels[chosen]).items():
                    first[name] += 0.1 * (gradient - first[name])
                    second[name] += 0.01 * (gradient**2 - second[name])
                    mean, square = first[name] / (1 - 0.9**step), second[name] / (1 - 0.99**step)
                    self.parameters[name] -= rate * (mean / (np.sqrt(square) + 1e-8) + 1e-2 * self.parameters[name])

    def export(self) -> onnx.ModelProto:
        make, p = onnx.helper.make_node, self.parameters
        shapes = {"k1": (CHANNELS, 1, 3, 3), "k2": (CHANNELS, CHANNELS, 3, 3)}
        values = {name: value.reshape(shapes.get(name, value.shape)) for name, value in p.items()}
        values["k1"] = values["k1"] / 16  # the network is trained on pixels / 16
        padded = {"kernel_shape": [3, 3], "pads": [1, 1, 1, 1]}
        nodes = [
            make("Conv", ["image", "k1", "b1"], ["z1"], name="conv1", **padded),
            make("Relu", ["z1"], ["h1"], name="relu1"),
            make("MaxPool", ["h1"], ["p1"], name="max", kernel_shape=[2, 2], strides=[2, 2]),
            make("Conv", ["p1", "k2", "b2"], ["z2"], name="conv2", **padded),
            make("Add", ["z2", "p1"], ["s2"], name="residual"),
            make("Relu", ["s2"], ["h2"], name="relu2"),
            make("AveragePool", ["h2"], ["p2"], name="average", kernel_shape=[2, 2], strides=[2, 2]),
            make("Flatten", ["p2"], ["flat"], name="flatten"),
            make("Gemm", ["flat", "w", "b"], ["scores"], name="dense", transB=1),
        ]
        kind = onnx.TensorProto.FLOAT
        graph = onnx.helper.make_graph(
            nodes, "digits-cnn",
            [onnx.helper.make_tensor_value_info("image", kind, ["N", 1, 8, 8])],
            [onnx.helper.make_tensor_value_info("scores", kind, ["N", 10])],
            [onnx.numpy_helper.from_array(value.astype(np.float32), name) for name, value in values.items()],
        )  # fmt: skip
        model = onnx.helper.make_model(graph, opset_imports=[onnx.helper.make_opsetid("", 18)], ir_version=9)
        onnx.checker.check_model(model)
        return model


def write_inputs(path: Path, images: np.ndarray) -> None:
    """EZKL's format: one list a sample."""
    path.write_text(json.dumps({"input_data": [[int(pixel) for pixel in image] for image in images]}) + "\n")


def main() -> None:
    images, labels = load_digits(return_X_y=True)
    train_x, test_x, train_y, test_y = train_test_split(images, labels, test_size=0.2, stratify=labels, random_state=0)
    random = np.random.default_rng(0)
    network = Network(random)
    network.train(train_x.reshape(-1, 1, 8, 8) / 16, train_y, random)
    for what, x, y in (("held-out images", test_x, test_y), ("training images", train_x, train_y)):
        scores = network.forward(x.reshape(-1, 1, 8, 8) / 16)[0]
        print(f"accuracy on the {what} {(scores.argmax(axis=1) == y).mean():.4f}")
    onnx.save_model(network.export(), HERE / "digits-cnn.onnx")
    write_inputs(HERE / "calibration.json", train_x[:CALIBRATION_SAMPLES])
    for digit in range(10):
        write_inputs(HERE / f"input_{digit}.json", test_x[test_y == digit][:1])


if __name__ == "__main__":
    main()
