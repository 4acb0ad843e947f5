"""Where a network looks, and what one of its filters is good for: results, not only presence."""

from __future__ import annotations

import re

import numpy as np
import pytest
from playwright.sync_api import Locator, Page, expect

from fmnist_core.datasets import load
from fmnist_core.pictures import PictureStore
from fmnist_core.runs import RunStore
from tests.e2e.app import App
from tests.e2e.conftest import Visit
from tests.e2e.visitor import bars, choose, enter, probabilities, settled, view

QUICK, CNN, MLP = "quick", "recorded-cnn", "recorded-mlp"
TROUSER = 2
"""A test picture that no network mistakes."""
CHECK = r"shares add up to (-?\d+\.\d+), and .* the score (?:rises|falls) by (\d+\.\d+)"
METHODS = ("Grad-CAM", "Occlusion", "Integrated gradients")


def cells(page: Page, group: str) -> Locator:
    return page.get_by_role("group", name=group, exact=True).locator(".cell")


def numbers(page: Page, pattern: str) -> list[float]:
    """The numbers in the caption that this pattern finds, one group each."""
    expect(page.locator(".lab-caption", has_text=re.compile(pattern))).to_have_count(1)
    text = page.locator(".lab-caption", has_text=re.compile(pattern)).inner_text()
    found = re.search(pattern, text)
    assert found is not None
    return [float(each.replace(",", "")) for each in found.groups()]


def test_three_maps_say_where_the_network_looks_and_leave_it_alone(app: App, visit: Visit) -> None:
    page = visit(app).open("inside", model=QUICK, picture=f"test:{TROUSER}")
    expect(bars(page).locator("li.top .name")).to_have_text("Trouser")
    before = probabilities(page)
    view(page, "Attention")
    expect(page.locator(".lab-answer")).to_have_text("Trouser, over 99.9 %")
    for method in METHODS:
        expect(cells(page, f"{method} beside the picture")).to_have_count(2)

    shares, rise = numbers(page, CHECK)
    assert rise > 1
    assert shares == pytest.approx(rise, rel=0.05)
    row, column, fall = numbers(page, r"row (\d+), column (\d+)\. .* falls by (\d+\.\d+)")
    assert fall > 0.5
    garment = load().test_images[TROUSER]
    y, x = int(row), int(column)
    assert garment[max(y - 2, 0) : y + 3, max(x - 2, 0) : x + 3].any()

    choose(page, "What speaks for", "Dress")
    expect(page.locator(".lab-answer")).to_have_text(re.compile(r"^Trouser, over 99.9 %; Dress, "))
    assert numbers(page, CHECK) != [shares, rise]
    for question in ("Most exciting pictures", "Surgery", "Best input"):
        view(page, "Filters")
        ask(page, question)
    view(page, "Feature maps")
    expect(bars(page)).to_have_count(1)
    assert probabilities(page) == before


def test_an_own_picture_and_a_network_without_convolution(app: App, visit: Visit) -> None:
    bag = np.zeros((28, 28, 1), np.float32)
    bag[8:24, 4:24] = 0.8
    ref = PictureStore(app.runs).save(bag)
    page = visit(app).open("inside", model=MLP, picture=ref, view="attention")
    expect(page.get_by_text("this network has none")).to_be_visible()
    expect(page.get_by_text(re.compile("^Drawing or upload .*n = 1 picture"))).to_be_visible()
    shares, rise = numbers(page, CHECK)
    assert abs(shares) == pytest.approx(rise, rel=0.05, abs=0.05)
    for method in METHODS[1:]:
        expect(cells(page, f"{method} beside the picture")).to_have_count(2)


def ask(page: Page, question: str) -> None:
    page.get_by_role("radiogroup", name="Question").get_by_text(question, exact=True).click()
    settled(page)


def test_a_black_picture_is_said_to_be_flat(app: App, visit: Visit) -> None:
    ref = PictureStore(app.runs).save(np.zeros((28, 28, 1), np.float32))
    page = visit(app).open("inside", model=QUICK, picture=ref, view="attention")
    # Covering black with black changes nothing, and no pixel differs from the black it begins at.
    expect(page.get_by_text(re.compile("^Flat: wherever the square lies"))).to_be_visible()
    expect(page.get_by_text(re.compile("^Flat: all 784 pixels together"))).to_be_visible()
    for method in METHODS[1:]:
        expect(cells(page, f"{method} beside the picture")).to_have_count(1)


