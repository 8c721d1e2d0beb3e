"""The integer model in a few lines of NumPy, written from docs/protocol.md section 1 and independent of the C++ executor."""

from fractions import Fraction

import numpy as np


def in_whole_rows(entries: int) -> int:
    """So many entries, and those that fill the last row of the table `lut`, for which the last one stands."""
    return (entries + 3) // 4 * 4


def arguments(program: dict, function: int) -> int:
    """How many arguments a digit's function has: a table, -1 for the unit, -2 - i for the range of input i."""
    entries = 1
    if function >= 0:
        entries = len(program["constants"][function]["values"])
    elif function != -1:
        tensor = program["tensors"][program["inputs"][-2 - function]["tensor"]]
        entries = tensor["max"] - tensor["min"] + 1
    return in_whole_rows(entries)


def divisor(program: dict, attributes: list[int]) -> int:
    shift, _, *digits = attributes
    digits = digits[: len(digits) // 3 * 3]  # the sums of which nothing is lost may follow
    if not digits:
        return 2**shift
    triples = zip(digits[0::3], digits[1::3], digits[2::3])
    return 1 + sum(step * (arguments(program, f) - 1) + 2**s - 1 for f, s, step in triples)


def evaluate(program: dict, inputs: np.ndarray) -> np.ndarray:
    """Outputs [sample][row] for integer inputs [sample][row] of a model with one of each; asserts every bound on the way."""
    (port,) = program["inputs"]
    tensors = {port["tensor"]: inputs.astype(np.int64) - np.array(port["centres"] or 0, dtype=np.int64)}
    for op in program["ops"]:
        constants = [program["constants"][i] for i in op["constants"]]
        arrays = [np.array(c["values"], dtype=np.int64).reshape(c["shape"]) for c in constants]
        read = [tensors[i] for i in op["inputs"]]
        (made,) = op["outputs"]
        if op["kind"] == "affine":
            y = np.zeros((len(inputs), rows(program["tensors"][made])), dtype=np.int64)
            for x, w in zip(read, arrays):
                y += x @ w if w.ndim == 2 else x * w
            if len(arrays) > len(read):
                y += arrays[-1]
            assert np.abs(y).max() < 2**29
        elif op["kind"] == "requantise":
            q = np.floor_divide(read[0] + op["attributes"][1], divisor(program, op["attributes"]))
            assert (0 <= q).all() and (q < in_whole_rows(len(arrays[0]))).all()
            y = arrays[0][np.minimum(q, len(arrays[0]) - 1)]
        elif op["kind"] == "saturate":
            cell_shift, _, offset, first, last, *_ = op["attributes"]
            cell = (read[0] + offset) // 2**cell_shift
            assert (0 <= cell).all() and (cell < len(arrays[0])).all()
            y = read[0] + 2**cell_shift * (np.clip(cell, first, last) - cell)
        elif op["kind"] == "product":
            y = read[0] * np.repeat(read[1], program["tensors"][made]["lanes"], axis=1)  # a factor a tile
        elif op["kind"] == "convolution":
            y = convolution(program, op, read, arrays)
            assert np.abs(y).max() < 2**29
        elif op["kind"] == "correlation":
            y = correlation(program, op, read, arrays)
            assert np.abs(y).max() < 2**29
        elif op["kind"] == "total":
            tiles = read[0].reshape(len(read[0]), -1, program["tensors"][made]["lanes"])
            y = tiles[:, arrays[0]].sum(axis=2).reshape(len(read[0]), -1)
        elif op["kind"] == "tile":
            y = read[0][:, arrays[0]]
        elif op["kind"] == "sum":
            y, lanes = 0, program["tensors"][made]["lanes"]
            for x, indices, sign in zip(read, arrays, op["attributes"]):
                tiles = x.reshape(len(x), -1, lanes)
                padded = np.concatenate([tiles, np.zeros((len(x), 1, lanes), dtype=np.int64)], axis=1)  # -1 is its last tile
                y = y + sign * padded[:, indices].sum(axis=2).reshape(len(x), -1)
        elif op["kind"] == "maximum":
            y = (np.maximum, np.minimum)[op["attributes"][0]](*read)
            a, b = (program["tensors"][i] for i in op["inputs"])
            differences = np.arange(a["min"] - b["max"], a["max"] - b["min"] + 1)
            np.testing.assert_array_equal(arrays[0], (np.maximum, np.minimum)[op["attributes"][0]](differences, 0))
        elif op["kind"] == "gather":
            y = read[0].reshape(len(inputs), -1, program["tensors"][made]["lanes"])[:, arrays[0]].reshape(len(inputs), -1)
        elif op["kind"] == "argmax":
            y = read[0].argmax(axis=1)[:, np.newaxis]
        else:
            raise ValueError(op["kind"])
        info = program["tensors"][made]
        assert info["min"] <= y.min() and y.max() <= info["max"]
        tensors[made] = y
    (port,) = program["outputs"]
    return tensors[port["tensor"]]


def convolution(program: dict, op: dict, read: list[np.ndarray], arrays: list[np.ndarray]) -> np.ndarray:
    """Every weight's copy of every place of an image, added to where it belongs."""
    shape = program["tensors"][op["outputs"][0]]["shape"]
    y = np.zeros((len(read[0]), *shape), dtype=np.int64)
    for i, (x, w) in enumerate(zip(read, arrays)):
        image = x.reshape(len(x), *program["tensors"][op["inputs"][i]]["shape"])
        dy, dx, groups = op["attributes"][3 * i : 3 * i + 3]
        height, width = image.shape[2:]
        per_group_in, per_group_out = image.shape[1] // groups, shape[0] // groups
        for g in range(groups):
            part = image[:, g * per_group_in : (g + 1) * per_group_in]
            made = slice(g * per_group_out, (g + 1) * per_group_out)
            for p in range(w.shape[0]):
                for q in range(w.shape[3]):
                    piece = np.einsum("oc,nchw->nohw", w[p, made, :, q], part)
                    y[:, made, dy + p : dy + p + height, dx + q : dx + q + width] += piece
    if len(arrays) > len(read):
        y += arrays[-1][:, np.newaxis, np.newaxis]
    return y.reshape(len(y), -1)


def correlation(program: dict, op: dict, read: list[np.ndarray], arrays: list[np.ndarray]) -> np.ndarray:
    """Each output reads the image of its line and column; a place beside a line is one of the line before or after, where it lies
    that far from it, if that is some output's line of this tap."""
    outputs, height, phases, width = program["tensors"][op["outputs"][0]]["shape"]
    pitch = op["attributes"][0]
    y = np.zeros((len(read[0]), outputs, height, phases, width), dtype=np.int64)
    for i, (x, w) in enumerate(zip(read, arrays)):
        channels, lines, strides, columns = program["tensors"][op["inputs"][i]]["shape"]
        image = x.reshape(len(x), channels, lines, strides, columns)
        stride, dilation_y, dilation_x, top, left, groups = op["attributes"][4 + 6 * i : 10 + 6 * i]
        kernel_height, kernel_width, _, group_inputs, group_outputs = w.shape
        for row, r, column in np.ndindex(height, phases, width):
            for p, q in np.ndindex(kernel_height, kernel_width):
                at_y = stride * row + dilation_y * p - top
                at_x = strides * (phases * column + r) + dilation_x * q - left
                place = at_y // stride * pitch + at_x // strides
                line, at = place // pitch * stride + at_y % stride, place % pitch
                of_output = line + top - dilation_y * p
                if not (0 <= line < lines and at < columns and 0 <= of_output < stride * height):
                    continue
                values = image[:, :, line, at_x % strides, at].reshape(len(x), groups, group_inputs)
                y[:, :, row, r, column] += np.einsum("ngc,gco->ngo", values, w[p, q]).reshape(len(x), outputs)
    if len(arrays) > len(read):
        y += arrays[-1][:, np.newaxis, np.newaxis, np.newaxis]
    return y.reshape(len(y), -1)


def rows(tensor: dict) -> int:
    return int(np.prod(tensor["shape"]))


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
