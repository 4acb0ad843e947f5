"""Teach the bundled network two classes of one's own, by drawing, and ask it about a new one."""

from __future__ import annotations

import re

from playwright.sync_api import FilePayload, Page, expect

from fmnist_core.datasets import load
from fmnist_core.images import to_png
from tests.e2e.app import App
from tests.e2e.conftest import Visit
from tests.e2e.visitor import settled

Points = list[tuple[float, float]]
BAR = "ol[aria-label='Probability of each class']:not(.waiting) li.top .name"


def test_two_drawn_classes_are_told_apart_and_found_again(app: App, visit: Visit) -> None:
    page = visit(app).open("train", view="new-classes", model="quick")
    page.get_by_role("textbox", name="Names of your classes").fill("upright, lying")
    page.get_by_role("button", name="Begin").click()
    for shift in (0.0, 0.1):
        teach(page, "upright", [(0.45 + shift, 0.1), (0.45 + shift, 0.9)])
        teach(page, "lying", [(0.1, 0.45 + shift), (0.9, 0.45 + shift)])
    expect(page.get_by_text(re.compile("learned from 4 examples"))).to_be_visible()
    expect(page.get_by_text("4 of 4 right")).to_be_visible()
    stroke(page, [(0.52, 0.05), (0.5, 0.95)])
    expect(page.locator(BAR)).to_have_text("upright")
    page.get_by_role("button", name="Clear").click()
    stroke(page, [(0.05, 0.5), (0.95, 0.52)])
    expect(page.locator(BAR)).to_have_text("lying")

    again = visit(app)
    again.page.goto(page.url)
    settled(again.page)
    expect(again.page.get_by_role("heading", name="upright (n = 2)")).to_be_visible()
    again.page.get_by_text("Pictures or camera").click()
    trouser = load().test_images[2]
    file = FilePayload(name="legs.png", mimeType="image/png", buffer=to_png(trouser))
    again.page.get_by_test_id("stFileUploaderDropzoneInput").set_input_files([file])
    expect(again.page.get_by_role("heading", name="upright (n = 3)")).to_be_visible()


def teach(page: Page, name: str, points: Points) -> None:
    heading = page.get_by_role("heading", name=re.compile(rf"^{name} \(n = \d+\)$"))
    before = heading.inner_text()
    stroke(page, points)
    button = page.get_by_role("button", name=f"It is: {name}")
    expect(button).to_be_enabled()
    button.click()
    expect(heading).not_to_have_text(before)
    settled(page)


def stroke(page: Page, points: Points) -> None:
    box = page.get_by_role("img", name=re.compile("Drawing pad")).bounding_box()
    assert box is not None
    places = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in points]
    page.mouse.move(*places[0])
    page.mouse.down()
    for place in places[1:]:
        page.mouse.move(*place, steps=12)
    page.mouse.up()
