"""The convolutional workloads: LeNet-5 on 32 x 32 x 3, and VGG-16 and ResNet-18 as they are used for CIFAR. Weights are drawn from a
seed, He-initialised: speed depends on the shapes alone, and of accuracy only the distance to ONNX Runtime means anything."""

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

IMAGE = (3, 32, 32)
CLASSES = 10
CALIBRATION_IMAGES = 24
VGG_LAYERS = (64, 64, "pool", 128, 128, "pool", 256, 256, 256, "pool", 512, 512, 512, "pool", 512, 512, 512, "pool")
RESNET_BLOCKS = ((64, 1), (64, 1), (128, 2), (128, 1), (256, 2), (256, 1), (512, 2), (512, 1))


class Builder:
    def __init__(self, random: np.random.Generator) -> None:
        self.random, self.nodes, self.constants = random, [], []

    def constant(self, values: np.ndarray) -> str:
        name = f"w{len(self.constants)}"
        self.constants.append(numpy_helper.from_array(values.astype(np.float32), name))
        return name

    def op(self, kind: str, inputs: list[str], **attributes) -> str:
        output = f"{kind.lower()}{len(self.nodes)}"
        self.nodes.append(helper.make_node(kind, inputs, [output], **attributes))
        return output

    def conv(self, x: str, inputs: int, outputs: int, kernel: int, stride: int = 1, pad: int = 0, gain: float = 2) -> str:
        shape = (outputs, inputs, kernel, kernel)
        weights = self.random.normal(0, np.sqrt(gain / (inputs * kernel * kernel)), shape)
        bias = self.random.normal(0, 0.05, outputs)
        names = [x, self.constant(weights), self.constant(bias)]
        return self.op("Conv", names, kernel_shape=[kernel, kernel], strides=[stride, stride], pads=[pad] * 4)

    def dense(self, x: str, inputs: int, outputs: int) -> str:
        weights = self.random.normal(0, np.sqrt(2 / inputs), (outputs, inputs))
        return self.op("Gemm", [x, self.constant(weights), self.constant(np.zeros(outputs))], transB=1)

    def relu(self, x: str) -> str:
        return self.op("Relu", [x])

    def pool(self, x: str) -> str:
        return self.op("MaxPool", [x], kernel_shape=[2, 2], strides=[2, 2])

    def model(self, name: str, x: str) -> onnx.ModelProto:
        graph = helper.make_graph(
            self.nodes,
            name,
            [helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, *IMAGE])],
            [helper.make_tensor_value_info(x, TensorProto.FLOAT, [1, CLASSES])],
            self.constants,
        )
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
        onnx.checker.check_model(model)
        return model


def lenet_5(random: np.random.Generator) -> onnx.ModelProto:
    net, x = Builder(random), "x"
    for inputs, outputs in ((3, 6), (6, 16)):
        x = net.pool(net.relu(net.conv(x, inputs, outputs, 5)))
    x = net.op("Flatten", [x])
    for inputs, outputs in ((400, 120), (120, 84)):
        x = net.relu(net.dense(x, inputs, outputs))
    return net.model("lenet-5", net.dense(x, 84, CLASSES))


def vgg_16(random: np.random.Generator) -> onnx.ModelProto:
    net, x, channels = Builder(random), "x", IMAGE[0]
    for layer in VGG_LAYERS:
        if layer == "pool":
            x = net.pool(x)
        else:
            x, channels = net.relu(net.conv(x, channels, layer, 3, pad=1)), layer
    return net.model("vgg-16", net.dense(net.op("Flatten", [x]), channels, CLASSES))


def resnet_18(random: np.random.Generator) -> onnx.ModelProto:
    net = Builder(random)
    x, channels = net.relu(net.conv("x", IMAGE[0], 64, 3, pad=1)), 64
    for outputs, stride in RESNET_BLOCKS:
        inner = net.relu(net.conv(x, channels, outputs, 3, stride, pad=1))
        inner = net.conv(inner, outputs, outputs, 3, pad=1, gain=1)
        if (channels, stride) != (outputs, 1):
            x = net.conv(x, channels, outputs, 1, stride, gain=1)
        x, channels = net.relu(net.op("Add", [inner, x])), outputs
    x = net.op("Flatten", [net.op("GlobalAveragePool", [x])])
    return net.model("resnet-18", net.dense(x, channels, CLASSES))


NETWORKS = {"lenet-5": lenet_5, "vgg-16": vgg_16, "resnet-18": resnet_18}


def images(samples: int, random: np.random.Generator) -> list[list[float]]:
    """Pixels k / 255, any of them as likely."""
    return (random.integers(0, 256, (samples, int(np.prod(IMAGE)))) / 255).tolist()
