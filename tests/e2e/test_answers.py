"""What a network answers: to the pinned picture inside, to a drawing, to a file, over a link."""

from __future__ import annotations

import re

import numpy as np
import pytest
from playwright.sync_api import FilePayload, Page, expect

from fmnist_core.architecture import shape_text
from fmnist_core.datasets import CLASS_NAMES, load
from fmnist_core.images import to_png
from fmnist_core.runs import RunStore
from fmnist_core.summary import summarise
from tests.e2e.app import App
from tests.e2e.conftest import Visit
from tests.e2e.visitor import bars, choose, enter, go, probabilities, settled, unfold, view

MODEL = "recorded-cnn"
TROUSER = 2
"""A test picture that no network mistakes."""


def test_inside_shows_the_maps_of_every_layer_and_the_filters(app: App, visit: Visit) -> None:
    page = visit(app).open("inside", model=MODEL, picture=f"test:{TROUSER}")
    expect(bars(page).locator("li.top .name")).to_have_text("Trouser")
    rows = summarise(RunStore(app.runs).get(MODEL).experiment.architecture).rows
    for row in rows:
        title = re.compile(f"^{row.name} · {row.kind} · {shape_text(row.output_shape)}$")
        expect(page.get_by_role("heading", name=title)).to_have_count(1)
        if len(row.output_shape) == 3:
            maps = page.get_by_role("group", name=f"Feature maps of {row.name}").locator(".cell")
            expect(maps).to_have_count(row.output_shape[-1])
    view(page, "Filters")
    for row in (row for row in rows if row.kind == "Conv2D"):
        group = page.get_by_role("group", name=f"Filters of {row.name}", exact=True)
        filters = group.locator(".cell")
        expect(filters).to_have_count(row.output_shape[-1])


def test_a_residual_block_tells_what_came_around_its_convolutions(app: App, visit: Visit) -> None:
    page = visit(app).open("inside", model="best", picture=f"test:{TROUSER}")
    page.get_by_text(re.compile("^residualblock_3 +14x14x64$")).click()
    maps = page.get_by_role("group", name="Feature maps of residualblock_3").locator(".cell")
    lines = page.locator(".byhand .lines p")
    maps.nth(3).click()
    expect(lines.first).to_contain_text("Around the convolutions comes the mean of its 2x2 window")
    maps.nth(40).click()  # the block before it has 32
    expect(lines.first).to_contain_text("Only 32 maps come in")
    added, written = (lines.nth(i).inner_text() for i in (1, 2))
    (change,) = re.findall(r"add ([-−]?[\d.]+?)\.$", added)
    assert change.removeprefix("-").removeprefix("−") in written


def test_inside_compares_three_pictures(app: App, visit: Visit) -> None:
    page = visit(app).open("inside", model=MODEL, view="three-pictures")
    pictures = page.get_by_role("group", name="Three test pictures").locator(".cell")
    expect(pictures).to_have_count(3)
    for cell, index in zip(pictures.all(), (0, 23, 28), strict=True):
        expect(cell).to_have_attribute("aria-label", f"Test picture {index}, Ankle boot")
    maps = page.get_by_role("group", name=re.compile(r"Feature maps of filter \d+"))
    expect(maps.locator(".cell")).to_have_count(4)


@pytest.mark.parametrize("where", ["", "predict"])
def test_a_drawing_is_answered(app: App, visit: Visit, where: str) -> None:
    page = visit(app).open(where, model=MODEL, picture="test:0")
    expect(bars(page).locator("li.top .name")).to_have_text("Ankle boot")
    before = probabilities(page)
    page.get_by_role("button", name="Clear").click()
    expect(page.get_by_text(re.compile("empty pad|pad is empty", re.IGNORECASE))).to_be_visible()
    draw(page)
    boot = bars(page).locator(".value").nth(CLASS_NAMES.index("Ankle boot"))
    expect(boot).not_to_have_text(before[-1])
    shown = [float(text.strip(" >%")) for text in probabilities(page)]
    assert sum(shown) == pytest.approx(100, abs=1)
    if where:  # looked up meanwhile, without a stroke being lost
        nearest = page.get_by_role("group", name=re.compile("nearest training pictures"))
        expect(nearest).to_be_visible()


def draw(page: Page) -> None:
    """Two legs and a waist, with the mouse."""
    box = page.get_by_role("img", name=re.compile("Drawing pad")).bounding_box()
    assert box is not None
    for points in ([(0.4, 0.9), (0.42, 0.1), (0.58, 0.1), (0.6, 0.9)], [(0.5, 0.1), (0.5, 0.3)]):
        places = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in points]
        page.mouse.move(*places[0])
        page.mouse.down()
        for place in places[1:]:
            page.mouse.move(*place, steps=12)
        page.mouse.up()


def test_files_are_answered_and_what_is_no_picture_is_explained(app: App, visit: Visit) -> None:
    page = visit(app).open("predict", view="pictures", model=MODEL)
    page.get_by_test_id("stFileUploaderDropzoneInput").set_input_files(
        [photo("trouser.png"), FilePayload(name="notes.png", mimeType="image/png", buffer=b"Hi")]
    )
    problem = page.get_by_role("alert")
    expect(problem).to_contain_text("notes.png is")
    expect(problem).to_contain_text("The other one was read.")
    expect(page.get_by_role("heading", name="trouser.png")).to_be_visible()
    answer = page.get_by_role("heading", name=re.compile(r"^Trouser, (over )?\d+ %$"))
    expect(answer).to_be_visible()
    expect(bars(page).locator("li.top .name")).to_have_text("Trouser")
    expect(page.locator(".lab-steps figure").first).to_be_visible()


def photo(name: str) -> FilePayload:
    """A test picture as somebody would photograph it: dark on white, and large."""
    pixels = 255 - np.kron(load().test_images[TROUSER], np.ones((10, 10), np.uint8))
    return FilePayload(name=name, mimeType="image/png", buffer=to_png(pixels))


def test_a_link_opens_the_same_thing_elsewhere(app: App, visit: Visit) -> None:
    page = visit(app).open("train")
    unfold(page, "All settings")
    enter(page, "Seed", "7")
    go(page, "Inside")
    page.get_by_role("button", name=re.compile("^Network: ")).click()
    choose(page, "Network that answers", "A CNN (recorded)")
    page.keyboard.press("Escape")
    page.get_by_role("button", name=re.compile("^Test picture 0")).click()
    enter(page, "Test picture", "23")
    page.keyboard.press("Escape")
    view(page, "Filters")
    expect(page).to_have_url(re.compile("view=filters"))
    expect(page).to_have_url(re.compile("picture=test%3A23"))

    other = visit(app).page
    other.goto(page.url)
    settled(other)
    expect(other.get_by_role("heading", level=1, name="Inside")).to_be_visible()
    expect(other.get_by_role("button", name="Network: A CNN (recorded)")).to_be_visible()
    expect(other.get_by_role("button", name="Test picture 23, Ankle boot")).to_be_visible()
    expect(other.get_by_role("group", name=re.compile("^Filters of")).first).to_be_visible()
    assert other.url == page.url
    go(other, "Train")
    unfold(other, "All settings")
    expect(other.get_by_role("spinbutton", name="Seed", exact=True)).to_have_value("7")
