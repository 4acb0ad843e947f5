"""Every page and view: fits its screen, can be read by everyone, answers to the keyboard; on a
desk and on a phone, light and dark."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, expect

from tests.e2e.app import App
from tests.e2e.conftest import Visit
from tests.e2e.fitting import misfits
from tests.e2e.visitor import Visitor, bars

VIEWS = {
    "start": [""],
    "data": ["browse", "one-picture", "classes", "my-folders"],
    "train": ["one-network", "search", "transfer", "mobilenetv2", "new-classes"],
    "results": ["runs", "one-run", "compare", "beat-the-model"],
    "inside": [
        "feature-maps",
        "filters",
        "convolution",
        "attention",
        "three-pictures",
        "map",
        "one-step",
    ],
    "predict": ["draw", "pictures", "camera"],
}
PRIMARY = {"start": "Train a network", "train": "Train"}
"""What a page is for, where that is one button."""


@pytest.fixture(scope="module")
def answering(app: App, browser: Browser) -> App:
    """From here on the engine answers: pages are looked at with their answers."""
    visitor = Visitor(browser, app.url)
    expect(bars(visitor.open())).to_have_count(1)
    visitor.context.close()
    return app


@pytest.mark.parametrize("look", ["light", "dark"])
@pytest.mark.parametrize("name", VIEWS)
def test_a_page_fits_and_can_be_read(answering: App, visit: Visit, name: str, look: str) -> None:
    visitor = visit(answering, color_scheme=look)
    page = visitor.page
    problems = []
    for view in VIEWS[name]:
        visitor.open("" if name == "start" else name, **({"view": view} if view else {}))
        expect(page.get_by_role("heading", level=1)).to_have_count(1)
        expect(page.get_by_test_id("stException")).to_have_count(0)
        problems += misfits(page, f"{name} {view}", look)
    assert problems == []


def test_by_touch_the_buttons_of_a_table_leave_the_views_free(app: App, visit: Visit) -> None:
    phone = visit(app, viewport={"width": 390, "height": 844}, is_mobile=True, has_touch=True)
    page = phone.open("results")
    buttons, views = page.get_by_test_id("stElementToolbar"), page.get_by_role("radiogroup").first
    expect(buttons).to_be_visible()
    above, below = views.bounding_box(), buttons.bounding_box()
    assert above
    assert below
    assert above["y"] + above["height"] <= below["y"]


@pytest.mark.parametrize("name", PRIMARY)
def test_the_keyboard_reaches_what_a_page_is_for(app: App, visit: Visit, name: str) -> None:
    page = visit(app).open("" if name == "start" else name)
    button = page.locator("button[kind=primary]")
    expect(button).to_contain_text(PRIMARY[name])
    for _ in range(80):
        page.keyboard.press("Tab")
        if button.evaluate("button => button.matches(':focus-visible')"):
            return
    pytest.fail(f"80 times Tab, and {PRIMARY[name]} was not reached.")
