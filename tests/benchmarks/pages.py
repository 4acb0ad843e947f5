"""Goal 7: the pages in a real browser: start, page switch, widget, stroke."""

from __future__ import annotations

import random
import tempfile
import time
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Error, Page, expect

from tests.benchmarks.child import ask
from tests.benchmarks.opened import browsing, served
from tests.benchmarks.settings import Settings
from tests.benchmarks.stopwatch import ADDRESS, HEADING, NEW_BARS, TEXT, milliseconds
from tests.e2e.app import ROOT, App
from tests.e2e.visitor import Visitor, bars, settled

VISITED = ("Data", "Train", "Results", "Inside", "Predict")
LAB = ROOT / "streamlit_app.py"
EMPTY = 'import streamlit as st\nst.title("Hello")\n'
"""As little as an app of Streamlit's can be: what of a start is not the Lab's."""
DOTS_ON_A_PAD = 8
"""Until it is cleared: on a full pad one more dot changes nothing."""


def pages(settings: Settings) -> dict[str, Any]:
    """Seconds of starts; milliseconds of everything else."""
    with browsing() as browser:
        starts, empty, imports = [], [], []
        for _ in range(settings.pairs):
            starts.append(_start(browser, LAB))
            with tempfile.TemporaryDirectory(prefix="fmnist-bench-") as folder:
                script = Path(folder) / "empty.py"
                script.write_text(EMPTY)
                empty.append(_start(browser, script))
            imports.append(ask("tests.benchmarks.imports", {}))
        with (
            tempfile.TemporaryDirectory(prefix="fmnist-bench-") as folder,
            served(Path(folder) / "runs") as app,
        ):
            visitor = Visitor(browser, app.url)
            page = visitor.open()
            expect(bars(page)).to_have_count(1)  # the engine is there and has answered
            measured = {
                "strokes": _strokes(page, settings.times(100)),
                "switches": _switches(page, settings.times(10)),
                "widgets": _widgets(page, settings.times(20)),
            }
            visitor.context.close()
    return {"starts": starts, "empty_starts": empty, "imports": imports, **measured}


def _start(browser: Browser, script: Path) -> dict[str, float]:
    """Seconds since the server was started, at which each part was done."""
    with tempfile.TemporaryDirectory(prefix="fmnist-bench-") as folder:
        context = browser.new_context()
        page = context.new_page()
        app = App(Path(folder) / "runs", script=script)
        begin = time.perf_counter()
        app.start()
        try:
            answers = time.perf_counter() - begin
            page.goto(app.url, wait_until="commit")
            page.wait_for_selector("h1")
            heading = time.perf_counter() - begin
            settled(page)
            drawn = time.perf_counter() - begin
        finally:
            context.close()
            app.stop()
    return {"server_answers": answers, "heading": heading, "page_drawn": drawn}


def _switches(page: Page, rounds: int) -> dict[str, list[float]]:
    """From the click on a name in the navigation until that page is drawn to its end."""
    found: dict[str, list[float]] = {name: [] for name in VISITED}
    for number in range(rounds + 1):
        for name in VISITED:
            link = page.get_by_role("navigation").get_by_role("link", name=name, exact=True)
            took = milliseconds(page, link.click, HEADING, name)
            if number:  # a first visit also loads the browser's part of a page
                found[name].append(took)
    return found


def _widgets(page: Page, times: int) -> dict[str, list[float]]:
    """From the click on a widget until the page is drawn anew."""
    found: dict[str, list[float]] = {"Data, Shuffle": [], "Train, Epochs": []}
    page.get_by_role("navigation").get_by_role("link", name="Data", exact=True).click()
    shuffle = page.get_by_role("button", name="Shuffle")
    expect(shuffle).to_be_visible()
    settled(page)
    for order in range(1, times + 1):
        took = milliseconds(page, shuffle.click, TEXT, f"order {order})")
        found["Data, Shuffle"].append(took)
    page.get_by_role("navigation").get_by_role("link", name="Train", exact=True).click()
    epochs = page.get_by_role("spinbutton", name="Epochs", exact=True)
    expect(epochs).to_be_visible()
    settled(page)
    more = (
        page.get_by_test_id("stNumberInput")
        .filter(has=epochs)
        .get_by_test_id("stNumberInputStepUp")
    )
    begin = int(epochs.input_value())
    for value in range(begin + 1, begin + times + 1):
        took = milliseconds(page, more.click, ADDRESS, f"training.epochs={value}")
        found["Train, Epochs"].append(took)
    return found


def _strokes(page: Page, dots: int) -> dict[str, Any]:
    """From the pen's touch on Start's pad until the bars have moved: one dot each."""
    canvas = page.get_by_role("img", name="Drawing pad")
    clear = page.get_by_role("button", name="Clear", exact=True)
    draw = random.Random(0)
    box = canvas.bounding_box()
    assert box is not None
    shown, unchanged = [], 0
    for number in range(dots):
        if number % DOTS_ON_A_PAD == 0:
            clear.click()
            expect(page.locator(".lab-answer")).to_have_text("An empty pad")
        x, y = (draw.uniform(0.2, 0.8) for _ in range(2))
        try:
            took = milliseconds(
                page,
                lambda x=x, y=y: page.mouse.click(
                    box["x"] + x * box["width"], box["y"] + y * box["height"]
                ),
                NEW_BARS,
                element=page.get_by_role("list", name="Probability of each class"),
            )
        except Error:
            unchanged += 1  # the network's answer is the same to a hundredth of a percent
        else:
            shown.append(took)
    return {"milliseconds": shown, "unchanged": unchanged}
