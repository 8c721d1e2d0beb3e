#!/usr/bin/env python3
"""Random transformers against onnxruntime, and what is executed against the independent evaluator."""

import os
import tempfile
import unittest
from pathlib import Path

import numpy as np
import onnx
import onnxruntime

from random_transformers import make_transformer
import test_import


class Transformers(unittest.TestCase):
    check_execution = test_import.ImportedModels.check_execution

    def test_random_transformers_match_onnxruntime(self):
        self.check_transformers(range(int(os.environ.get("CIRCLET_RANDOM_TRANSFORMERS", "24"))))

    def test_random_transformers_on_tiles_match_onnxruntime(self):
        os.environ["CIRCLET_TILES"] = "1"
        self.addCleanup(os.environ.pop, "CIRCLET_TILES")
        self.check_transformers(range(int(os.environ.get("CIRCLET_RANDOM_TRANSFORMERS", "24"))))

    def check_transformers(self, seeds):
        for seed in seeds:
            with self.subTest(seed=seed), tempfile.TemporaryDirectory() as folder:
                model, samples = make_transformer(seed)
                path = Path(folder) / "model.onnx"
                onnx.save_model(model, path)
                np.save(path.with_suffix(".npy"), samples)
                session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
                expected = np.vstack([session.run(None, {"x": sample[np.newaxis]})[0] for sample in samples])
                got = np.array(test_import.dump(path, path.with_suffix(".npy"), "reference")["outputs"])
                # Single precision, through a dozen layers.
                np.testing.assert_allclose(got, expected, atol=2e-4 * max(1.0, np.abs(expected).max()))
                result = test_import.dump(path, path.with_suffix(".npy"), "program", path.with_suffix(".npy"))
                self.check_execution(result)
                integer, real = np.array(result["real_output"]), np.array(result["float_output"])
                error = np.sqrt(np.mean((integer - real) ** 2)) / max(real.std(axis=0).max(), 1e-12)
                self.assertLess(error, 0.05)


if __name__ == "__main__":
    unittest.main()
