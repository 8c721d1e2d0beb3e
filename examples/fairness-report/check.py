#!/usr/bin/env python3
"""Counts again, with ONNX Runtime and NumPy alone, what a proof says of the credit forest, and prints the report.

    check.py STATEMENT.json      what `circlet verify --json` printed"""

import json
import sys
from pathlib import Path

import numpy as np
import onnxruntime

HERE = Path(__file__).parent
records = np.loadtxt(HERE / "records.csv", delimiter=",", skiprows=1, dtype=np.float32)
features, label, group = records[:, :7], records[:, 7], records[:, 8]
session = onnxruntime.InferenceSession(HERE.parent / "credit-forest" / "credit-forest.onnx", providers=["CPUExecutionProvider"])
classes, chances = session.run(None, {session.get_inputs()[0].name: features})
predicted = np.where(classes == "approve", 0, 1)
meaning = {"correct": predicted == label, "predicted=approve": predicted == 0, "label=approve": label == 0, "group=0": group == 0, "group=1": group == 1}
for t in (0.25, 0.5, 0.75):
    meaning[f"P(approve) >= {t}"] = chances[:, 0] >= t - 1e-6
    meaning[f"P(approve) < {t}"] = chances[:, 0] < t - 1e-6

audit = json.loads(Path(sys.argv[1]).read_text())["audit"]
proved = {count["conditions"]: count["records"] for count in audit["counts"]}
assert audit["records"] == len(records)
for conditions, count in proved.items():
    counted = int(np.all([meaning[part] for part in conditions.split(" & ")], axis=0).sum())
    assert counted == count, f"{conditions}: {count} were proved, and there are {counted}"


def share(conditions: str, of: str) -> float:
    return proved[conditions] / proved[of]


approved = [share(f"predicted=approve & group={g}", f"group={g}") for g in (0, 1)]
deserving = [share(f"predicted=approve & label=approve & group={g}", f"label=approve & group={g}") for g in (0, 1)]
print(f"all {len(proved)} counts are those of ONNX Runtime and NumPy")
print(f"accuracy                  {100 * proved['correct'] / len(records):.1f} %")
print(f"approved, by group        {100 * approved[0]:.1f} % and {100 * approved[1]:.1f} %, ratio {min(approved) / max(approved):.2f}")
print(f"of those who repay        {100 * deserving[0]:.1f} % and {100 * deserving[1]:.1f} %, ratio {min(deserving) / max(deserving):.2f}")