def test_the_most_exciting_pictures_can_be_pinned(app: App, visit: Visit) -> None:
    page = visit(app).open("inside", model=QUICK, view="filters")
    cells(page, "Filters of conv2d_2").nth(5).click()
    settled(page)
    group = "The pictures that excite filter 5 of conv2d_2 most"
    expect(cells(page, group)).to_have_count(9)
    expect(cells(page, "Where in these pictures the filter answers")).to_have_count(9)
    labels = [cell.get_attribute("aria-label") or "" for cell in cells(page, group).all()]
    peaks = [float(label.rpartition(": ")[2]) for label in labels]
    assert peaks == sorted(peaks, reverse=True)
    assert peaks[-1] > 0
    assert len(set(labels)) == 9
    assert numbers(page, r"of ([\d,]+) validation pictures and ([\d,]+) training pictures") == [
        6_000,
        4_000,
    ]
    cells(page, group).first.click()
    pinned = labels[0].rpartition(": ")[0]
    expect(page.get_by_role("button", name=pinned, exact=True)).to_be_visible()


def test_a_picture_that_is_pinned_after_the_chip_was_used_stays(app: App, visit: Visit) -> None:
    page = visit(app).open("inside", model=QUICK, picture="test:0", view="filters")
    page.get_by_role("button", name=re.compile("^Test picture 0")).click()
    enter(page, "Test picture", "23")
    page.keyboard.press("Escape")
    cells(page, "The pictures that excite filter 0 of conv2d_1 most").first.click()
    clicked = re.compile(r"picture=(validation|train)%3A\d+")
    expect(page).to_have_url(clicked)
    view(page, "Attention")  # what the chip was used for came back with the next click
    view(page, "Filters")
    expect(page).to_have_url(clicked)


def test_a_filter_inside_a_residual_block_is_looked_into_like_any_other(
    app: App, visit: Visit
) -> None:
    page = visit(app).open("inside", model="best", view="filters")
    expect(page.get_by_role("heading", name=re.compile(" filters of 3x3"))).to_have_count(1)
    layer = "residualblock_1_conv2d_1"
    choose(page, "Layer", layer)
    cells(page, f"Filters of {layer}").nth(6).click()
    group = f"The pictures that excite filter 6 of {layer} most"
    expect(cells(page, group)).to_have_count(9)
    expect(page.get_by_text("after residualblock_1_activation_2")).to_be_visible()


def test_surgery_counts_on_validation_pictures(app: App, visit: Visit) -> None:
    page = visit(app).open("inside", model=CNN, view="filters")
    ask(page, "Surgery")
    page.get_by_text("Vertical edge", exact=True).click()
    settled(page)
    expect(page.get_by_role("heading", name="After: Vertical edge")).to_be_visible()
    changed, spoiled, mended = numbers(
        page, r"([\d,]+) answers? changed: ([\d,]+) right .* wrong, ([\d,]+) wrong"
    )
    assert changed >= spoiled + mended > 0
    before, after = (matrix(page, when) for when in ("before", "after"))
    assert before.sum() == after.sum() == 6_000
    assert np.trace(after) - np.trace(before) == mended - spoiled
    shown = page.locator(".lab-surgery dd:not(.note)").all_inner_texts()
    assert shown == [f"{np.trace(each) / 60:.2f} %" for each in (before, after)]
    learned = RunStore(app.runs).state(CNN).evaluated["validation"].accuracy
    assert np.trace(before) / 6_000 == pytest.approx(learned, abs=0.003)

    actual, predicted = np.argwhere((after > 0) & ~np.eye(10, dtype=bool))[0]
    table(page, "after").get_by_role("button").nth(10 * actual + predicted).click()
    expected = min(int(after[actual, predicted]), 24)
    expect(cells(page, "Pictures of the chosen cell")).to_have_count(expected)


def table(page: Page, when: str) -> Locator:
    return page.get_by_role("table", name=re.compile(f"^Confusion matrix {when}"))


def matrix(page: Page, when: str) -> np.ndarray:
    counts = table(page, when).get_by_role("button").all_inner_texts()
    return np.array([int(text.replace(",", "") or 0) for text in counts]).reshape(10, 10)


def test_the_best_input_excites_the_filter_more_than_noise(app: App, visit: Visit) -> None:
    page = visit(app).open("inside", model=QUICK, view="filters")
    ask(page, "Best input")
    enter(page, "Filter", "1")
    expect(cells(page, "The input that filter 1 of conv2d_1 answers most to")).to_have_count(2)
    pattern = r"mean answer goes from ([\d.e-]+) to ([\d.e-]+),"
    start, end = numbers(page, pattern)
    assert end > 2 * start
    enter(page, "Seed", "7")
    expect(page.get_by_text("Grey noise (seed 7)")).to_be_visible()
    assert numbers(page, pattern) != [start, end]
