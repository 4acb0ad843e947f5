from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from fmnist_core.images import montage, to_png

TILES = np.random.default_rng(0).integers(0, 256, (5, 3, 4), dtype=np.uint8)


def test_each_picture_is_where_the_docstring_says() -> None:
    sheet = montage(TILES, columns=3, gutter=2, background=9)
    assert sheet.shape == (3 + 2 + 3, 4 + 2 + 4 + 2 + 4)
    for i, tile in enumerate(TILES):
        top, left = i // 3 * 5, i % 3 * 6
        assert np.array_equal(sheet[top : top + 3, left : left + 4], tile)
    assert (sheet[3:5] == 9).all()  # between the rows
    assert (sheet[5:, 12:] == 9).all()  # the empty place


@pytest.mark.parametrize("shape", [(5, 3, 4), (5, 3, 4, 1)])
def test_real_numbers_are_scaled(shape: tuple[int, ...]) -> None:
    sheet = montage((TILES / 255).astype(np.float32).reshape(shape), columns=5)
    assert np.array_equal(sheet, montage(TILES, columns=5))


def test_no_pictures_are_an_empty_sheet() -> None:
    assert montage(np.zeros((0, 28, 28)), columns=4).shape[0] == 0


@pytest.mark.parametrize("shape", [(4, 6), (4, 6, 1), (4, 6, 3), (4, 6, 4)])
def test_png_enlarges_without_smoothing(shape: tuple[int, ...]) -> None:
    pixels = np.random.default_rng(1).integers(0, 256, shape, dtype=np.uint8)
    decoded = np.asarray(Image.open(io.BytesIO(to_png(pixels, scale=3))))
    expected = pixels.squeeze().repeat(3, axis=0).repeat(3, axis=1)
    assert np.array_equal(decoded, expected)


def test_png_clips_real_numbers() -> None:
    decoded = np.asarray(Image.open(io.BytesIO(to_png(np.array([[-1.0, 0.5, 2.0]])))))
    assert decoded.tolist() == [[0, 128, 255]]


def test_pictures_in_colour_stay_in_colour() -> None:
    blue = np.zeros((3, 4, 5, 3), np.uint8)
    blue[..., 2] = 255
    sheet = montage(blue, 2, gutter=1, background=7)
    assert sheet.shape == (9, 11, 3)
    assert sheet[0, 0].tolist() == sheet[8, 4].tolist() == [0, 0, 255]
    assert sheet[8, 10].tolist() == [7, 7, 7]
