#!/usr/bin/env python3
"""How an imported model does on samples that calibration never saw: scikit-learn's breast-cancer (569) and wine (178),
calibrated on a seeded, stratified 60 of them and run on all.

    tests/frontend/unseen_samples.py        (needs scripts/python-requirements.txt; CIRCLET_DUMP_PROGRAM as in test_import.py)

For each model: samples with a clipped input, samples that a layer saturated, and how many of those not clipped get another
label than onnxruntime gives. None is refused."""

import tempfile
import warnings
from dataclasses import dataclass
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

DATA = {"breast-cancer": load_breast_cancer, "wine": load_wine}
MODELS = {
    "logistic regression": lambda: LogisticRegression(max_iter=500),
    "SGD, log loss": lambda: SGDClassifier(loss="log_loss", random_state=0),
    "MLP 32, relu": lambda: MLPClassifier((32,), random_state=0, max_iter=500),
    "MLP 16-8, relu": lambda: MLPClassifier((16, 8), random_state=0, max_iter=500),
    "MLP 16-8, tanh": lambda: MLPClassifier((16, 8), activation="tanh", random_state=0, max_iter=500),
}
SEEDS = range(3)


@dataclass
class Result:
    """Of `samples`: those with a feature beyond its range, and those in which a layer lost something by saturating; of the
    samples that were not clipped, those with another label. And the layers that may saturate."""

    samples: int
    clipped: int
    saturated: int
    differ: int
    layers: int


def is_provable(data: str, name: str) -> bool:
    """SGD's probabilities of three classes are normalised in a way that import refuses."""
    return not (name.startswith("SGD") and data == "wine")


def measure(data: str, name: str, seed: int) -> Result:
    """Raises if import or a sample is refused."""
    x, y = DATA[data](return_X_y=True)
    x = x.astype(np.float32)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = make_pipeline(StandardScaler(), MODELS[name]()).fit(x, y)
    chosen, _ = train_test_split(x, train_size=60, stratify=y, random_state=seed)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.onnx"
        path.write_bytes(to_onnx(model, x[:1]).SerializeToString())
        np.save(Path(folder) / "chosen.npy", chosen)
        np.save(Path(folder) / "all.npy", x)
        found = dump(path, Path(folder) / "chosen.npy", "classes", Path(folder) / "all.npy")
        labels = run_labels(path, x)
    samples = found["samples"]
    clipped = [sample["clipped"] > 0 for sample in samples]
    return Result(
        samples=len(samples),
        clipped=sum(clipped),
        saturated=sum(sample["saturated"] > 0 for sample in samples),
        differ=sum(s["label"] != label for s, label, beyond in zip(samples, labels, clipped) if not beyond),
        layers=found["saturating_layers"],
    )


def main() -> None:
    print(f"{'data':<14}{'model':<22}{'seed':>5}{'samples':>9}{'clipped':>9}{'saturated':>11}{'labels differ':>15}")
    for data in DATA:
        for name in MODELS:
            for seed in SEEDS:
                if not is_provable(data, name):
                    continue
                r = measure(data, name, seed)
                differ = f"{r.differ} of {r.samples - r.clipped}"
                print(f"{data:<14}{name:<22}{seed:>5}{r.samples:>9}{r.clipped:>9}{r.saturated:>11}{differ:>15}", flush=True)


if __name__ == "__main__":
    main()
