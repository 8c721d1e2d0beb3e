"""Small transformers drawn by a seed: classifiers of images by patches (as ViT), of padded texts (as BERT), and causal ones that read
the last place (as GPT), with attention as exporters spell it or as one node."""

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

OPSET = 23
CLASSES = 3


class Maker:
    def __init__(self, random: np.random.Generator):
        self.random = random
        self.nodes: list[onnx.NodeProto] = []
        self.constants: list[onnx.TensorProto] = []

    def constant(self, array: np.ndarray) -> str:
        name = f"c{len(self.constants)}"
        kind = np.int64 if array.dtype.kind == "i" else np.float32 if array.dtype.kind == "f" else array.dtype
        self.constants.append(numpy_helper.from_array(np.asarray(array, dtype=kind), name))
        return name

    def ints(self, *values: int) -> str:
        return self.constant(np.array(values, dtype=np.int64))

    def add(self, kind: str, *inputs: str, outputs: int = 1, **attributes):
        names = [f"n{len(self.nodes)}" + (f"_{i}" if outputs > 1 else "") for i in range(outputs)]
        self.nodes.append(helper.make_node(kind, inputs, names, name=names[0], **attributes))
        return names if outputs > 1 else names[0]

    def linear(self, x: str, inputs: int, outputs: int, bias: bool = True) -> str:
        y = self.add("MatMul", x, self.constant(self.random.normal(size=(inputs, outputs)) / np.sqrt(inputs)))
        return self.add("Add", y, self.constant(self.random.normal(size=outputs) * 0.1)) if bias else y


class Transformer(Maker):
    def __init__(self, random: np.random.Generator):
        super().__init__(random)
        self.kind = str(random.choice(["image", "padded text", "causal text"]))
        self.heads = int(random.choice([1, 2]))
        self.each = int(random.choice([4, 6]))  # of two values a norm would be a sign
        self.width = self.heads * self.each
        self.key_heads = int(random.choice([1, self.heads]))
        self.gated, self.rms, self.rotary = (bool(random.random() < 0.4) for _ in range(3))
        self.one_node = bool(random.random() < 0.5)

    def norm(self, x: str) -> str:
        scale = self.constant(self.random.uniform(0.5, 1.5, self.width))
        if self.rms:
            return self.add("RMSNormalization", x, scale, axis=-1)
        return self.add("LayerNormalization", x, scale, self.constant(self.random.normal(size=self.width) * 0.1), axis=-1)

    def of_heads(self, x: str, heads: int) -> str:
        x = self.add("Reshape", x, self.ints(1, self.places, heads, self.each))
        return self.add("Transpose", x, perm=[0, 2, 1, 3])

    def turned(self, x: str) -> str:
        angles = np.arange(self.places)[:, np.newaxis] / 3.0 ** np.arange(self.each // 2)
        return self.add("RotaryEmbedding", x, self.constant(np.cos(angles)[np.newaxis]), self.constant(np.sin(angles)[np.newaxis]))

    def bias(self) -> np.ndarray | None:
        """What of the scores is masked, and by which number."""
        never = self.random.choice([-np.inf, -3.4028235e38, -1e4])
        if self.kind == "causal text":
            return np.triu(np.full((self.places, self.places), never), 1)
        if self.kind == "padded text":
            return np.where(np.arange(self.places) < self.places - 2, 0, never)[np.newaxis, np.newaxis, np.newaxis]
        return None

    def attention(self, x: str) -> str:
        q = self.of_heads(self.linear(x, self.width, self.width), self.heads)
        k, v = (self.of_heads(self.linear(x, self.width, self.key_heads * self.each), self.key_heads) for _ in range(2))
        if self.rotary:
            q, k = self.turned(q), self.turned(k)
        bias = self.bias()
        if self.one_node:
            causal = self.kind == "causal text"
            more = [self.constant(np.broadcast_to(bias, (1, 1, self.places, self.places)))] if bias is not None and not causal else []
            y = self.add("Attention", q, k, v, *more, is_causal=int(causal))
        else:
            if self.key_heads != self.heads:
                k, v = (self.add("Expand", x, self.ints(1, self.heads, self.places, self.each)) for x in (k, v))
            scores = self.add("MatMul", q, self.add("Transpose", k, perm=[0, 1, 3, 2]))
            scores = self.add("Mul", scores, self.constant(np.array(1 / np.sqrt(self.each))))
            if bias is not None and self.random.random() < 0.5:
                scores = self.add("Where", self.constant(bias == 0), scores, self.constant(np.array(bias.min())))
            elif bias is not None:
                scores = self.add("Add", scores, self.constant(bias))
            y = self.add("MatMul", self.add("Softmax", scores, axis=-1), v)
        y = self.add("Reshape", self.add("Transpose", y, perm=[0, 2, 1, 3]), self.ints(1, self.places, self.width))
        return self.linear(y, self.width, self.width)

    def perceptron(self, x: str) -> str:
        hidden = 2 * self.width
        up = self.linear(x, self.width, hidden)
        if self.gated:
            up = self.add("Mul", self.add("Mul", up, self.add("Sigmoid", up)), self.linear(x, self.width, hidden))
        else:
            up = self.add("Gelu", up, approximate=str(self.random.choice(["none", "tanh"])))
        return self.linear(up, hidden, self.width)

    def block(self, x: str) -> str:
        x = self.add("Add", x, self.attention(self.norm(x)))
        return self.add("Add", x, self.perceptron(self.norm(x)))

    def embedded(self) -> tuple[str, onnx.ValueInfoProto, np.ndarray]:
        random = self.random
        if self.kind == "image":
            side, patch = 6, 2
            self.places = (side // patch) ** 2 + 1
            weights = random.normal(size=(self.width, 1, patch, patch)) / patch
            x = self.add("Conv", "x", self.constant(weights), strides=[patch, patch])
            x = self.add("Transpose", self.add("Reshape", x, self.ints(1, self.width, -1)), perm=[0, 2, 1])
            x = self.add("Concat", self.constant(random.normal(size=(1, 1, self.width))), x, axis=1)
            info = helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, 1, side, side])
            samples = random.normal(size=(60, 1, side, side)).astype(np.float32)
        else:
            letters, self.places = 7, int(random.integers(4, 8))
            x = self.add("Gather", self.constant(random.normal(size=(letters, self.width))), "x")
            info = helper.make_tensor_value_info("x", TensorProto.INT64, [1, self.places])
            samples = random.integers(0, letters, (60, self.places))
        return self.add("Add", x, self.constant(random.normal(size=(self.places, self.width)) * 0.3)), info, samples


def make_transformer(seed: int) -> tuple[onnx.ModelProto, np.ndarray]:
    maker = Transformer(np.random.default_rng(seed))
    x, info, samples = maker.embedded()
    for _ in range(int(maker.random.choice([1, 1, 2]))):
        x = maker.block(x)
    x = maker.norm(x)
    if maker.kind == "padded text" and maker.random.random() < 0.5:
        x = maker.add("ReduceMean", x, maker.ints(1), keepdims=0)
    else:
        place = maker.places - 1 if maker.kind == "causal text" else 0
        x = maker.add("Gather", x, maker.constant(np.array(place)), axis=1)
    y = maker.linear(x, maker.width, CLASSES)
    graph = helper.make_graph(
        maker.nodes, "transformer", [info], [helper.make_tensor_value_info(y, TensorProto.FLOAT, [1, CLASSES])], maker.constants
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=11)
    onnx.checker.check_model(model)
    return model, samples
