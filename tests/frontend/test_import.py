#!/usr/bin/env python3
"""Imported models against onnxruntime, and executed programs against an independent evaluator.

    python -m unittest discover -s tests/frontend        (needs scripts/python-requirements.txt)

CIRCLET_DUMP_PROGRAM is the path of circlet-dump-program (default build/release/bin/...)."""

import json
import os
import subprocess
import tempfile
import unittest
from pathlib import Path

import numpy as np
import onnx
import onnxruntime

from numpy_eval import decide, evaluate
from numpy_eval import rows as rows_of
from random_models import make_model

ROOT = Path(__file__).resolve().parents[2]
FIXTURES = ROOT / "tests" / "fixtures" / "models"
DIGITS = ROOT / "examples" / "digits"
DUMP = os.environ.get("CIRCLET_DUMP_PROGRAM", str(ROOT / "build" / "release" / "bin" / "circlet-dump-program"))


def dump(*arguments) -> dict:
    result = subprocess.run([DUMP, *map(str, arguments)], capture_output=True, text=True, timeout=300)
    if result.returncode != 0:
        raise AssertionError(f"{' '.join(map(str, arguments))}: {result.stderr}")
    return json.loads(result.stdout)


def run_onnxruntime(path: Path, inputs: np.ndarray) -> np.ndarray:
    """The model's real-valued output: the last one that is not a label; ZipMap's dictionaries become rows."""
    onnxruntime.set_default_logger_severity(3)
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    feeds, first = {}, 0
    for value in session.get_inputs():
        count = int(np.prod(value.shape[1:]))
        block = inputs.reshape(len(inputs), -1)[:, first : first + count]
        feeds[value.name] = block.reshape(-1, *value.shape[1:]).astype(np.float32)
        first += count
    last = session.run(None, feeds)[-1]
    if isinstance(last, list):
        return np.array([list(row.values()) for row in last])
    return np.asarray(last, dtype=np.float64).reshape(len(inputs), -1)


class ImportedModels(unittest.TestCase):
    def check(self, path: Path, inputs_path: Path, relative_error: float) -> dict:
        inputs = np.load(inputs_path)
        expected = run_onnxruntime(path, inputs)
        got = np.array(dump(path, inputs_path, "reference")["outputs"])
        self.assertEqual(got.shape, expected.shape)
        # onnxruntime computes in single precision, of which a feature far from 0 uses most of the digits.
        rounding = 1e-6 * np.abs(inputs).max() if "offset" in path.stem else 0
        self.assertLess(np.abs(got - expected).max(), 2e-4 * max(1.0, np.abs(expected).max()) + rounding)

        result = dump(path, inputs_path, "program", inputs_path)
        self.check_execution(result)
        integer, real = np.array(result["real_output"]), np.array(result["float_output"])
        deviation = max(real.std(axis=0).max(), 1e-12)
        self.assertLess(np.sqrt(np.mean((integer - real) ** 2)) / deviation, relative_error)
        return result["report"]

    def check_execution(self, result: dict) -> None:
        """The executor's outputs equal those of the independent evaluator, integer for integer."""
        program = result["program"]
        rows = rows_of(program["tensors"][program["inputs"][0]["tensor"]])
        outputs = evaluate(program, np.array(result["input"]).reshape(-1, rows))
        np.testing.assert_array_equal(outputs.ravel(), np.array(result["output"]))

    def test_weights_in_files_beside_the_model_are_those_of_one_file(self):
        split_models = 0
        for path in sorted(FIXTURES.glob("*.onnx")):
            with self.subTest(path.stem), tempfile.TemporaryDirectory() as folder:
                split, model = Path(folder) / "model.onnx", onnx.load(path)
                for tensor in model.graph.initializer:  # onnx moves raw data alone
                    tensor.CopyFrom(onnx.numpy_helper.from_array(onnx.numpy_helper.to_array(tensor), tensor.name))
                onnx.save_model(model, split, save_as_external_data=True, location="weights.data", size_threshold=0,
                                convert_attribute=True)
                split_models += (Path(folder) / "weights.data").exists()
                inputs = path.with_suffix(".npy")
                self.assertEqual(dump(split, inputs, "reference"), dump(path, inputs, "reference"))
        self.assertGreaterEqual(split_models, 6)

    def test_exported_models_match_onnxruntime(self):
        paths = sorted(FIXTURES.glob("*.onnx"))
        self.assertGreaterEqual(len(paths), 6)
        for path in paths:
            with self.subTest(path.stem):
                report = self.check(path, path.with_suffix(".npy"), relative_error=0.01)
                # Of 30 samples of a model that nothing trained, a few may be much worse than those that chose.
                self.assertTrue(report["unseen"])
                self.assertLess(report["relative_error"], 0.01)
                print(f"{path.stem:45} LUT entries {report['lut_entries']:6}, error {report['relative_error']:.5f}")

    def test_random_models_match_onnxruntime(self):
        for seed in range(int(os.environ.get("CIRCLET_RANDOM_MODELS", "40"))):
            with self.subTest(seed=seed), tempfile.TemporaryDirectory() as folder:
                model, inputs = make_model(seed)
                path = Path(folder) / "model.onnx"
                onnx.save_model(model, path)
                np.save(path.with_suffix(".npy"), inputs)
                # Nothing trained these models to have an output that varies: the error may be a larger part of it.
                self.check(path, path.with_suffix(".npy"), relative_error=0.05)

    def test_digits_keep_their_class(self):
        from sklearn.datasets import load_digits

        images, labels = load_digits(return_X_y=True)
        with tempfile.TemporaryDirectory() as folder:
            np.save(Path(folder) / "all.npy", images)
            result = dump(DIGITS / "digits.onnx", DIGITS / "calibration.json", "program", Path(folder) / "all.npy")
        self.check_execution(result)
        integer = np.array(result["real_output"]).argmax(axis=1)
        real = np.array(result["float_output"]).argmax(axis=1)
        self.assertEqual(len(integer), 1797)
        self.assertLessEqual((integer != real).sum(), 1)
        self.assertGreater((integer == labels).mean(), 0.97)
        self.assertLess(result["program"]["lut_entries"], 3900)


