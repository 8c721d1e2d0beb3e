#!/usr/bin/env python3
"""Writes workloads: an ONNX model with seeded random weights, calibration inputs and nine inputs to prove.

A folder each: model.onnx, calibration.json, inputs.json; with --unseen N, unseen.json, N inputs more. Dense models are perceptrons with
ReLU. Weights are He-initialised, inputs are pixels k / 255 of which four fifths are 0, as in pictures of digits. The others are those of
networks.py. Accuracy means nothing here; speed depends on the shapes alone.
"""

import argparse
import json
import zlib
from pathlib import Path

import numpy as np
import onnx
from dense_models import CALIBRATION_SAMPLES, MODELS, PROOFS
from networks import CALIBRATION_IMAGES, NETWORKS, images
from onnx import TensorProto, helper, numpy_helper

def perceptron(name: str, widths: tuple[int, ...], random: np.random.Generator) -> onnx.ModelProto:
    nodes, constants, last = [], [], "input"
    layers = len(widths) - 1
    for i, (inputs, outputs) in enumerate(zip(widths, widths[1:])):
        weights = random.normal(0, np.sqrt(2 / inputs), (inputs, outputs)).astype(np.float32)
        bias = random.normal(0, 0.1, outputs).astype(np.float32)
        constants += [numpy_helper.from_array(weights, f"W{i}"), numpy_helper.from_array(bias, f"b{i}")]
        dense = "output" if i + 1 == layers else f"dense{i}"
        nodes.append(helper.make_node("Gemm", [last, f"W{i}", f"b{i}"], [dense], name=f"Gemm_{i}"))
        if i + 1 < layers:
            nodes.append(helper.make_node("Relu", [dense], [f"relu{i}"], name=f"Relu_{i}"))
        last = f"relu{i}"
    graph = helper.make_graph(
        nodes,
        name,
        [helper.make_tensor_value_info("input", TensorProto.FLOAT, [1, widths[0]])],
        [helper.make_tensor_value_info("output", TensorProto.FLOAT, [1, widths[-1]])],
        constants,
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.checker.check_model(model)
    return model


def pixels(samples: int, features: int, random: np.random.Generator) -> list[list[float]]:
    values = random.integers(1, 256, (samples, features)) * (random.random((samples, features)) < 0.2)
    values[0, :2] = 0, 255
    return [[int(value) / 255 for value in sample] for sample in values]


def write(folder: Path, name: str, unseen: int = 0) -> None:
    random = np.random.default_rng(zlib.crc32(name.encode()))
    folder.mkdir(parents=True, exist_ok=True)
    if name in MODELS:
        widths = MODELS[name]
        onnx.save_model(perceptron(name, widths, random), folder / "model.onnx")
        draw = lambda samples: pixels(samples, widths[0], random)  # noqa: E731
    else:
        onnx.save_model(NETWORKS[name](random), folder / "model.onnx")
        draw = lambda samples: images(samples, random)  # noqa: E731
    calibration = CALIBRATION_SAMPLES if name in MODELS else CALIBRATION_IMAGES
    for file, samples in (("calibration.json", calibration), ("inputs.json", PROOFS), ("unseen.json", unseen)):
        if samples:
            (folder / file).write_text(json.dumps({"input_data": draw(samples)}))


def main() -> None:
    names = [*MODELS, *NETWORKS]
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("names", metavar="NAME", nargs="*", default=names, help=f"of {', '.join(names)} (default: all)")
    parser.add_argument("--unseen", type=int, default=0)
    arguments = parser.parse_args()
    unknown = set(arguments.names) - set(names)
    if unknown:
        parser.error(f"unknown models {sorted(unknown)}")
    for name in arguments.names:
        write(arguments.folder / name, name, arguments.unseen)


if __name__ == "__main__":
    main()
