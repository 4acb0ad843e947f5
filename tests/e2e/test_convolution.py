"""Convolution by hand in a real browser: what it writes out is what NumPy computes."""

from __future__ import annotations

import re

import numpy as np
import pytest
from playwright.sync_api import Locator, Page, expect

from fmnist_core.convolution import KERNELS, Convolution, Window
from fmnist_core.datasets import load
from fmnist_core.runs import RunStore
from tests.e2e.app import App
from tests.e2e.conftest import Visit
from tests.e2e.fitting import unreadable
from tests.e2e.visitor import choose, settled

MODEL = "recorded-cnn"
BOOT = load().test_images[0].astype(np.float64) / 255
ROUNDED = 0.5001e-3
"""Three decimals are shown."""


def number(place: Locator) -> float:
    return float(place.inner_text().replace("\u2212", "-"))


def click(page: Page, name: str, row: int, column: int) -> None:
    """The middle of a cell of a map."""
    cells = page.get_by_role("img", name=name)
    rows, columns = map(int, re.findall(r"(\d+) by (\d+)", cells.get_attribute("aria-label"))[0])  # type: ignore[arg-type]
    box = cells.bounding_box()
    assert box is not None
    x, y = (column + 0.5) / columns * box["width"], (row + 0.5) / rows * box["height"]
    cells.click(position={"x": x, "y": y})


def title(page: Page) -> Locator:
    return page.locator(".sums .title")


def line(page: Page, name: str) -> Locator:
    """The number of that name in the lines of the arithmetic."""
    return page.locator(f".sums .lines .{name}")


def window_frame(page: Page) -> list[float]:
    """Top, left, height and width of what lights up in the input, in percent of it."""
    style = page.locator(".map.input .field").get_attribute("style") or ""
    found = dict(re.findall(r"(\w+): ([\d.]+)%", style))
    return [float(found[side]) for side in ("top", "left", "height", "width")]


def test_every_output_pixel_is_written_out_as_numpy_computes_it(app: App, visit: Visit) -> None:
    page = visit(app).open("inside", view="convolution", picture="test:0")
    by_hand = Convolution(KERNELS["vertical"].kernel, pooling="max")
    expected = by_hand.feature_map(BOOT)
    for row, column in ((9, 14), (20, 3), (25, 25)):
        click(page, "Feature map", row, column)
        expect(title(page)).to_contain_text(f"Feature map, row {row}, column {column}: ")
        written = by_hand.written(BOOT, row, column)
        assert number(line(page, "total")) == pytest.approx(written.total, abs=ROUNDED)
        assert number(line(page, "value")) == pytest.approx(expected[row, column], abs=ROUNDED)
        products = page.locator(".grid").nth(2).locator("td").all()
        found = [number(cell) for cell in products]
        np.testing.assert_allclose(found, written.products.ravel(), atol=ROUNDED)
        side = 100 * 3 / 28
        assert window_frame(page) == pytest.approx(
            [100 * row / 28, 100 * column / 28, side, side], abs=0.01
        )
    click(page, "Max pooling", 5, 7)
    expect(title(page)).to_contain_text("Max pooling, row 5, column 7: ")
    pooled = by_hand.pooled(expected)[5, 7]
    assert number(line(page, "value")) == pytest.approx(pooled, abs=ROUNDED)
    assert window_frame(page)[2:] == pytest.approx([100 * 4 / 28] * 2, abs=0.01)


def test_pointing_is_enough_and_leaves_what_was_clicked(app: App, visit: Visit) -> None:
    page = visit(app).open("inside", view="convolution", picture="test:0")
    click(page, "Feature map", 10, 10)
    before = title(page).inner_text()
    box = page.get_by_role("img", name="Feature map").bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 2, box["y"] + 2)
    expect(title(page)).to_contain_text("row 0, column 0: 0")
    page.mouse.move(box["x"] + 2, box["y"] - 20)
    expect(title(page)).to_have_text(before)
    page.get_by_role("img", name="Feature map").focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowRight")
    expect(title(page)).to_contain_text("row 11, column 11: ")


