"""No sample of a real data set is refused, and those within the declared ranges keep their labels."""

import unittest

from unseen_samples import DATA, MODELS, is_provable, measure


class UnseenSamples(unittest.TestCase):
    def test_no_sample_is_refused_and_labels_are_kept(self):
        layers = 0
        for data in DATA:
            for name in MODELS:
                if not is_provable(data, name):
                    continue
                with self.subTest(data=data, model=name):
                    result = measure(data, name, seed=0)  # a refusal raises
                    self.assertLessEqual(result.differ, 0.005 * (result.samples - result.clipped))
                    layers += result.layers
        self.assertGreater(layers, 3)  # else the test shows nothing


if __name__ == "__main__":
    unittest.main()
