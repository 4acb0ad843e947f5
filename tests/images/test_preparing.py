from __future__ import annotations

import io

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from PIL import Image, ImageDraw

from fmnist_core.datasets import fashion_mnist
from fmnist_core.errors import PictureError
from fmnist_core.images import (
    Options,
    Prepared,
    from_drawing,
    prepare,
    prepare_bytes,
    to_png,
)

STEPS = [
    "Opened",
    "Garment separated",
    "Light of the data",
    "On a plain background",
    "Grey",
    "Background dark",
    "Background removed",
    "Outline filled",
    "Rotated",
    "Cropped to content",
    "Longest side 28",
    "Sharpened",
    "Centred",
    "Contrast of the data",
]
TEST_PICTURES = fashion_mnist.load_from(fashion_mnist.EMBEDDED_DIR).test_images[:100]


def check(prepared: Prepared) -> np.ndarray:
    """Hold what every result promises, and return the picture as (28, 28)."""
    assert [step.name for step in prepared.steps] == STEPS
    for step in prepared.steps:
        assert step.note
        assert step.image.dtype == np.uint8
        assert step.image.ndim == 2 or step.image.shape[2:] == (3,)
    picture = prepared.picture
    assert picture.shape == (28, 28, 1)
    assert picture.dtype == np.float32
    assert np.isfinite(picture).all()
    assert picture.min() >= 0
    assert picture.max() <= 1
    return picture[:, :, 0]


def scene(back: int | str, front: int | str, mode: str = "RGB", size: int = 300) -> Image.Image:
    """A tall block, left of the middle, in front of something plain."""
    image = Image.new(mode, (size, size), back)
    ImageDraw.Draw(image).rectangle((60, 50, 119, 249), fill=front)
    return image


def shows_the_block(picture: np.ndarray) -> bool:
    """The block of a scene is 28 high, 8 or 9 wide, in the middle, bright on black."""
    columns = np.flatnonzero(picture.max(axis=0) > 0.5)
    return bool(
        len(columns) in (8, 9)
        and abs(columns.mean() - 13.5) <= 1
        and picture[:, 13:15].min() > 0.8
        and picture[:, :8].max() < 0.05
    )


def test_a_picture_of_the_data_comes_out_as_it_went_in() -> None:
    for pixels in TEST_PICTURES:
        picture = check(prepare_bytes(to_png(pixels), "test.png"))
        assert np.array_equal(np.rint(picture * 255).astype(np.uint8), pixels)


def test_so_does_its_negative() -> None:
    for pixels in TEST_PICTURES:
        picture = check(prepare(255 - pixels))
        assert np.array_equal(np.rint(picture * 255).astype(np.uint8), pixels)


@pytest.mark.parametrize(("kind", "limit"), [("PNG", 0.03), ("JPEG", 0.05)])
def test_enlarged_on_white_paper_it_comes_back_close(kind: str, limit: float) -> None:
    errors, correlations = [], []
    for pixels in TEST_PICTURES:
        paper = Image.new("L", (400, 360), 255)
        large = Image.fromarray(255 - pixels).resize((280, 280), Image.Resampling.NEAREST)
        paper.paste(large, (70, 30))
        buffer = io.BytesIO()
        paper.save(buffer, format=kind)
        picture = check(prepare_bytes(buffer.getvalue(), "scan"))
        errors.append(np.abs(picture - pixels / 255).mean())
        correlations.append(np.corrcoef(picture.ravel(), pixels.ravel())[0, 1])
    assert np.mean(errors) < limit
    assert np.mean(correlations) > 0.95


@pytest.mark.parametrize(
    ("back", "front"),
    [("white", "black"), ("black", "white"), ("#999", "#222"), ("#444", "#eee"), ("#222", "#555")],
)
def test_either_side_may_be_the_background(back: str, front: str) -> None:
    assert shows_the_block(check(prepare(scene(back, front))))


@pytest.mark.parametrize("front", ["black", "white", "#d0d0d0"])
def test_what_is_transparent_becomes_the_background(front: str) -> None:
    assert shows_the_block(check(prepare(scene((0, 0, 0, 0), front, "RGBA"))))


def test_noise_behind_the_garment_is_removed() -> None:
    noise = np.random.default_rng(0).normal(0, 4, (300, 300))
    pixels = np.clip(np.asarray(scene(200, 40, "L")) + noise, 0, 255).astype(np.uint8)
    picture = check(prepare(pixels))
    assert shows_the_block(picture)


def test_a_few_specks_are_no_content() -> None:
    image = scene("white", "black")
    image.putpixel((290, 10), (0, 0, 0))
    assert shows_the_block(check(prepare(image)))


def test_a_full_photo_stays_a_photo() -> None:
    random = np.random.default_rng(0)
    photo = Image.fromarray(random.integers(0, 256, (12, 16, 3), dtype=np.uint8))
    prepared = prepare(photo.resize((640, 480), Image.Resampling.BICUBIC))
    picture = check(prepared)
    assert "not one plain background" in prepared.steps[6].note
    assert picture[4:25].std() > 0.05
    assert np.count_nonzero(picture) > 0.7 * 28 * 21


