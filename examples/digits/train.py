#!/usr/bin/env python3
"""Trains the digits example and writes its ONNX file and inputs. Needs scripts/python-requirements.txt.

scikit-learn ships the data: 1,797 images of 8 x 8 pixels, integers from 0 to 16. A 64-32-10 perceptron with ReLU learns
four fifths of them; the rest is held out to measure accuracy. Seeds are fixed: the files come out the same."""

import json
from pathlib import Path

import numpy as np
import onnx
from skl2onnx import convert_sklearn
from skl2onnx.common.data_types import FloatTensorType
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from sklearn.neural_network import MLPClassifier

HERE = Path(__file__).parent
HIDDEN = 32
CALIBRATION_SAMPLES = 400


def train(images: np.ndarray, labels: np.ndarray) -> MLPClassifier:
    model = MLPClassifier((HIDDEN,), activation="relu", alpha=1.0, learning_rate_init=3e-3, max_iter=400, random_state=1)
    return model.fit(images, labels)


def write_inputs(path: Path, images: np.ndarray) -> None:
    """EZKL's format: one list a sample."""
    path.write_text(json.dumps({"input_data": [[int(pixel) for pixel in image] for image in images]}) + "\n")


def main() -> None:
    images, labels = load_digits(return_X_y=True)
    train_x, test_x, train_y, test_y = train_test_split(
        images, labels, test_size=0.2, stratify=labels, random_state=0
    )
    model = train(train_x, train_y)
    print(f"held-out accuracy {model.score(test_x, test_y):.4f}, on the training images {model.score(train_x, train_y):.4f}")

    exported = convert_sklearn(
        model, name="digits", initial_types=[("image", FloatTensorType([None, 64]))], target_opset={"": 18, "ai.onnx.ml": 3}
    )
    onnx.checker.check_model(exported)
    onnx.save_model(exported, HERE / "digits.onnx")
    write_inputs(HERE / "calibration.json", train_x[:CALIBRATION_SAMPLES])
    for digit in range(10):
        write_inputs(HERE / f"input_{digit}.json", test_x[test_y == digit][:1])


if __name__ == "__main__":
    main()
