#!/usr/bin/env python3
"""Parameters and multiplications of an ONNX model, as one JSON line: describe.py MODEL.onnx [SHAPE]

Parameters are the numbers in its constants of floating point; multiplications those of convolutions and matrix products."""

import json
import sys

import numpy as np
import onnx
import onnxruntime
from onnx import numpy_helper

model = onnx.load(sys.argv[1])
dimensions = model.graph.input[0].type.tensor_type.shape.dim
sizes = sys.argv[2].split(",") if len(sys.argv) > 2 else [dimension.dim_value or 1 for dimension in dimensions]
for dimension, size in zip(dimensions, sizes):
    dimension.dim_value = int(size)
for value in model.graph.output:  # their sizes follow
    value.type.tensor_type.ClearField("shape")
constants = {tensor.name: numpy_helper.to_array(tensor) for tensor in model.graph.initializer}
for node in model.graph.node:
    if node.op_type == "Constant":
        constants[node.output[0]] = numpy_helper.to_array(node.attribute[0].t)
names = [name for node in model.graph.node if node.op_type in ("Conv", "Gemm", "MatMul") for name in node.output]
for name in set(names) - {value.name for value in model.graph.output}:
    model.graph.output.add().name = name
# Shape inference leaves some open; a run does not.
session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
kind = np.int32 if session.get_inputs()[0].type == "tensor(int32)" else np.float32
given = {session.get_inputs()[0].name: np.zeros([int(size) for size in sizes], dtype=kind)}
shapes = {name: value.shape for name, value in zip(names, session.run(names, given))}
products = 0
for node in model.graph.node:
    if node.op_type == "Conv":
        products += int(np.prod(shapes[node.output[0]])) * int(np.prod(constants[node.input[1]].shape[1:]))
    elif node.op_type in ("Gemm", "MatMul") and node.input[1] in constants:
        products += constants[node.input[1]].size * int(np.prod(shapes[node.output[0]][:-1]))
parameters = sum(array.size for array in constants.values() if array.dtype.kind == "f" and array.ndim)
print(json.dumps({"parameters": int(parameters), "macs": products}))
