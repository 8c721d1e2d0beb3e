#!/usr/bin/env python3
"""Writes records.csv: 1,000 made-up applicants that neither training nor calibration of the credit forest saw, whether they
repaid, and a protected attribute. Needs scripts/python-requirements.txt.

label is the class that was right, 0 for "approve" and 1 for "decline"; group is 1 from the age of 40 on. The draw is that of
examples/credit-forest/train.py, so that the file comes out the same."""

import sys
from pathlib import Path

import numpy as np

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent / "credit-forest"))
from applicants import APPLICANTS, FEATURES, applicants  # noqa: E402

x, repays = applicants(APPLICANTS)
held_out = slice(APPLICANTS * 4 // 5, None)
columns = [*x[held_out].T, np.where(repays[held_out], 0, 1), (x[held_out, 0] >= 40).astype(int)]
lines = [",".join([*(name.replace(" ", "_") for name in FEATURES), "label", "group"])]
lines += [",".join(f"{value:.6g}" for value in record) for record in zip(*columns)]
(HERE / "records.csv").write_text("\n".join(lines) + "\n")
