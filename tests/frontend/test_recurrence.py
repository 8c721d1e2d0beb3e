"""Random RNN, GRU and LSTM nodes, with all their attributes, against onnxruntime."""

import os
import tempfile
import unittest
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper

from numpy_eval import evaluate
from numpy_eval import rows as rows_of
from test_import import dump

GATES = {"LSTM": 4, "GRU": 3, "RNN": 1}
ACTIVATIONS = ["Tanh", "Sigmoid", "Relu", "Softsign", "HardSigmoid", "LeakyRelu", "Elu"]
SAMPLES = 40


def make_node(seed: int) -> tuple[onnx.ModelProto, np.ndarray]:
    random = np.random.default_rng(seed)
    operator = list(GATES)[seed % 3]
    gates, directions = GATES[operator], int(random.integers(1, 3))
    steps, inputs, hidden = (int(random.integers(1, most)) for most in (6, 5, 5))

    def numbers(*shape) -> np.ndarray:
        return (random.normal(size=shape) * 0.6).astype(np.float32)

    attributes = {"hidden_size": hidden, "direction": "bidirectional" if directions == 2 else ["forward", "reverse"][seed % 2]}
    constants = {"W": numbers(directions, gates * hidden, inputs), "R": numbers(directions, gates * hidden, hidden)}
    optional = {
        "B": numbers(directions, 2 * gates * hidden),
        "lengths": np.array([random.integers(1, steps + 1)], np.int32),
        "h0": numbers(directions, 1, hidden),
    }
    if operator == "LSTM":
        optional |= {"c0": numbers(directions, 1, hidden), "P": numbers(directions, 3 * hidden)}
        attributes["input_forget"] = int(random.random() < 0.2)
    if operator == "GRU":
        attributes["linear_before_reset"] = int(random.integers(0, 2))
    names = ["x", "W", "R"]
    for name, value in optional.items():
        if random.random() < 0.5:
            constants[name] = value
            names.append(name)
        else:
            names.append("")
    if random.random() < 0.3:
        attributes["clip"] = 0.5
    if random.random() < 0.3:
        functions = {"LSTM": 3, "GRU": 2, "RNN": 1}[operator] * directions
        attributes["activations"] = [str(random.choice(ACTIVATIONS)) for _ in range(functions)]
    outputs = ["o0", "o1", "o2"][: 3 if operator == "LSTM" else 2]
    outputs[seed // 3 % len(outputs)] = "y"
    graph = helper.make_graph(
        [helper.make_node(operator, names, outputs, **attributes)],
        "recurrent",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [steps, 1, inputs])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, None)],
        [numpy_helper.from_array(value, name) for name, value in constants.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)
    return model, numbers(SAMPLES, steps, 1, inputs)


class Recurrence(unittest.TestCase):
    def test_random_nodes_match_onnxruntime(self):
        for seed in range(int(os.environ.get("CIRCLET_RANDOM_MODELS", "40"))):
            with self.subTest(seed=seed), tempfile.TemporaryDirectory() as folder:
                model, inputs = make_node(seed)
                path, data = Path(folder) / "model.onnx", Path(folder) / "inputs.npy"
                onnx.save_model(model, path)
                np.save(data, inputs.reshape(SAMPLES, -1))
                session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
                expected = np.array([session.run(["y"], {"x": x})[0].ravel() for x in inputs])
                got = np.array(dump(path, data, "reference")["outputs"])
                self.assertEqual(got.shape, expected.shape)
                self.assertLess(np.abs(got - expected).max(), 1e-4 * max(1.0, np.abs(expected).max()))
                if seed % 5 != 0:
                    continue
                # The integer model is what its program says, and near.
                result = dump(path, data, "program", data)
                rows = rows_of(result["program"]["tensors"][result["program"]["inputs"][0]["tensor"]])
                outputs = evaluate(result["program"], np.array(result["input"]).reshape(-1, rows))
                np.testing.assert_array_equal(outputs.ravel(), np.array(result["output"]))
                error = np.array(result["real_output"]) - np.array(result["float_output"])
                self.assertLess(np.sqrt(np.mean(error**2)), 0.05 * max(np.std(result["float_output"]), 1e-3))


if __name__ == "__main__":
    unittest.main()
