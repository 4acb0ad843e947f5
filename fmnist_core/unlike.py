"""Pictures that are no clothing, made here: digits and noise, to see whether a model notices.

The same seed always gives the same pictures. They come as anyone's file would, so that they pass
through the same preparing as a photo: what is judged is what a visitor would see judged.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw, ImageFilter, ImageFont

Levels = npt.NDArray[np.uint8]
SIDE = 56
"""Pixels a side: twice what a model sees, so that shrinking and sharpening have work to do."""


def digits(n: int, seed: int = 0) -> Levels:
    """Digits 0 to 9 in turn, white on black, uint8 (n, 56, 56): of many sizes, turned, bold."""
    random = np.random.default_rng([seed, 0])
    return np.stack([_digit(number % 10, random) for number in range(n)]) if n else _none()


def noise(n: int, seed: int = 0) -> Levels:
    """Noise, uint8 (n, 56, 56): even and normal grains, from one pixel to a quarter of the side."""
    random = np.random.default_rng([seed, 1])
    return np.stack([_grains(number, random) for number in range(n)]) if n else _none()


KINDS: dict[str, Callable[[int, int], Levels]] = {"digits": digits, "noise": noise}
"""By the names that the command line takes instead of a folder."""


def _digit(digit: int, random: np.random.Generator) -> Levels:
    font = ImageFont.load_default(float(random.uniform(0.6, 1.0) * SIDE))
    image = Image.new("L", (SIDE, SIDE))
    ImageDraw.Draw(image).text(
        (SIDE / 2, SIDE / 2),
        str(digit),
        fill=255,
        font=font,
        anchor="mm",
        stroke_width=int(random.integers(0, 3)),
    )
    turned = image.rotate(float(random.uniform(-15, 15)), Image.Resampling.BICUBIC)
    return np.asarray(turned, np.uint8)


def _grains(number: int, random: np.random.Generator) -> Levels:
    grain = (1, 2, 4, 7, 14)[number % 5]
    across = SIDE // grain
    if number % 2:
        values = random.uniform(0, 255, (across, across))
    else:
        values = random.normal(127.5, 60, (across, across))
    coarse = Image.fromarray(np.clip(values, 0, 255).astype(np.uint8))
    image = coarse.resize((SIDE, SIDE), Image.Resampling.NEAREST)
    if number % 3 == 0:
        image = image.filter(ImageFilter.GaussianBlur(grain / 2))
    return np.asarray(image, np.uint8)


def _none() -> Levels:
    return np.zeros((0, SIDE, SIDE), np.uint8)
