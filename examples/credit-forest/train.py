#!/usr/bin/env python3
"""Trains the credit forest and writes its ONNX file and inputs. Needs scripts/python-requirements.txt.

A random forest of scikit-learn learns four fifths of made-up applicants. Seeds are fixed: the files come out the same."""

import json
from pathlib import Path

import numpy as np
from skl2onnx import to_onnx
from sklearn.ensemble import RandomForestClassifier

from applicants import APPLICANTS, applicants

HERE = Path(__file__).parent
CALIBRATION_SAMPLES, TREES, DEPTH = 400, 20, 5

x, repays = applicants(APPLICANTS)
trained = APPLICANTS * 4 // 5
forest = RandomForestClassifier(TREES, max_depth=DEPTH, random_state=1)
forest.fit(x[:trained], np.where(repays[:trained], "approve", "decline"))
held_out = np.mean(forest.predict(x[trained:]) == np.where(repays[trained:], "approve", "decline"))
print(f"{100 * held_out:.1f} % of {APPLICANTS - trained} held-out applicants as the rule decides")
(HERE / "credit-forest.onnx").write_bytes(to_onnx(forest, x[:1], options={"zipmap": False}).SerializeToString())


def write(name: str, rows: np.ndarray) -> None:
    text = json.dumps({"input_data": [[round(float(value), 6) for value in row] for row in rows]}, separators=(",", ":"))
    (HERE / name).write_text(text + "\n")


write("calibration.json", x[:CALIBRATION_SAMPLES])
chance = forest.predict_proba(x[trained:])[:, 0]
write("accepted.json", x[trained:][chance > 0.85][:1])
write("refused.json", x[trained:][chance < 0.3][:1])
np.save(HERE / "held-out.npy", x[trained:])
