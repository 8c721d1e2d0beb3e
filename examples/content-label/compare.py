#!/usr/bin/env python3
"""Labels of the integer model beside those of ONNX Runtime.

    compare.py MODEL.onnx INPUTS.npy RUN.json

RUN.json is what `circlet run --json` printed for the inputs. Exit code 1 if fewer than 99 % agree."""

import json
import pathlib
import sys

import numpy as np
import onnxruntime

model = pathlib.Path(sys.argv[1])
inputs = np.load(sys.argv[2])
session = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])
(scores,) = session.run(None, {"bytes": inputs.astype(np.int32)})
with open(sys.argv[3]) as file:
    classes = [sample["class"] for sample in json.load(file)["samples"]]
labels = json.loads((model.parent / "config.min.json").read_text())["target_labels_space"]
expected = scores.argmax(axis=1)
agree = int((np.array(classes) == expected).sum())
kinds = sorted({labels[label] for label in expected})
print(f"{agree} of {len(expected)} files have ONNX Runtime's label, of {len(kinds)} kinds: {', '.join(kinds)}")
sys.exit(agree < 0.99 * len(expected))
