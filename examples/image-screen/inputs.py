#!/usr/bin/env python3
"""Photographs as the open_nsfw model reads them: crops of the pictures that scikit-image ships.

    inputs.py FOLDER COUNT SEED OUTPUT.npy

FOLDER holds scikit-image's pictures. An even seed takes every other picture, an odd one the rest, so that inputs of an
even and of an odd seed have no picture in common. Each crop, at times mirrored, is scaled to 256 x 256, of which the
model's own package takes the middle 224 x 224 after a JPEG round trip; values are blue, green, red less their means,
[y][x][channel].
"""
import io
import pathlib
import sys

import numpy as np
from PIL import Image

PHOTOGRAPHS = """astronaut.png brick.png camera.png chelsea.png coffee.png coins.png grass.png gravel.png
hubble_deep_field.jpg ihc.png moon.png motorcycle_left.png page.png retina.jpg rocket.jpg text.png""".split()
MEANS = np.array([104, 117, 123], dtype=np.float32)


def crop(picture: Image.Image, random: np.random.Generator) -> np.ndarray:
    side = int(min(picture.size) * random.uniform(0.3, 1))
    left, top = (int(random.integers(0, size - side + 1)) for size in picture.size)
    part = picture.crop((left, top, left + side, top + side))
    if random.random() < 0.5:
        part = part.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    part = part.resize((256, 256), Image.Resampling.BILINEAR).crop((16, 16, 240, 240))
    with io.BytesIO() as buffer:
        part.save(buffer, format="JPEG")
        pixels = np.asarray(Image.open(buffer), dtype=np.float32)
    return pixels[:, :, ::-1] - MEANS


def main() -> None:
    folder, count, seed, path = pathlib.Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), sys.argv[4]
    random = np.random.default_rng(seed)
    names = PHOTOGRAPHS[seed % 2 :: 2]
    pictures = [Image.open(folder / name).convert("RGB") for name in names]
    np.save(path, np.stack([crop(pictures[i % len(pictures)], random).reshape(-1) for i in range(count)]))


main()