def test_a_changed_weight_changes_the_map_at_once(app: App, visit: Visit) -> None:
    page = visit(app).open("inside", view="convolution", picture="test:0")
    choose(page, "Kernel", "Sobel")
    neighbour = page.get_by_role("spinbutton", name="Weight in row 1, column 0")
    expect(neighbour).to_have_value(f"{KERNELS['sobel'].kernel[1, 0]:g}")  # the grid is Sobel's
    page.get_by_role("spinbutton", name="Weight in row 1, column 1").fill("-3")
    expect(page.get_by_role("combobox", name="Kernel")).to_have_value("Own numbers")
    page.get_by_text("same", exact=True).click()
    page.get_by_text("Average 2x2", exact=True).click()
    settled(page)
    kernel = KERNELS["sobel"].kernel.copy()
    kernel[1, 1] = -3
    by_hand = Convolution(kernel, padding="same", pooling="average")
    expected = by_hand.feature_map(BOOT)
    click(page, "Feature map, 28 by 28", 27, 12)
    expect(title(page)).to_contain_text("row 27, column 12: ")
    assert number(line(page, "value")) == pytest.approx(expected[27, 12], abs=ROUNDED)
    click(page, "Average pooling, 14 by 14", 6, 7)
    expect(title(page)).to_contain_text("Average pooling, row 6, column 7: ")
    mean = by_hand.pooled(expected)[6, 7]
    assert number(line(page, "value")) == pytest.approx(mean, abs=ROUNDED)
    # One ring of zeros: the field of the first pixel begins in it.
    click(page, "Feature map, 28 by 28", 0, 0)
    assert window_frame(page)[:2] == [0, 0]


def test_a_sweep_plays_and_pauses(app: App, visit: Visit) -> None:
    page = visit(app).open("inside", view="convolution", picture="test:0")
    at = page.get_by_role("slider", name="Output pixel")
    page.get_by_role("button", name="Play the sweep").click()
    expect(page.locator(".map.output .rest.below")).to_be_visible()
    expect(at).not_to_have_value("0")
    page.get_by_role("button", name="Pause the sweep").click()
    paused = at.input_value()
    page.wait_for_timeout(500)
    expect(at).to_have_value(paused)
    at.fill("77")  # row 2 of 26, column 25
    expect(title(page)).to_contain_text("row 2, column 25: ")
    click(page, "Feature map", 3, 3)
    expect(page.locator(".map.output .rest.below")).to_be_hidden()


def test_who_wants_no_motion_goes_pixel_by_pixel(app: App, visit: Visit) -> None:
    visitor = visit(app, reduced_motion="reduce")
    page = visitor.open("inside", view="convolution", picture="test:0")
    click(page, "Feature map", 4, 4)
    page.get_by_role("button", name="Next pixel").click()
    expect(title(page)).to_contain_text("row 4, column 5: ")
    page.wait_for_timeout(500)
    expect(title(page)).to_contain_text("row 4, column 5: ")


def test_a_trained_networks_number_is_taken_apart(app: App, visit: Visit) -> None:
    page = visit(app).open("inside", model=MODEL, picture="test:0")
    with np.load(RunStore(app.runs).get(MODEL).directory / "weights.npz") as saved:
        first, first_bias, second, second_bias = (saved[f"w00{i}"] for i in range(4))
    maps = np.stack(
        [
            Convolution(first[..., 0, i], bias=float(first_bias[i])).feature_map(BOOT)
            for i in range(first.shape[3])
        ],
        axis=-1,
    )
    pooled = maps.reshape(13, 2, 13, 2, -1).max(axis=(1, 3))
    page.get_by_role("button", name=re.compile("^conv2d_2, filter 3:")).click()
    expect(title(page)).to_contain_text("conv2d_2, filter 3, row ")
    click(page, "conv2d_2, filter 3, 11 by 11", 6, 4)
    expect(title(page)).to_contain_text("row 6, column 4: ")
    window = Window(3).at(pooled, 6, 4)
    products = window * second[..., 3]
    # The engine may multiply in bfloat16, so what it was given is off by a little.
    near = 2**-6 * float(np.abs(products).sum())
    total = float(products.sum())
    assert number(line(page, "total")) == pytest.approx(total, abs=near)
    assert number(line(page, "biased")) == pytest.approx(total + second_bias[3], abs=near)
    assert number(line(page, "held")) == pytest.approx(number(line(page, "value")), abs=near)
    sums = page.get_by_role("group", name="Sum of each input channel").get_by_role("button")
    expect(sums).to_have_count(32)
    sums.nth(8).click()
    expect(page.locator(".sums .grids")).to_contain_text("channel 8")
    cells = page.locator(".grid").nth(1).locator("td").all()
    weights = [number(cell) for cell in cells]
    np.testing.assert_allclose(weights, second[:, :, 8, 3].ravel(), atol=ROUNDED)
    assert unreadable(page, "desk", "light") == []
    page.get_by_role("button", name="Close").click()
    expect(page.locator(".sums")).to_have_count(0)


def test_pooling_shows_which_was_the_largest(app: App, visit: Visit) -> None:
    page = visit(app).open("inside", model=MODEL, picture="test:0")
    page.get_by_role("button", name=re.compile("^maxpooling2d_1, filter 3:")).click()
    click(page, "maxpooling2d_1, filter 3, 13 by 13", 8, 6)
    expect(title(page)).to_contain_text("row 8, column 6: ")
    cells = [number(cell) for cell in page.locator(".grid td").all()]
    assert len(cells) == 4
    assert number(line(page, "held")) == max(cells)
    assert number(page.locator(".grid td.strong")) == max(cells)
