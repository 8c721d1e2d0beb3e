#!/usr/bin/env python3
"""Networks of convolutions and pooling against onnxruntime, and what is executed against the independent evaluator."""

import os
import tempfile
import unittest
from pathlib import Path

import numpy as np
import onnx

from random_networks import make_network
import test_import


class ConvolutionalNetworks(unittest.TestCase):
    check = test_import.ImportedModels.check
    check_execution = test_import.ImportedModels.check_execution

    def test_random_networks_match_onnxruntime(self):
        self.check_networks(range(int(os.environ.get("CIRCLET_RANDOM_NETWORKS", "60"))))

    def test_random_networks_on_tiles_match_onnxruntime(self):
        os.environ["CIRCLET_TILES"] = "1"
        self.addCleanup(os.environ.pop, "CIRCLET_TILES")
        self.check_networks(range(int(os.environ.get("CIRCLET_RANDOM_NETWORKS", "60"))))

    def check_networks(self, seeds):
        for seed in seeds:
            with self.subTest(seed=seed), tempfile.TemporaryDirectory() as folder:
                model, inputs = make_network(seed)
                path = Path(folder) / "model.onnx"
                onnx.save_model(model, path)
                np.save(path.with_suffix(".npy"), inputs)
                self.check(path, path.with_suffix(".npy"), relative_error=0.05)


if __name__ == "__main__":
    unittest.main()
