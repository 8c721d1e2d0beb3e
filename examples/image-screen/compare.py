#!/usr/bin/env python3
"""Scores of the integer model beside those of ONNX Runtime.

    compare.py MODEL.onnx INPUTS.npy RUN.json

RUN.json is what `circlet run --json` printed for the inputs. All these photographs are harmless, so that classes say
little: the scores are compared too. Exit code 1 if fewer than 99 % of the classes agree, or a score differs by 0.1."""

import json
import sys

import numpy as np
import onnxruntime

inputs = np.load(sys.argv[2])
session = onnxruntime.InferenceSession(sys.argv[1], providers=["CPUExecutionProvider"])
(expected,) = session.run(None, {"input:0": inputs.reshape(-1, 224, 224, 3)})
with open(sys.argv[3]) as file:
    samples = json.load(file)["samples"]
scores = np.array([sample["postprocessed_outside_the_proof"] for sample in samples])
agree = int((scores.argmax(axis=1) == expected.argmax(axis=1)).sum())
difference = np.abs(scores - expected)[:, 1]
print(f"{agree} of {len(expected)} photographs have ONNX Runtime's class; their scores, {expected[:, 1].min():.4f} to "
      f"{expected[:, 1].max():.4f}, differ by {difference.max():.4f} at most and by {difference.mean():.5f} in the mean")
sys.exit(agree < 0.99 * len(expected) or bool(difference.max() >= 0.1))
