"""When a garment is cut out of a photo, and what becomes of it. Where it is, is given."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image, ImageDraw

from fmnist_core.images import Options, Prepared, from_drawing, prepare, prepare_bytes

SEPARATED, LIT = 1, 2  # numbers of the steps


def photo(width: int = 300, height: int = 300, garment: str = "#8a5a30") -> Image.Image:
    """A tall block, left of the middle, on a carpet of every brightness."""
    coarse = np.random.default_rng(0).integers(0, 256, (15, 15, 3), dtype=np.uint8)
    image = Image.fromarray(coarse).resize((width, height), Image.Resampling.NEAREST)
    ImageDraw.Draw(image).rectangle(block(image), fill=garment)
    return image


def block(image: Image.Image) -> tuple[int, int, int, int]:
    return (image.width // 5, image.height // 6, image.width * 2 // 5, image.height * 5 // 6)


class Seer:
    """Knows where the block is."""

    def __init__(self) -> None:
        self.asked: list[np.ndarray] = []

    def __call__(self, picture: np.ndarray) -> np.ndarray:
        self.asked.append(picture)
        mask = Image.new("L", (picture.shape[1], picture.shape[0]))
        ImageDraw.Draw(mask).rectangle(block(mask), fill=255)
        return np.asarray(mask)


def never(_: np.ndarray) -> None:
    raise AssertionError("nothing to separate here")


def shape_of(prepared: Prepared) -> tuple[int, int, float]:
    picture = prepared.picture[:, :, 0]
    rows = np.flatnonzero(picture.max(axis=1) > 0.3)
    columns = np.flatnonzero(picture.max(axis=0) > 0.3)
    return len(rows), len(columns), float(picture[:, :8].max())


@pytest.mark.parametrize("garment", ["black", "#8a5a30", "white"])
def test_a_garment_is_cut_out_of_its_background_and_lit_as_the_data(garment: str) -> None:
    seer = Seer()
    prepared = prepare(photo(garment=garment), separate=seer)
    rows, columns, left = shape_of(prepared)
    assert (rows, left) == (28, 0)
    assert columns in (8, 9, 10)
    # An even garment, whatever its colour, is as bright as garments in the data before its
    # brightest pixel becomes white.
    lit = Image.fromarray(prepared.steps[LIT].image).convert("L").getpixel((90, 150))
    assert lit == pytest.approx(100, abs=20)
    assert "kept" in prepared.steps[SEPARATED].note
    assert max(seer.asked[0].shape) == 200


def test_what_is_dark_in_a_photo_is_bright_in_the_data() -> None:
    image = photo(garment="#b0b0b0")
    left, top, right, bottom = block(image)
    ImageDraw.Draw(image).rectangle((left, (top + bottom) // 2, right, bottom), fill="#404040")
    picture = prepare(image, separate=Seer()).picture
    assert picture[6, 14] < picture[22, 14]


def test_without_anybody_who_can_tell_the_photo_stays_whole() -> None:
    alone = prepare(photo())
    helpless = prepare(photo(), separate=lambda _: None)
    assert "nothing here can separate" in alone.steps[SEPARATED].note
    assert "all is kept" in helpless.steps[SEPARATED].note
    np.testing.assert_array_equal(alone.picture, helpless.picture)
    assert alone.picture[:, :8].max() > 0.5


def plain() -> Image.Image:
    image = Image.new("RGB", (300, 300), "white")
    ImageDraw.Draw(image).rectangle((60, 50, 119, 249), fill="black")
    return image


def transparent() -> Image.Image:
    image = photo().convert("RGBA")
    image.putalpha(Image.new("L", image.size, 200))
    return image


@pytest.mark.parametrize(
    ("image", "options", "reason"),
    [
        (plain(), Options(), "plain"),
        (transparent(), Options(), "transparent"),
        (photo(63, 63), Options(), "too small"),
        (photo(), Options(threshold=0.2), "a threshold was chosen"),
    ],
)
def test_what_needs_no_separating_is_left_alone(
    image: Image.Image, options: Options, reason: str
) -> None:
    prepared = prepare(image, options, separate=never)
    assert reason in prepared.steps[SEPARATED].note
    np.testing.assert_array_equal(prepared.picture, prepare(image, options).picture)


def test_a_screenshot_that_is_nowhere_transparent_is_a_photo() -> None:
    opaque = photo().convert("RGBA")
    expected = prepare(photo(), separate=Seer()).picture
    np.testing.assert_array_equal(prepare(opaque, separate=Seer()).picture, expected)


def test_a_drawing_is_never_separated() -> None:
    noise = np.random.default_rng(0).integers(0, 256, (280, 280), dtype=np.uint8)
    assert "is known" in from_drawing(noise).steps[SEPARATED].note


def test_files_are_separated_as_pictures_are() -> None:
    buffer = io.BytesIO()
    photo().save(buffer, format="PNG")
    of_file = prepare_bytes(buffer.getvalue(), "photo.png", separate=Seer())
    np.testing.assert_array_equal(of_file.picture, prepare(photo(), separate=Seer()).picture)


@pytest.mark.parametrize("size", [(64, 1024), (1024, 64), (64, 64)])
def test_odd_shapes_can_be_cut_out_of(size: tuple[int, int]) -> None:
    picture = prepare(photo(*size), separate=Seer()).picture
    assert picture.shape == (28, 28, 1)
    assert 0 <= picture.min() <= picture.max() <= 1
