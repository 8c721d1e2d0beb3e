"""Random ensembles of the operator TreeEnsemble (ai.onnx.ml 5) against onnxruntime: all comparisons, both float types.

Fixtures of scikit-learn, LightGBM and XGBoost, which write the older operators, are in test_import.py."""

import os
import tempfile
import unittest
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper

from test_import import dump


def make_ensemble(seed: int) -> tuple[onnx.ModelProto, np.ndarray]:
    """Values and thresholds are tenths, so that many are equal."""
    random = np.random.default_rng(seed)
    kind = np.float64 if seed % 4 == 0 else np.float32
    targets = int(random.integers(1, 4))
    nodes, leaves, roots = [], [], []

    def grow(depth: int) -> int:
        place = len(nodes)
        nodes.append({"split": round(float(random.normal()), 1), "mode": int(random.integers(0, 6)), "feature": int(random.integers(0, 3))})
        for side in ("true", "false"):
            is_leaf = depth == 0 or random.random() < 0.3
            if is_leaf:
                leaves.append((int(random.integers(0, targets)), float(random.normal())))
            nodes[place][side] = len(leaves) - 1 if is_leaf else grow(depth - 1)
            nodes[place][side + " leaf"] = int(is_leaf)
        return place

    for _ in range(int(random.integers(1, 4))):
        roots.append(grow(3))

    def column(name: str) -> list:
        return [node[name] for node in nodes]

    node = helper.make_node(
        "TreeEnsemble", ["x"], ["y"], domain="ai.onnx.ml", n_targets=targets, aggregate_function=int(random.integers(0, 2)),
        tree_roots=roots, nodes_featureids=column("feature"), nodes_truenodeids=column("true"), nodes_falsenodeids=column("false"),
        nodes_trueleafs=column("true leaf"), nodes_falseleafs=column("false leaf"), leaf_targetids=[target for target, _ in leaves],
        nodes_modes=numpy_helper.from_array(np.array(column("mode"), np.uint8)),
        nodes_splits=numpy_helper.from_array(np.array(column("split"), kind)),
        leaf_weights=numpy_helper.from_array(np.array([weight for _, weight in leaves], kind)),
    )  # fmt: skip
    element = TensorProto.DOUBLE if kind == np.float64 else TensorProto.FLOAT
    graph = helper.make_graph(
        [node], "trees",
        [helper.make_tensor_value_info("x", element, ["N", 3])],
        [helper.make_tensor_value_info("y", element, ["N", targets])],
    )  # fmt: skip
    opsets = [helper.make_opsetid("", 18), helper.make_opsetid("ai.onnx.ml", 5)]
    return helper.make_model(graph, opset_imports=opsets, ir_version=9), np.round(random.normal(size=(200, 3)), 1).astype(kind)


class Trees(unittest.TestCase):
    def test_random_ensembles_are_those_of_onnxruntime(self):
        for seed in range(int(os.environ.get("CIRCLET_RANDOM_MODELS", "40"))):
            with self.subTest(seed=seed), tempfile.TemporaryDirectory() as folder:
                model, inputs = make_ensemble(seed)
                path, data = Path(folder) / "model.onnx", Path(folder) / "inputs.npy"
                onnx.save_model(model, path)
                np.save(data, inputs)
                session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
                expected = session.run(None, {"x": inputs})[0]
                got = np.array(dump(path, data, "reference")["outputs"])
                np.testing.assert_allclose(got, expected, atol=1e-5)
                # Inputs lie on a grid: the integer model decides as the float model does.
                result = dump(path, data, "program", data)
                np.testing.assert_allclose(np.array(result["real_output"]), np.array(result["float_output"]), atol=1e-5)


if __name__ == "__main__":
    unittest.main()
