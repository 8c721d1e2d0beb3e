#!/usr/bin/env python3
"""Trains the credit forest and writes its ONNX file and inputs. Needs scripts/python-requirements.txt.

The applicants are made up: seven features drawn with a fixed seed, and a label by a rule with noise. A random forest of
scikit-learn learns four fifths of them. Seeds are fixed: the files come out the same."""

import json
from pathlib import Path

import numpy as np
from skl2onnx import to_onnx
from sklearn.ensemble import RandomForestClassifier

HERE = Path(__file__).parent
FEATURES = ["age", "income", "debt ratio", "years employed", "missed payments", "open loans", "owns home"]
APPLICANTS, CALIBRATION_SAMPLES, TREES, DEPTH = 5000, 400, 20, 5


def applicants(count: int) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(1)
    age = random.integers(18, 80, count)
    income = np.round(random.lognormal(10.4, 0.5, count), -2)  # in hundreds
    debt = np.round(random.beta(2, 4, count), 2)
    employed = np.round(np.minimum(random.exponential(6, count), age - 17) * 2) / 2  # in half years
    missed = random.poisson(0.6, count)
    loans = random.poisson(1.5, count)
    home = random.random(count) < 0.4
    x = np.column_stack([age, income, debt, employed, missed, loans, home]).astype(np.float32)
    score = 0.02 * (age - 40) + (income - 35000) / 20000 - 4 * (debt - 0.3) + 0.1 * employed - 0.9 * missed - 0.2 * loans + home
    return x, score + random.logistic(0, 0.5, count) > 0


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
