#!/usr/bin/env python3
"""Lines of text, half of them upside down, as the text orientation model of PaddleOCR reads them.

    inputs.py COUNT SEED FILE.npy

Each line is drawn by Pillow in one of several sizes and colours, on a background that is not quite even, and scaled to 48
pixels of height; values are (pixel / 255 - 0.5) / 0.5, and 0 to the right of what is narrower than 192 pixels."""

import sys

import numpy as np
from PIL import Image, ImageDraw, ImageFilter, ImageFont

WORDS = """invoice total amount due date account number payment received with thanks please keep this receipt
street avenue north station platform ticket valid until morning coffee bread and butter open daily closed on sunday
warning high voltage do not enter fragile handle care serial model made in quality passed first class mail""".split()
HEIGHT, WIDTH = 48, 192


def line(random: np.random.Generator) -> np.ndarray:
    """[channel][y][x]"""
    text = " ".join(random.choice(WORDS, int(random.integers(1, 4))))
    if random.random() < 0.3:
        text = text.upper()
    if random.random() < 0.3:
        text += f" {random.integers(1, 9999)}"
    font = ImageFont.load_default(int(random.integers(18, 40)))
    left, top, right, bottom = font.getbbox(text)
    margin = [int(m) for m in random.integers(2, 9, 4)]
    size = (right - left + margin[0] + margin[1], bottom - top + margin[2] + margin[3])
    light, dark = random.integers(170, 256, 3), random.integers(0, 90, 3)
    paper, ink = (light, dark) if random.random() < 0.8 else (dark, light)
    image = Image.new("RGB", size, tuple(int(c) for c in paper))
    ImageDraw.Draw(image).text((margin[0] - left, margin[2] - top), text, tuple(int(c) for c in ink), font)
    image = image.filter(ImageFilter.GaussianBlur(float(random.uniform(0, 0.8))))
    if random.random() < 0.5:
        image = image.rotate(180)
    width = min(WIDTH, round(HEIGHT * size[0] / size[1]))
    pixels = np.asarray(image.resize((width, HEIGHT), Image.Resampling.BILINEAR), dtype=np.float32)
    pixels = np.clip(pixels + random.normal(scale=4, size=pixels.shape), 0, 255).round()
    result = np.zeros((3, HEIGHT, WIDTH), dtype=np.float32)
    result[:, :, :width] = (pixels.transpose(2, 0, 1) / 255 - 0.5) / 0.5
    return result


def main() -> None:
    count, seed, path = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
    random = np.random.default_rng(seed)
    np.save(path, np.stack([line(random).reshape(-1) for _ in range(count)]))


if __name__ == "__main__":
    main()
