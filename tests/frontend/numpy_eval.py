"""The integer model in a few lines of NumPy, written from docs/protocol.md section 1 and independent of the C++ executor."""

from fractions import Fraction

import numpy as np


def evaluate(program: dict, inputs: np.ndarray) -> np.ndarray:
    """Outputs [sample][row] for integer inputs [sample][row]; asserts every bound on the way."""
    inputs = inputs.astype(np.int64)
    tensors = {program["input"]: inputs - np.array(program["centres"] or 0, dtype=np.int64)}
    for layer in program["layers"]:
        acc = np.zeros((len(inputs), layer["rows"]), dtype=np.int64)
        for term in layer["dense"]:
            weights = np.array(term["weights"], dtype=np.int64).reshape(term["inputs"], term["outputs"])
            acc += tensors[term["input"]] @ weights
        for term in layer["scaled"]:
            acc += tensors[term["input"]] * np.array(term["coefficients"], dtype=np.int64)
        if layer["has_bias"]:
            acc += np.array(layer["bias"], dtype=np.int64)
        assert np.abs(acc).max() < 2**29
        if "split" in layer:
            split = layer["split"]
            values = np.array(program["luts"][split["lut"]]["values"], dtype=np.int64)
            q, r = np.divmod(acc + split["offset"], split.get("width", 2 ** split["shift"]))
            assert (0 <= q).all() and (q < len(values)).all()
            acc = values[q]
        info = program["tensors"][layer["output"]]
        assert info["min"] <= acc.min() and acc.max() <= info["max"]
        tensors[layer["output"]] = acc
    if "argmax" in program:
        return tensors[program["argmax"]["scores"]].argmax(axis=1)[:, np.newaxis]
    return tensors[program["output"]]


def decide(output: str, scores: np.ndarray, scale: float) -> np.ndarray:
    """What an output predicate says of integer scores [sample][row]: docs/predicates.md, without a program."""
    if output == "public":
        return scores
    if output == "argmax":
        return scores.argmax(axis=1)[:, np.newaxis]
    above = output.startswith(">=")
    threshold = Fraction(float(output.lstrip(">=<")))
    reaches = np.array([[Fraction(int(x)) * Fraction(scale) >= threshold for x in row] for row in scores])
    return (reaches == above).astype(np.int64)
