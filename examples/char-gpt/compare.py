#!/usr/bin/env python3
"""Next characters of the integer model beside those of ONNX Runtime, on text that neither training nor calibration saw.

    compare.py MODEL.onnx RUN.json

RUN.json is what `circlet run --json` printed for MODEL-held-out.json. Exit code 1 if fewer than 98 % agree, or if the perplexity
differs by more than 1 %."""

import json
import math
import sys
from pathlib import Path

import numpy as np
import onnxruntime

model = Path(sys.argv[1])
windows = json.loads(model.with_name(f"{model.stem}-held-out.json").read_text())["input_data"]
following = np.array(json.loads(model.with_name(f"{model.stem}-following.json").read_text()))
session = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])
scores = np.vstack([session.run(None, {"characters": np.array([window])})[0] for window in windows]).astype(np.float64)
with open(sys.argv[2]) as file:
    proved = np.array([sample["real"] for sample in json.load(file)["samples"]])


def perplexity(scores: np.ndarray) -> float:
    below = scores - scores.max(axis=1, keepdims=True)
    losses = np.log(np.exp(below).sum(axis=1)) - below[np.arange(len(below)), following]
    return math.exp(losses.mean())


agree = int((scores.argmax(axis=1) == proved.argmax(axis=1)).sum())
ratio = perplexity(proved) / perplexity(scores)
print(
    f"{agree} of {len(scores)} next characters are ONNX Runtime's; perplexity {perplexity(proved):.3f}, "
    f"of the float model {perplexity(scores):.3f}"
)
sys.exit(agree < 0.98 * len(scores) or abs(ratio - 1) > 0.01)
