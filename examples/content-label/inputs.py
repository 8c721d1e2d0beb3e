#!/usr/bin/env python3
"""Natural inputs for the content label model: files of this Python installation, of as many kinds as it has.

    inputs.py COUNT SEED OUTPUT.npy

Each input is what the model's own package makes of a file: its first 1,024 bytes after white space and its last
1,024 before white space, 256 where there are fewer. Different seeds give different files.
"""
import collections
import pathlib
import random
import sys
import sysconfig

import numpy

SIDE, BLOCK, PADDING = 1024, 4096, 256


def features(content):
    first, last = content[:BLOCK].lstrip()[:SIDE], content[-BLOCK:].rstrip()[-SIDE:]
    none = [PADDING] * SIDE
    return [*first, *none][:SIDE] + [*none, *last][-SIDE:]


def files():
    """By kind; in each kind in an order that is the same on every run."""
    kinds = collections.defaultdict(list)
    for folder in sorted({sysconfig.get_path(name) for name in ("stdlib", "purelib", "platlib", "include")}):
        for path in sorted(pathlib.Path(folder).rglob("*")):
            if path.is_file() and path.stat().st_size >= 64:
                kinds[path.suffix].append(path)
    order = random.Random(0)
    for paths in kinds.values():
        order.shuffle(paths)
    return kinds


def main():
    count, seed, output = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
    kinds = files()
    # Kinds in turns; of each kind every seed has files of its own.
    seeds = 4
    own = {kind: paths[seed % seeds :: seeds] for kind, paths in sorted(kinds.items())}
    chosen = []
    while len(chosen) < count and any(own.values()):
        for paths in own.values():
            if paths and len(chosen) < count:
                chosen.append(paths.pop())
    numpy.save(output, numpy.array([features(path.read_bytes()) for path in chosen], dtype=numpy.float32))


main()
