"""Random dense ONNX models, a function of the seed: chains and residual blocks of matrix products, normalisations and
activations in the many ways that exporters write them."""

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

ACTIVATIONS = {
    "Relu": {}, "LeakyRelu": {"alpha": 0.2}, "Sigmoid": {}, "Tanh": {}, "Softplus": {}, "Elu": {"alpha": 0.7}, "Selu": {},
    "HardSigmoid": {}, "Abs": {}, "Softsign": {}, "Celu": {"alpha": 1.5}, "Erf": {}, "HardSwish": {}, "Mish": {},
}  # fmt: skip


class Maker:
    def __init__(self, seed: int):
        self.rng = np.random.default_rng(seed)
        self.nodes, self.initializers = [], []
        self.count = 0
        self.opset = int(self.rng.choice([18, 19, 20, 21]))

    def constant(self, values) -> str:
        self.count += 1
        name = f"c{self.count}"
        tensor = numpy_helper.from_array(np.asarray(values, dtype=np.float32), name)
        if self.rng.random() < 0.2:
            self.nodes.append(helper.make_node("Constant", [], [name], value=tensor))
        else:
            self.initializers.append(tensor)
        return name

    def node(self, kind: str, *inputs: str, **attributes) -> str:
        self.count += 1
        name = f"v{self.count}"
        self.nodes.append(helper.make_node(kind, list(inputs), [name], name=f"{kind}_{self.count}", **attributes))
        return name

    def dense(self, x: str, size: int, outputs: int) -> str:
        weights = self.rng.normal(size=(size, outputs)) * 1.5 / np.sqrt(size)  # keeps the signal alive
        bias = self.rng.normal(size=outputs) * 0.3
        form = self.rng.integers(4)
        if form == 0:
            return self.node("Gemm", x, self.constant(weights.T), self.constant(bias), transB=1)
        if form == 1:
            return self.node("Gemm", x, self.constant(weights * 2), self.constant(bias / 3), alpha=0.5, beta=3.0)
        y = self.node("MatMul", x, self.constant(weights))
        if form == 2:
            return self.node("Add", self.constant(bias[None, :]), y)
        return self.node("Sub", y, self.constant(-bias))

    def activation(self, x: str) -> str:
        form = self.rng.integers(6)
        if form == 0:
            return self.node("Mul", x, self.node("Sigmoid", x))
        if form == 1:
            inner = self.node("Erf", self.node("Mul", x, self.constant(0.5**0.5)))
            return self.node("Mul", self.node("Mul", x, self.constant([0.5])), self.node("Add", inner, self.constant(1.0)))
        if form == 2:
            return self.node("Clip", x, self.constant(-0.5), self.constant(1.5))
        kind = self.rng.choice(list(ACTIVATIONS))
        return self.node(kind, x, **ACTIVATIONS[kind])

    def normalisation(self, x: str, size: int) -> str:
        form = self.rng.integers(5)
        if form == 0:
            parameters = [self.rng.uniform(0.5, 1.5, size), self.rng.normal(size=size) * 0.2, self.rng.normal(size=size) * 0.2]
            names = [self.constant(p) for p in [*parameters, self.rng.uniform(0.5, 2, size)]]
            return self.node("BatchNormalization", x, *names, epsilon=1e-3)
        if form == 1:
            return self.node("Mul", x, self.constant(self.rng.uniform(0.5, 1.5, size)))
        if form == 2:
            return self.node("Div", self.node("Neg", x), self.constant(self.rng.uniform(1, 2)))
        return x


def make_model(seed: int) -> tuple[onnx.ModelProto, np.ndarray]:
    """The model, and 100 inputs [sample][feature]."""
    make = Maker(seed)
    rng = make.rng
    size = features = int(rng.integers(2, 20))
    x = "x"
    for _ in range(rng.integers(1, 4)):
        width = int(rng.integers(3, 24))
        y = make.normalisation(make.activation(make.normalisation(make.dense(x, size, width), width)), width)
        if rng.random() < 0.4:
            inner = make.dense(make.activation(make.dense(y, width, width)), width, width)
            y = make.node("Add", y, make.activation(inner) if rng.random() < 0.5 else inner)
        x, size = y, width
    outputs = int(rng.integers(1, 6))
    x = make.dense(x, size, outputs)
    if rng.random() < 0.3:
        x = make.activation(x)
    elif rng.random() < 0.3 and outputs > 1:
        x = make.node("Softmax", x, axis=-1)
    make.node("Identity", x)
    make.nodes[-1].output[0] = "y"
    graph = helper.make_graph(
        make.nodes, f"random_{seed}",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["N", features])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, ["N", outputs])],
        make.initializers,
    )  # fmt: skip
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", make.opset)], ir_version=10)
    onnx.checker.check_model(model)
    scales = np.exp(rng.normal(size=features) * (2 if rng.random() < 0.3 else 0))
    return model, (rng.normal(size=(100, features)) * np.minimum(scales, 3)).astype(np.float32)
