#!/usr/bin/env python3
"""How an imported model does on samples that calibration never saw: scikit-learn's breast-cancer (569) and wine (178),
calibrated on a seeded, stratified 60 of them and run on all.

    tests/frontend/unseen_samples.py        (needs scripts/python-requirements.txt; CIRCLET_DUMP_PROGRAM as in test_import.py)

For each model: samples refused (a layer's value beyond its look-up table), samples with a clipped input, and of those that
ran, how many get another label than onnxruntime gives."""

import tempfile
import warnings
from pathlib import Path

import numpy as np
from skl2onnx import to_onnx
from sklearn.datasets import load_breast_cancer, load_wine
from sklearn.linear_model import LogisticRegression, SGDClassifier
from sklearn.model_selection import train_test_split
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from test_import import dump, run_labels

MODELS = {
    "logistic regression": lambda: LogisticRegression(max_iter=500),
    "SGD, log loss": lambda: SGDClassifier(loss="log_loss", random_state=0),
    "MLP 32, relu": lambda: MLPClassifier((32,), random_state=0, max_iter=500),
    "MLP 16-8, relu": lambda: MLPClassifier((16, 8), random_state=0, max_iter=500),
    "MLP 16-8, tanh": lambda: MLPClassifier((16, 8), activation="tanh", random_state=0, max_iter=500),
}
SEEDS = range(3)


def main() -> None:
    warnings.filterwarnings("ignore")
    print(f"{'data':<14}{'model':<22}{'seed':>5}{'samples':>9}{'refused':>9}{'clipped':>9}{'labels differ':>15}")
    for data, load in (("breast-cancer", load_breast_cancer), ("wine", load_wine)):
        x, y = load(return_X_y=True)
        x = x.astype(np.float32)
        for name, make in MODELS.items():
            if name.startswith("SGD") and len(set(y)) > 2:
                continue  # its probabilities are normalised in a way that import refuses
            model = make_pipeline(StandardScaler(), make()).fit(x, y)
            for seed in SEEDS:
                chosen, _ = train_test_split(x, train_size=60, stratify=y, random_state=seed)
                with tempfile.TemporaryDirectory() as folder:
                    path = Path(folder) / "model.onnx"
                    path.write_bytes(to_onnx(model, x[:1]).SerializeToString())
                    np.save(Path(folder) / "chosen.npy", chosen)
                    np.save(Path(folder) / "all.npy", x)
                    samples = dump(path, Path(folder) / "chosen.npy", "classes", Path(folder) / "all.npy")["samples"]
                    labels = run_labels(path, x)
                ran = [(sample, label) for sample, label in zip(samples, labels) if "refused" not in sample]
                differ = sum(sample["label"] != label for sample, label in ran)
                clipped = sum(sample.get("clipped", 0) > 0 for sample in samples)
                print(f"{data:<14}{name:<22}{seed:>5}{len(x):>9}{len(x) - len(ran):>9}{clipped:>9}"
                      f"{f'{differ} of {len(ran)}':>15}", flush=True)


if __name__ == "__main__":
    main()
