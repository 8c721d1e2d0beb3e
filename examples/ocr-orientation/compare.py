#!/usr/bin/env python3
"""Classes of the integer model beside those of ONNX Runtime.

    compare.py MODEL.onnx INPUTS.npy RUN.json

RUN.json is what `circlet run --json` printed for the inputs. Exit code 1 if fewer than 99 % agree."""

import json
import sys

import numpy as np
import onnxruntime

inputs = np.load(sys.argv[2])
session = onnxruntime.InferenceSession(sys.argv[1], providers=["CPUExecutionProvider"])
(scores,) = session.run(None, {session.get_inputs()[0].name: inputs.reshape(-1, 3, 48, 192)})
with open(sys.argv[3]) as file:
    classes = [sample["class"] for sample in json.load(file)["samples"]]
expected = scores.argmax(axis=1)
agree = int((np.array(classes) == expected).sum())
share = np.bincount(expected, minlength=2) / len(expected)
print(f"{agree} of {len(expected)} lines have ONNX Runtime's class; {share[1]:.0%} of them are upside down to it")
sys.exit(agree < 0.99 * len(expected))
