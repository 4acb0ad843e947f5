"""Small pictures for the screen: many in one array, and arrays as PNG files, never smoothed."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image


def montage(
    pictures: npt.ArrayLike, columns: int, gutter: int = 2, background: int = 255
) -> npt.NDArray[np.uint8]:
    """Lay pictures out in rows of ``columns``, left to right, ``gutter`` pixels apart.

    ``pictures`` is (n, h, w), (n, h, w, 1) or RGB (n, h, w, 3), uint8 or real numbers in [0, 1];
    ``background`` is the grey of gutters and empty places. Returns uint8 (height, width), of RGB
    (height, width, 3), without an outer margin: the top left pixel of picture i is at row
    ``i // columns * (h + gutter)``, column ``i % columns * (w + gutter)``.
    """
    tiles = _to_bytes(np.asarray(pictures))
    if tiles.ndim == 4 and tiles.shape[3] == 1:
        tiles = tiles[:, :, :, 0]
    n, height, width, *channels = tiles.shape
    rows = -(-n // columns)
    shape = (rows * (height + gutter), columns * (width + gutter))
    sheet = np.full((*shape, *channels), background, dtype=np.uint8)
    for i, tile in enumerate(tiles):
        top, left = i // columns * (height + gutter), i % columns * (width + gutter)
        sheet[top : top + height, left : left + width] = tile
    return sheet[: max(0, shape[0] - gutter), : shape[1] - gutter]


def to_png(array: npt.ArrayLike, scale: int = 1) -> bytes:
    """Encode (h, w), (h, w, 1), RGB (h, w, 3) or RGBA (h, w, 4) as PNG, each pixel ``scale`` wide.

    The array is uint8 or real numbers in [0, 1].
    """
    pixels = _to_bytes(np.asarray(array))
    if pixels.ndim == 3 and pixels.shape[2] == 1:
        pixels = pixels[:, :, 0]
    image = Image.fromarray(np.ascontiguousarray(pixels.repeat(scale, 0).repeat(scale, 1)))
    buffer = io.BytesIO()
    image.save(buffer, format="PNG")
    return buffer.getvalue()


def _to_bytes(array: npt.NDArray[Any]) -> npt.NDArray[np.uint8]:
    if array.dtype == np.uint8:
        return array
    scaled = np.rint(np.clip(array, 0, 1) * 255)
    return np.asarray(scaled, dtype=np.uint8)
