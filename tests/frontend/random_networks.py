"""Random networks of convolutions and pooling, with inputs for them."""

import numpy as np
import onnx

KIND = onnx.TensorProto.FLOAT


class Maker:
    """Nodes one after the other, over a value whose shape [channels, ...] is known."""

    def __init__(self, random: np.random.Generator, shape: tuple[int, ...]):
        self.random, self.shape, self.value = random, shape, "x"
        self.nodes, self.constants = [], []

    def constant(self, array: np.ndarray) -> str:
        name = f"c{len(self.constants)}"
        array = array if array.dtype == np.int64 else array.astype(np.float32)
        self.constants.append(onnx.numpy_helper.from_array(array, name))
        return name

    def add(self, kind: str, *more: str, value: str | None = None, **attributes) -> str:
        name = f"n{len(self.nodes)}"
        self.nodes.append(onnx.helper.make_node(kind, [value or self.value, *more], [name], name=name, **attributes))
        self.value = name
        return name

    def window(self, most: int) -> dict:
        """Attributes of a window that fits."""
        random, axes = self.random, len(self.shape) - 1
        while True:
            kernel = [int(k) for k in random.integers(1, most + 1, axes)]
            attributes = {"kernel_shape": kernel, "strides": [int(s) for s in random.integers(1, 4, axes)]}
            attributes["dilations"] = [int(d) for d in random.choice([1, 1, 1, 2], axes)]
            covers = all(s <= k for s, k in zip(attributes["strides"], kernel))  # else onnxruntime pads by less than 0
            if random.random() < 0.2 and max(attributes["dilations"]) == 1 and covers:
                attributes["auto_pad"] = str(random.choice(["SAME_UPPER", "SAME_LOWER", "VALID"]))
                pads = [0] * 2 * axes
                if attributes["auto_pad"] != "VALID":
                    return attributes
            else:
                pads = [int(random.integers(0, (k + 1) // 2)) for k in kernel + kernel]
                attributes["pads"] = pads
            spans = [d * (k - 1) + 1 for d, k in zip(attributes["dilations"], kernel)]
            if all(size + pads[a] + pads[axes + a] >= spans[a] for a, size in enumerate(self.shape[1:])):
                return attributes

    def resize(self, attributes: dict) -> None:
        """Asks ONNX's own shape inference."""
        self.shape = tuple(self.infer()[1:])

    def infer(self) -> list[int]:
        model = onnx.shape_inference.infer_shapes(self.model([]))
        for info in model.graph.value_info:
            if info.name == self.value:
                return [d.dim_value for d in info.type.tensor_type.shape.dim]
        raise KeyError(self.value)

    def model(self, outputs: list) -> onnx.ModelProto:
        graph = onnx.helper.make_graph(
            self.nodes, "network", [onnx.helper.make_tensor_value_info("x", KIND, self.first)], outputs, self.constants
        )
        return onnx.helper.make_model(graph, opset_imports=[onnx.helper.make_opsetid("", 19)], ir_version=9)

    def convolution(self) -> None:
        random, channels = self.random, self.shape[0]
        groups = int(random.choice([g for g in (1, 1, 1, 2, channels) if channels % g == 0]))
        outputs = groups * int(random.integers(1, 4))
        attributes = self.window(3)
        weights = random.normal(size=(outputs, channels // groups, *attributes["kernel_shape"]))
        weights /= np.sqrt(weights[0].size)
        more = [self.constant(weights)]
        if random.random() < 0.7:
            more.append(self.constant(random.normal(size=outputs) * 0.3))
        self.add("Conv", *more, group=groups, **attributes)
        self.resize(attributes)

    def norm(self) -> None:
        random, channels = self.random, self.shape[0]
        scale, bias, mean = random.uniform(0.5, 1.5, channels), random.normal(size=channels) * 0.3, random.normal(size=channels) * 0.1
        self.add("BatchNormalization", *[self.constant(a) for a in (scale, bias, mean, random.uniform(0.5, 1.5, channels))])

    def residual(self) -> None:
        """x + a convolution of x with as many channels, or that before and after an activation."""
        random, before, axes = self.random, self.value, len(self.shape) - 1
        weights = random.normal(size=(self.shape[0], self.shape[0], *[3] * axes)) / np.sqrt(self.shape[0] * 3**axes)
        self.add("Conv", self.constant(weights), kernel_shape=[3] * axes, pads=[1] * 2 * axes)
        if random.random() < 0.5:
            self.add("Relu")
        self.add("Add", before)

    def pooling(self) -> None:
        random = self.random
        attributes = self.window(3)
        kind = str(random.choice(["MaxPool", "AveragePool"]))
        if kind == "AveragePool":
            attributes.pop("dilations")
            attributes["count_include_pad"] = int(random.integers(0, 2))
        if "auto_pad" not in attributes and random.random() < 0.3:
            attributes["ceil_mode"] = 1
        self.add(kind, **attributes)
        self.resize(attributes)

    def activation(self) -> None:
        self.add(str(self.random.choice(["Relu", "Relu", "Sigmoid", "Tanh", "LeakyRelu", "Elu"])))

    def joined(self) -> None:
        """Two convolutions side by side."""
        first = self.value
        parts = []
        for _ in range(2):
            outputs = int(self.random.integers(1, 4))
            weights = self.random.normal(size=(outputs, self.shape[0], *[1] * (len(self.shape) - 1)))
            self.add("Conv", self.constant(weights / np.sqrt(self.shape[0])), value=first)
            if self.random.random() < 0.7:
                self.add("Relu")
            parts.append((self.value, outputs))
        self.add("Concat", parts[1][0], value=parts[0][0], axis=1)
        self.shape = (parts[0][1] + parts[1][1], *self.shape[1:])

    def gate(self) -> None:
        """x times a number a channel that depends on all of x, or times one a place."""
        before, axes = self.value, len(self.shape) - 1
        outputs = self.shape[0]
        if self.random.random() < 0.6:
            self.add("GlobalAveragePool")
        else:
            outputs = 1
        weights = self.random.normal(size=(outputs, self.shape[0], *[1] * axes)) / np.sqrt(self.shape[0])
        self.add("Conv", self.constant(weights), self.constant(self.random.normal(size=outputs)))
        self.add(str(self.random.choice(["Sigmoid", "HardSigmoid"])))
        self.add("Mul", self.value, value=before)

    def paired(self) -> None:
        """Two convolutions of x, value by value."""
        first, axes = self.value, len(self.shape) - 1
        pair = []
        for _ in range(2):
            weights = self.random.normal(size=(self.shape[0], self.shape[0], *[1] * axes)) / np.sqrt(self.shape[0])
            self.add("Conv", self.constant(weights), value=first)
            pair.append(self.value)
        kind = str(self.random.choice(["Mul", "Max", "Min", "Sub", "Div"]))
        if kind == "Div":  # by what is not near 0
            self.add("Sigmoid", value=pair[1])
            self.add("Add", self.constant(np.array(0.5)))
            pair[1] = self.value
        self.add(kind, pair[1], value=pair[0])


def make_network(seed: int) -> tuple[onnx.ModelProto, np.ndarray]:
    random = np.random.default_rng(seed)
    axes = 1 if seed % 4 == 0 else 2
    shape = (int(random.integers(1, 4)), *[int(size) for size in random.integers(5, 10, axes)])
    maker = Maker(random, shape)
    maker.first = [1, *shape]
    maker.convolution()
    for _ in range(int(random.integers(1, 5))):
        step = str(random.choice(["convolution", "norm", "residual", "pooling", "activation", "activation", "joined", "gate", "paired"]))
        if min(maker.shape[1:]) < 3 and step in ("convolution", "pooling"):
            step = "activation"
        getattr(maker, step)()
    if random.random() < 0.4:
        maker.add(str(random.choice(["GlobalAveragePool", "GlobalMaxPool"])))
        maker.shape = (maker.shape[0], *[1] * axes)
    maker.add("Flatten")
    count = int(np.prod(maker.shape))
    maker.add("Gemm", maker.constant(random.normal(size=(3, count)) / np.sqrt(count)),
              maker.constant(random.normal(size=3)), transB=1)  # fmt: skip
    maker.first = ["N", *shape]
    model = maker.model([onnx.helper.make_tensor_value_info(maker.value, KIND, ["N", 3])])
    onnx.checker.check_model(model)
    return model, random.normal(size=(40, *shape)).astype(np.float32)