class SeveralOutputs(unittest.TestCase):
    def test_what_decides_the_label_is_proved_where_probabilities_are_computed_apart(self):
        from skl2onnx import to_onnx
        from sklearn.datasets import load_wine
        from sklearn.naive_bayes import GaussianNB

        x, y = load_wine(return_X_y=True)
        x = x.astype(np.float32)
        bayes = GaussianNB().fit(x[::2], y[::2])
        with tempfile.TemporaryDirectory() as folder:
            path, seen, unseen = (Path(folder) / name for name in ("model.onnx", "seen.npy", "unseen.npy"))
            path.write_bytes(to_onnx(bayes, x[:1]).SerializeToString())
            np.save(seen, x[::2])
            np.save(unseen, x[1::2])
            samples = dump(path, seen, "classes", unseen)["samples"]
        # Its features' deviations are from 0.1 to 300: all of them count.
        self.assertEqual([sample["label"] for sample in samples], run_labels_of(bayes, x[1::2]))


def run_labels_of(estimator, inputs: np.ndarray) -> list[str]:
    return [str(label) for label in estimator.predict(inputs)]


def run_labels(path: Path, inputs: np.ndarray) -> list[str] | None:
    """The classes that onnxruntime gives, if the model has such an output."""
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    if "label" not in session.get_outputs()[0].name:
        return None
    return [str(label) for label in session.run(None, {session.get_inputs()[0].name: inputs})[0].ravel()]


class Classes(unittest.TestCase):
    def test_labels_are_those_of_onnxruntime_on_samples_that_calibration_never_saw(self):
        classifiers = 0
        for path in sorted(FIXTURES.glob("*.onnx")):
            inputs = np.load(path.with_suffix(".npy"))
            with self.subTest(path.stem), tempfile.TemporaryDirectory() as folder:
                seen, unseen = Path(folder) / "seen.npy", Path(folder) / "unseen.npy"
                np.save(seen, inputs[::2])
                np.save(unseen, inputs[1::2])
                samples = dump(path, seen, "classes", unseen)["samples"]
                labels = run_labels(path, inputs[1::2])
                if labels is None:
                    self.assertFalse(any("label" in sample for sample in samples))
                    continue
                classifiers += 1
                wrong = sum(sample["label"] != label for sample, label in zip(samples, labels))
                saturated = sum(sample["saturated"] > 0 for sample in samples)
                print(f"{path.stem:45} {wrong} of {len(samples)} labels differ, {saturated} saturated")
                self.assertLessEqual(wrong, 0.02 * len(samples))
        self.assertGreaterEqual(classifiers, 11)

    def test_a_regressor_has_values_and_no_class(self):
        for name in ("sklearn_linear_regression_diabetes", "sklearn_mlp_regressor_diabetes"):
            inputs = FIXTURES / f"{name}.npy"
            samples = dump(inputs.with_suffix(".onnx"), inputs, "classes", inputs)["samples"]
            self.assertTrue(all("class" not in sample and len(sample["values"]) == 1 for sample in samples))


