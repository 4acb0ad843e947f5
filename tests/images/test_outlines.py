from __future__ import annotations

import numpy as np
import pytest
from PIL import Image, ImageDraw

from fmnist_core.datasets import fashion_mnist
from fmnist_core.images import from_drawing, prepare
from fmnist_core.images.outlines import filled

DATA = fashion_mnist.load_from(fashion_mnist.EMBEDDED_DIR)


def sheet(side: int = 280) -> tuple[Image.Image, ImageDraw.ImageDraw]:
    image = Image.new("L", (side, side))
    return image, ImageDraw.Draw(image)


def grey(image: Image.Image) -> np.ndarray:
    return np.asarray(image, dtype=np.float32)


@pytest.mark.parametrize("side", [28, 100, 280, 1024])
def test_a_closed_line_becomes_a_surface(side: int) -> None:
    image, draw = sheet(side)
    near, far, pen = side // 5, side * 4 // 5, max(1, side // 28)
    draw.rectangle((near, near, far, far), outline=255, width=pen)
    surface, note = filled(grey(image))
    assert "what its lines enclose is filled" in note
    assert surface[side // 2, side // 2] == pytest.approx(0.75 * 255)
    assert surface[near, near] == 255
    margin = max(1, side // 28)
    outside = surface.copy()
    outside[near - margin : far + margin + 1, near - margin : far + margin + 1] = 0
    assert not outside.any()


def test_a_small_gap_is_closed_and_a_wide_one_is_not() -> None:
    for gap, is_filled in [(6, True), (25, True), (78, False)]:
        image, draw = sheet()
        draw.rectangle((60, 60, 220, 220), outline=255, width=8)
        draw.rectangle((140, 50, 140 + gap, 75), fill=0)
        surface, _ = filled(grey(image))
        assert bool(surface[140, 140]) is is_filled


def test_the_gap_between_two_legs_stays_open_when_the_lines_meet() -> None:
    image, draw = sheet()
    legs = [(80, 40), (200, 40), (205, 240), (165, 240), (140, 110), (115, 240), (75, 240)]
    draw.polygon(legs, outline=255, width=8)
    surface, _ = filled(grey(image))
    assert surface[100, 100] > 0
    assert surface[220, 140] == 0


def test_a_neck_left_open_is_closed_though_a_sleeve_is_whole() -> None:
    image, draw = sheet()
    body = [(120, 60), (60, 60), (60, 240), (220, 240), (220, 60), (160, 60)]
    draw.line(body, fill=255, width=8)
    draw.polygon([(60, 60), (60, 120), (20, 130), (20, 90)], outline=255, width=8)
    surface, _ = filled(grey(image))
    assert surface[160, 140] > 0


def test_details_inside_stay_to_be_seen() -> None:
    image, draw = sheet()
    draw.rectangle((60, 60, 220, 220), outline=255, width=8)
    draw.line((140, 60, 140, 220), fill=255, width=8)
    surface, _ = filled(grey(image))
    assert surface[140, 140] == 255
    assert surface[140, 100] == surface[140, 180] == pytest.approx(0.75 * 255)


def test_what_is_no_line_drawing_is_left_alone() -> None:
    solid, draw = sheet()
    draw.rectangle((60, 60, 220, 220), fill=255)
    draw.rectangle((100, 100, 180, 180), fill=0)
    shaded = Image.linear_gradient("L").resize((280, 280))
    stroke, draw = sheet()
    draw.line((50, 50, 230, 230), fill=255, width=10)
    for image, reason in [(solid, "no line drawing"), (shaded, "no line"), (stroke, "nothing")]:
        surface, note = filled(grey(image))
        assert reason in note
        np.testing.assert_array_equal(surface, grey(image))
    nothing, note = filled(np.zeros((5, 9), np.float32))
    assert not nothing.any()
    assert note == "Nothing is drawn."


def test_no_picture_of_the_data_is_taken_for_a_line_drawing() -> None:
    for pixels in DATA.test_images[:2000]:
        levels = pixels.astype(np.float32)
        np.testing.assert_array_equal(filled(levels)[0], levels)


def test_on_white_paper_and_on_the_pad_alike() -> None:
    image, draw = sheet()
    draw.polygon([(60, 60), (220, 60), (180, 230), (100, 230)], outline=255, width=10)
    on_pad = from_drawing(np.asarray(image))
    on_paper = prepare(255 - np.asarray(image))
    np.testing.assert_array_equal(on_pad.picture, on_paper.picture)
    assert on_pad.picture[14, 14, 0] == pytest.approx(0.75, abs=0.03)
