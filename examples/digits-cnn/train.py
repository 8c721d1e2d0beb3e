#!/usr/bin/env python3
"""Trains the convolutional digits example and writes its ONNX file and inputs. Needs scripts/python-requirements.txt.

scikit-learn ships the data: 1,797 images of 8 x 8 pixels, integers from 0 to 16. Two convolutions and a dense layer,
trained in NumPy by Adam, learn four fifths of them; the rest is held out to measure accuracy. Seeds are fixed: the files
come out the same."""

import json
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

HERE = Path(__file__).parent
CALIBRATION_SAMPLES = 400
EPOCHS, BATCH, RATE, DECAY = 60, 32, 2e-3, 1e-4
# Channels, kernel, stride and padding of the two convolutions: 8 x 8 -> 8 x 8 -> 4 x 4.
CONVOLUTIONS = [(1, 6, 3, 1, 1), (6, 12, 3, 2, 1)]
DENSE = (12 * 4 * 4, 10)


def windows(x: np.ndarray, kernel: int, stride: int, pad: int) -> np.ndarray:
    """[n, c, h, w] -> [n, oh, ow, c kernel kernel], what each output of a convolution reads."""
    padded = np.pad(x, ((0, 0), (0, 0), (pad, pad), (pad, pad)))
    view = np.lib.stride_tricks.sliding_window_view(padded, (kernel, kernel), axis=(2, 3))[:, :, ::stride, ::stride]
    return view.transpose(0, 2, 3, 1, 4, 5).reshape(*view.shape[0:1], *view.shape[2:4], -1)


def scatter(gradient: np.ndarray, shape: tuple, kernel: int, stride: int, pad: int) -> np.ndarray:
    """The transpose of `windows`."""
    n, oh, ow, _ = gradient.shape
    parts = gradient.reshape(n, oh, ow, shape[1], kernel, kernel)
    padded = np.zeros((n, shape[1], shape[2] + 2 * pad, shape[3] + 2 * pad))
    for i in range(kernel):
        for j in range(kernel):
            padded[:, :, i : i + stride * oh : stride, j : j + stride * ow : stride] += parts[..., i, j].transpose(0, 3, 1, 2)
    return padded[:, :, pad : pad + shape[2], pad : pad + shape[3]]


class Network:
    """conv, ReLU, conv, ReLU, dense; weights [outputs, inputs of a window], and a bias each."""

    def __init__(self, random: np.random.Generator):
        self.weights = []
        for channels, outputs, kernel, _, _ in CONVOLUTIONS:
            fan_in = channels * kernel * kernel
            self.weights += [random.normal(0, np.sqrt(2 / fan_in), (outputs, fan_in)), np.zeros(outputs)]
        self.weights += [random.normal(0, np.sqrt(1 / DENSE[0]), (DENSE[1], DENSE[0])), np.zeros(DENSE[1])]

    def forward(self, x: np.ndarray) -> tuple[np.ndarray, list]:
        kept = []
        for i, (_, _, kernel, stride, pad) in enumerate(CONVOLUTIONS):
            read = windows(x, kernel, stride, pad)
            z = read @ self.weights[2 * i].T + self.weights[2 * i + 1]
            kept.append((x.shape, read, z))
            x = np.maximum(z, 0).transpose(0, 3, 1, 2)
        flat = x.reshape(len(x), -1)
        kept.append((x.shape, flat))
        return flat @ self.weights[-2].T + self.weights[-1], kept

    def gradients(self, x: np.ndarray, labels: np.ndarray) -> list[np.ndarray]:
        """Of the mean cross-entropy."""
        scores, kept = self.forward(x)
        p = np.exp(scores - scores.max(axis=1, keepdims=True))
        p /= p.sum(axis=1, keepdims=True)
        p[np.arange(len(x)), labels] -= 1
        p /= len(x)
        shape, flat = kept.pop()
        result = [p.T @ flat, p.sum(axis=0)]
        back = (p @ self.weights[-2]).reshape(shape)
        for i in reversed(range(len(CONVOLUTIONS))):
            _, _, kernel, stride, pad = CONVOLUTIONS[i]
            shape, read, z = kept.pop()
            back = back.transpose(0, 2, 3, 1) * (z > 0)
            flat_back = back.reshape(-1, back.shape[-1])
            result = [flat_back.T @ read.reshape(-1, read.shape[-1]), flat_back.sum(axis=0), *result]
            back = scatter(back @ self.weights[2 * i], shape, kernel, stride, pad)
        return result

    def accuracy(self, x: np.ndarray, labels: np.ndarray) -> float:
        return float((self.forward(x)[0].argmax(axis=1) == labels).mean())


