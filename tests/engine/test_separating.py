"""OpenCV finds a garment on backgrounds made for it."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFilter

from fmnist_core.engine.operations import OPERATIONS
from fmnist_core.engine.separating import separate

SHIRT = [(60, 50), (140, 50), (185, 80), (170, 110), (145, 95), (145, 165), (55, 165), (55, 95)]
SHIRT += [(30, 110), (15, 80)]


def floor(seed: int = 0) -> Image.Image:
    """Boards of different browns, with grain."""
    random = np.random.default_rng(seed)
    boards = random.integers(-25, 25, 10).repeat(20)[:, None, None]
    grain = random.normal(0, 10, (200, 200, 1))
    pixels = np.array([150, 110, 70]) + boards + grain
    image = Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8))
    return image.filter(ImageFilter.GaussianBlur(0.7))


def shape(points: list[tuple[int, int]]) -> Image.Image:
    mask = Image.new("L", (200, 200))
    ImageDraw.Draw(mask).polygon(points, fill=255)
    return mask


def on_floor(mask: Image.Image, colour: str) -> np.ndarray:
    image = floor()
    image.paste(Image.new("RGB", image.size, colour), mask=mask)
    return np.asarray(image)


def overlap(found: np.ndarray | None, mask: Image.Image) -> float:
    assert found is not None
    assert set(np.unique(found)) <= {0, 255}
    one, other = found > 0, np.asarray(mask) > 0
    return float((one & other).sum() / (one | other).sum())


@pytest.mark.parametrize("colour", ["#203880", "#e8e8e0", "#181818", "#c02030"])
def test_a_shirt_on_a_wooden_floor(colour: str) -> None:
    mask = shape(SHIRT)
    assert overlap(separate(on_floor(mask, colour)), mask) > 0.9


def test_trousers_that_reach_out_of_the_picture() -> None:
    mask = shape([(60, 0), (140, 0), (150, 199), (110, 199), (100, 60), (90, 199), (50, 199)])
    assert overlap(separate(on_floor(mask, "#203880")), mask) > 0.9


def test_both_shoes_of_a_pair_are_kept_and_a_print_is_no_hole() -> None:
    mask = Image.new("L", (200, 200))
    for left in (40, 115):
        ImageDraw.Draw(mask).ellipse((left, 40, left + 45, 160), fill=255)
    picture = Image.fromarray(on_floor(mask, "#203880"))
    ImageDraw.Draw(picture).rectangle((58, 90, 66, 98), fill=(150, 110, 70))
    assert overlap(separate(np.asarray(picture)), mask) > 0.9


def test_a_print_is_not_taken_for_a_shirt_that_has_the_colour_of_the_floor() -> None:
    mask = shape(SHIRT)
    image = Image.fromarray(on_floor(mask, "#9a7550"))
    ImageDraw.Draw(image).rectangle((80, 80, 120, 120), fill="#202060")
    found = separate(np.asarray(image))
    assert found is not None
    assert (found > 0).mean() > 0.15  # the print alone has 4 %
    assert found[150, 100] == 255


def test_where_all_is_alike_nothing_is_found() -> None:
    assert separate(np.full((100, 100, 3), 90, np.uint8)) is None


def test_the_same_picture_gives_the_same_mask() -> None:
    picture = on_floor(shape(SHIRT), "#203880")
    np.testing.assert_array_equal(separate(picture), separate(picture.copy()))


@pytest.mark.parametrize("size", [(12, 200), (200, 12), (16, 16), (64, 64)])
def test_noise_of_any_size_is_answered(size: tuple[int, int]) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (*size, 3), dtype=np.uint8)
    mask = separate(noise)
    assert mask is None or mask.shape == size


def test_the_operation_answers_with_a_mask_or_nothing() -> None:
    picture = on_floor(shape(SHIRT), "#203880")
    answer, arrays = OPERATIONS["separate"]({}, {"picture": picture})
    assert answer == {}
    np.testing.assert_array_equal(arrays["mask"], separate(picture))
    even = np.full((100, 100, 3), 90, np.uint8)
    assert OPERATIONS["separate"]({}, {"picture": even}) == ({}, {})