class OutputPredicates(unittest.TestCase):
    def check(self, path: Path, inputs_path: Path) -> int:
        shown = dump(path, inputs_path, "program", inputs_path)
        program = shown["program"]
        info = program["tensors"][program["outputs"][0]["tensor"]]
        scores = np.array(shown["output"]).reshape(-1, rows_of(info))
        scale = info["scales"][0]
        values = np.unique(scores)
        outputs = ["argmax"] if rows_of(info) > 1 else []
        if len(values) > 2:
            # On a score as the nearest double says it, just below and above that, and between two.
            score = values[len(values) // 2] * scale
            between = (values[0] + values[1]) / 2 * scale
            thresholds = [score, np.nextafter(score, -np.inf), np.nextafter(score, np.inf), between]
            outputs += [f"{kind}{float(t)!r}" for t, kind in zip(thresholds, (">=", "<", "<", ">="))]
        for output in outputs:
            with self.subTest(output=output):
                result = dump(path, inputs_path, "program", inputs_path, output)
                decided = result["program"]
                rows = rows_of(program["tensors"][program["inputs"][0]["tensor"]])
                inputs = np.array(result["input"]).reshape(-1, rows)
                expected = decide(result["program"]["outputs"][0]["predicate"], scores, scale)
                np.testing.assert_array_equal(np.array(result["output"]), expected.ravel())
                np.testing.assert_array_equal(evaluate(decided, inputs), expected)
        return len(outputs)

    def test_predicates_of_models_equal_what_numpy_decides(self):
        count = sum(self.check(path, path.with_suffix(".npy")) for path in sorted(FIXTURES.glob("*.onnx")))
        self.assertGreater(count, 20)

    def test_predicates_of_random_models_equal_what_numpy_decides(self):
        for seed in range(12):
            with self.subTest(seed=seed), tempfile.TemporaryDirectory() as folder:
                model, inputs = make_model(seed)
                path = Path(folder) / "model.onnx"
                onnx.save_model(model, path)
                np.save(path.with_suffix(".npy"), inputs)
                self.check(path, path.with_suffix(".npy"))


class RefusedModels(unittest.TestCase):
    def test_every_unsupported_node_is_listed_at_once(self):
        helper, kind = onnx.helper, onnx.TensorProto.FLOAT
        nodes = [
            helper.make_node("Hardmax", ["x"], ["a"], name="first"),
            helper.make_node("Relu", ["a"], ["b"], name="after_first"),
            helper.make_node("ArgMax", ["x"], ["s"], name="inside", axis=1),
            helper.make_node("Relu", ["s"], ["c"], name="after_arg_max"),
            helper.make_node("Pow", ["x", "y"], ["d"], name="power"),
            helper.make_node("Sum", ["b", "c", "d"], ["z"], name="total"),
        ]
        graph = helper.make_graph(
            nodes, "g",
            [helper.make_tensor_value_info(n, kind, ["N", 3]) for n in "xy"],
            [helper.make_tensor_value_info("z", kind, ["N", 3])],
        )  # fmt: skip
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "model.onnx"
            onnx.save_model(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)]), path)
            np.save(path.with_suffix(".npy"), np.zeros((1, 6)))
            result = subprocess.run([DUMP, path, path.with_suffix(".npy"), "reference"], capture_output=True, text=True)
        self.assertEqual(result.returncode, 3)
        self.assertIn("3 nodes are not supported", result.stderr)
        for node in ("'first' (Hardmax)", "'after_arg_max' (Relu)", "'power' (Pow)"):
            self.assertIn(node, result.stderr)


if __name__ == "__main__":
    unittest.main()