def train(images: np.ndarray, labels: np.ndarray) -> Network:
    random = np.random.default_rng(1)
    network = Network(random)
    first = [np.zeros_like(w) for w in network.weights]
    second = [np.zeros_like(w) for w in network.weights]
    step = 0
    for epoch in range(EPOCHS):
        order = random.permutation(len(images))
        rate = RATE * 0.5 * (1 + np.cos(np.pi * epoch / EPOCHS))
        for begin in range(0, len(images), BATCH):
            batch = order[begin : begin + BATCH]
            step += 1
            for i, g in enumerate(network.gradients(images[batch], labels[batch])):
                first[i] += 0.1 * (g - first[i])
                second[i] += 0.001 * (g * g - second[i])
                update = first[i] / (1 - 0.9**step) / (np.sqrt(second[i] / (1 - 0.999**step)) + 1e-8)
                network.weights[i] -= rate * (update + DECAY * network.weights[i])
    return network


def export(network: Network) -> onnx.ModelProto:
    """Pixels as they are, 0 to 16: the first convolution divides by 16."""
    nodes, constants = [], []

    def constant(name: str, values: np.ndarray) -> str:
        constants.append(numpy_helper.from_array(values.astype(np.float32), name))
        return name

    value = "image"
    for i, (channels, outputs, kernel, stride, pad) in enumerate(CONVOLUTIONS):
        w = network.weights[2 * i].reshape(outputs, channels, kernel, kernel) / (16 if i == 0 else 1)
        inputs = [value, constant(f"conv{i}.weight", w), constant(f"conv{i}.bias", network.weights[2 * i + 1])]
        nodes.append(
            helper.make_node("Conv", inputs, [f"conv{i}"], name=f"conv{i}", strides=[stride] * 2, pads=[pad] * 4)
        )
        nodes.append(helper.make_node("Relu", [f"conv{i}"], [f"relu{i}"], name=f"relu{i}"))
        value = f"relu{i}"
    nodes.append(helper.make_node("Flatten", [value], ["features"], name="flatten"))
    dense = [constant("dense.weight", network.weights[-2]), constant("dense.bias", network.weights[-1])]
    nodes.append(helper.make_node("Gemm", ["features", *dense], ["scores"], name="dense", transB=1))
    graph = helper.make_graph(
        nodes,
        "digits-cnn",
        [helper.make_tensor_value_info("image", TensorProto.FLOAT, ["batch", 1, 8, 8])],
        [helper.make_tensor_value_info("scores", TensorProto.FLOAT, ["batch", 10])],
        constants,
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=8)
    onnx.checker.check_model(model)
    return model


def write_inputs(path: Path, images: np.ndarray) -> None:
    """EZKL's format: one list a sample."""
    rows = images.reshape(len(images), -1)
    path.write_text(json.dumps({"input_data": [[int(pixel) for pixel in row] for row in rows]}) + "\n")


def main() -> None:
    images, labels = load_digits(return_X_y=True)
    train_x, test_x, train_y, test_y = train_test_split(
        images.reshape(-1, 1, 8, 8), labels, test_size=0.2, stratify=labels, random_state=0
    )
    network = train(train_x / 16, train_y)
    print(
        f"held-out accuracy {network.accuracy(test_x / 16, test_y):.4f}, "
        f"on the training images {network.accuracy(train_x / 16, train_y):.4f}"
    )
    onnx.save_model(export(network), HERE / "digits-cnn.onnx")
    write_inputs(HERE / "calibration.json", train_x[:CALIBRATION_SAMPLES])
    for digit in range(10):
        write_inputs(HERE / f"input_{digit}.json", test_x[test_y == digit][:1])


if __name__ == "__main__":
    main()