@pytest.mark.parametrize("value", [0, 1, 127, 128, 254, 255])
def test_one_even_colour_is_an_empty_picture(value: int) -> None:
    prepared = prepare(np.full((50, 80), value, dtype=np.uint8))
    assert not check(prepared).any()
    assert "Nothing stands out" in prepared.steps[6].note


def test_faint_noise_is_not_blown_up() -> None:
    pixels = 128 + np.random.default_rng(0).integers(-1, 2, (100, 100))
    assert not check(prepare(pixels.astype(np.uint8))).any()


@pytest.mark.parametrize("size", [(1, 1), (3_000, 2), (2, 3_000), (1, 28), (27, 29)])
def test_odd_sizes(size: tuple[int, int]) -> None:
    gradient = np.linspace(0, 255, size[0] * size[1]).reshape(size[1], size[0])
    check(prepare(gradient))


def test_invert_can_be_decided() -> None:
    image = scene("white", "black")
    assert not shows_the_block(check(prepare(image, Options(invert="no"))))
    assert shows_the_block(check(prepare(image, Options(invert="yes"))))
    assert prepare(image, Options(invert="yes")).steps[5].note == "Inverted: as chosen."


def test_crop_can_be_declined() -> None:
    picture = check(prepare(scene("white", "black"), Options(crop=False)))
    rows = np.flatnonzero(picture.max(axis=1) > 0.5)
    assert (rows[0], rows[-1]) == (5, 22)  # 50 and 249 of 300


def test_rotate_turns_against_the_clock() -> None:
    upright = Image.new("L", (100, 100))
    ImageDraw.Draw(upright).polygon([(20, 80), (80, 80), (50, 10)], fill=255)  # points up
    left = check(prepare(upright, Options(rotate=90)))
    assert left[:, :6].sum() < left[:, -6:].sum() / 3
    assert np.array_equal(check(prepare(upright, Options(rotate=360))), check(prepare(upright)))


def test_threshold_decides_what_is_background() -> None:
    image = scene("white", "black")
    ImageDraw.Draw(image).rectangle((150, 50, 280, 249), fill="#c8c8c8")  # a shadow
    assert not shows_the_block(check(prepare(image)))
    assert shows_the_block(check(prepare(image, Options(threshold=0.3))))


@pytest.mark.parametrize(
    ("field", "value"),
    [("invert", "maybe"), ("rotate", float("nan")), ("threshold", 1.1), ("threshold", -0.1)],
)
def test_options_out_of_range_are_refused(field: str, value: object) -> None:
    with pytest.raises(PictureError, match="give"):
        Options(**{field: value})  # type: ignore[arg-type]


@pytest.mark.parametrize("side", [28, 280])
def test_a_drawing_is_cropped_and_centred_but_never_inverted(side: int) -> None:
    pad = np.zeros((side, side), dtype=np.uint8)
    pad[side // 10 : side // 2, side // 10 : side // 5] = 255
    picture = check(from_drawing(pad))
    assert np.flatnonzero(picture.max(axis=1) > 0.5)[[0, -1]].tolist() == [0, 27]
    assert picture[:, 13:15].min() > 0.8
    full = np.full((side, side), 255, dtype=np.uint8)
    assert check(from_drawing(full)).min() == 1


def test_an_empty_drawing_is_an_empty_picture() -> None:
    assert not check(from_drawing(np.zeros((280, 280), dtype=np.uint8))).any()


def test_steps_keep_what_the_file_said() -> None:
    frames = [Image.new("L", (20, 20), level) for level in (0, 255)]
    buffer = io.BytesIO()
    frames[0].save(buffer, format="GIF", save_all=True, append_images=frames[1:])
    note = prepare_bytes(buffer.getvalue(), "dance.gif").steps[0].note
    assert note == "20 x 20 pixels. It has several frames: the first is used."


shapes = st.one_of(
    hnp.array_shapes(min_dims=2, max_dims=2, max_side=60),
    st.tuples(st.integers(1, 40), st.integers(1, 40), st.integers(1, 4)),
    st.tuples(st.just(1), st.integers(1, 40), st.integers(1, 40), st.integers(1, 4)),
)
dtypes = st.one_of(
    hnp.boolean_dtypes(), hnp.integer_dtypes(), hnp.unsigned_integer_dtypes(), hnp.floating_dtypes()
)


@given(pixels=hnp.arrays(dtypes, shapes))
def test_any_array_becomes_model_input(pixels: np.ndarray) -> None:
    check(prepare(pixels))
    check(from_drawing(pixels))


@given(
    pixels=hnp.arrays(np.uint8, hnp.array_shapes(min_dims=2, max_dims=2, max_side=40)),
    options=st.builds(
        Options,
        invert=st.sampled_from(["auto", "yes", "no"]),
        crop=st.booleans(),
        rotate=st.floats(-720, 720),
        threshold=st.none() | st.floats(0, 1),
    ),
)
def test_any_options_give_model_input(pixels: np.ndarray, options: Options) -> None:
    check(prepare(pixels, options))


@given(
    pixels=hnp.arrays(
        hnp.array_dtypes() | hnp.complex_number_dtypes() | hnp.datetime64_dtypes(),
        hnp.array_shapes(max_dims=5, max_side=4),
    )
)
def test_what_is_no_picture_is_refused(pixels: np.ndarray) -> None:
    with pytest.raises(PictureError):
        prepare(pixels)
