#!/usr/bin/env python3
"""Outputs of the integer model beside those of ONNX Runtime, as one JSON line.

    accuracy.py MODEL.onnx INPUTS RUN.json [SHAPE]

INPUTS are .json or .npy, RUN.json is what `circlet run --json` printed for them, SHAPE (1,3,48,192) is for a model that leaves it open.
`error` is the greatest difference of an output, in parts of the standard deviation of all of ONNX Runtime's outputs."""

import json
import sys
from pathlib import Path

import numpy as np
import onnxruntime

path = Path(sys.argv[2])
inputs = np.load(path) if path.suffix == ".npy" else np.array(json.loads(path.read_text())["input_data"])
session = onnxruntime.InferenceSession(sys.argv[1], providers=["CPUExecutionProvider"])
given = session.get_inputs()[0]
shape = [int(size) for size in sys.argv[4].split(",")] if len(sys.argv) > 4 else [size if isinstance(size, int) else 1 for size in given.shape]
kind = np.int32 if given.type == "tensor(int32)" else np.float32
theirs = np.stack([session.run(None, {given.name: sample.reshape(shape).astype(kind)})[0].ravel() for sample in inputs])
samples = json.loads(Path(sys.argv[3]).read_text())["samples"]
ours = np.array([sample.get("postprocessed_outside_the_proof", sample["real"]) for sample in samples])
print(
    json.dumps(
        {
            "samples": len(samples),
            "same_class": int((ours.argmax(axis=1) == theirs.argmax(axis=1)).sum()),
            "error": float(np.abs(ours - theirs).max() / theirs.std()),
        }
    )
)
