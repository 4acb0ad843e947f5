"""A visitor: one browser window whose every request and complaint is remembered."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

from playwright.sync_api import (
    Browser,
    ConsoleMessage,
    Locator,
    Page,
    Request,
    expect,
)
from playwright.sync_api import (
    TimeoutError as TooLate,
)

from fmnist_core.run import Run
from fmnist_core.run_state import RunState
from fmnist_core.runs import RunStore
from tests.e2e.app import App

WAIT_MS = 240_000
"""Until something that has not appeared counts as missing. Never a promise about speed: a machine
that does three other things takes long to import TensorFlow."""
OPENING_MS = 5_000
"""Until a list that shows no such option has been folded by an update of the page."""
TRIES = 6
KEEPING_MS = 5_000
DESKTOP = {"width": 1440, "height": 900}
_HERE = ("127.0.0.1", "localhost")
_IN_THE_PAGE = ("data", "blob", "about")
# What the browser says when a server that was killed on purpose is gone.
_CONNECTION = (
    "ERR_CONNECTION_REFUSED",
    "WebSocket ",
    "No response received",
    "when disconnected from server",
    "server is not responding",
)
# A page opened by its address: Streamlit's client looks for its server below the page first.
_LOOKING_FOR_THE_ROOT = re.compile(r"/\w+/_stcore/(health|host-config)")
# Streamlit asks whether the file of a button is there; on a slow machine the next update of the
# settings has replaced that script by another by then. One that stays away fails its download.
_REPLACED = "Download Button source error - 404"
_SCRIPT = re.compile(r"/media/\w+\.py")

expect.set_options(timeout=WAIT_MS)


class Visitor:
    """One window of a browser profile of its own; ``tab`` opens another one."""

    def __init__(self, browser: Browser, url: str, **options: Any) -> None:
        self.url = url
        self.strangers: list[str] = []
        """Addresses beyond this machine that the browser asked for."""
        self.complaints: list[str] = []
        """Errors in the browser's console, and exceptions in the page's scripts."""
        self.context = browser.new_context(**{"viewport": DESKTOP} | options)
        self.context.set_default_timeout(WAIT_MS)
        self.context.on("request", self._requested)
        self.context.on("console", self._said)
        self.context.on("weberror", lambda error: self.complaints.append(str(error.error)))
        self.page = self.context.new_page()

    def open(self, page: str = "", **query: str) -> Page:
        """Go to a page by its address, as a link does, and wait until it has been drawn."""
        self.page.goto(f"{self.url}/{page}" + (f"?{urlencode(query)}" if query else ""))
        settled(self.page)
        return self.page

    def tab(self, page: str = "") -> Page:
        other = self.context.new_page()
        other.goto(f"{self.url}/{page}")
        settled(other)
        return other

    def _requested(self, request: Request) -> None:
        address = urlsplit(request.url)
        if address.scheme not in _IN_THE_PAGE and address.hostname not in _HERE:
            self.strangers.append(request.url)

    def _said(self, message: ConsoleMessage) -> None:
        address = message.location["url"]
        expected = any(words in message.text for words in _CONNECTION)
        expected |= bool(_LOOKING_FOR_THE_ROOT.fullmatch(urlsplit(address).path))
        expected |= _REPLACED in message.text
        expected |= "404" in message.text and bool(_SCRIPT.fullmatch(urlsplit(address).path))
        if message.type == "error" and not expected:
            self.complaints.append(f"{message.text} ({address})")


def settled(page: Page) -> None:
    """Wait until the page has been drawn: its heading is there, no script runs, nothing loads.

    While something trains, parts of a page are drawn again and again: it is settled in between.
    """
    expect(page.locator("h1")).to_be_visible()
    page.wait_for_function(
        """() => document.querySelector('[data-testid=stApp]')
               ?.getAttribute('data-test-script-state') === 'notRunning'
             && !document.querySelector('[data-testid=stSkeleton], [data-stale=true]')"""
    )


def go(page: Page, name: str) -> None:
    """Follow the link in the navigation."""
    page.get_by_role("navigation").get_by_role("link", name=name, exact=True).click()
    expect(page.get_by_role("heading", level=1, name=name, exact=True)).to_be_visible()
    settled(page)


def view(page: Page, name: str) -> None:
    """Choose a view of the page."""
    control = page.get_by_role("radiogroup", name="View").get_by_text(name, exact=True)
    control.click()
    settled(page)


def choose(page: Page, label: str, option: str) -> None:
    """Choose in a select box."""
    offered = page.get_by_role("option", name=option, exact=True)
    for _ in range(WAIT_MS // OPENING_MS):
        if not offered.is_visible():
            page.get_by_role("combobox", name=label).click()
        try:
            offered.click(timeout=OPENING_MS)
        except TooLate:  # a live update folded the list; a visitor opens it again
            continue
        break
    else:
        raise AssertionError(f"{label} never offered {option}.")
    settled(page)


def enter(page: Page, label: str, value: str) -> None:
    """Type a number; once more, as a visitor does, if an update came between and put it back."""
    field = page.get_by_role("spinbutton", name=label, exact=True)
    for _ in range(TRIES):
        expect(field).to_have_count(1)
        field.fill(value)
        field.press("Enter")
        settled(page)
        for _ in range(KEEPING_MS // 100):
            # A chip's field is another one for each picture: for a moment there are both.
            shown = field.evaluate_all("(fields) => fields.map((each) => each.value)")
            if len(shown) == 1 and float(shown[0] or "nan") == float(value):
                return
            page.wait_for_timeout(100)
    raise AssertionError(f"{label} does not keep {value}.")


def download(page: Page, name: str) -> Path:
    with page.expect_download() as coming:
        page.get_by_role("button", name=name).click()
    return Path(coming.value.path())


def unfold(page: Page, name: str) -> None:
    """Open what is folded away, and wait until it no longer moves: a click now would miss."""
    page.get_by_text(name, exact=True).click()
    still(page)


def still(page: Page) -> None:
    """Wait until nothing moves or fades any more, but for what never ends."""
    page.wait_for_function(
        """() => document.getAnimations().every((each) => each.playState !== 'running'
             || each.effect?.getTiming().iterations === Infinity)"""
    )


def curves(page: Page) -> Locator:
    """The canvas of the live curves."""
    return page.locator("canvas[data-step]")


def grown(page: Page) -> None:
    """Wait until the curve is longer than it is now."""
    step = curves(page).get_attribute("data-step")
    expect(curves(page)).not_to_have_attribute("data-step", step or "")


def controls(page: Page) -> Locator:
    """Pause, resume, step, stop and the learning rate, below the curves."""
    return page.locator(".st-key-lab-controls")


def bars(page: Page) -> Locator:
    """Ten bars that answer: the list has no waiting state, one of them leads."""
    return page.locator("ol[aria-label='Probability of each class']:not(.waiting):has(li.top)")


def probabilities(page: Page) -> list[str]:
    """What the bars say, in class order."""
    return bars(page).locator(".value").all_inner_texts()


def own_runs(app: App) -> list[Run]:
    """Newest first, without those that came with the app."""
    return [run for run in RunStore(app.runs).list() if not run.recorded]


def own_work(app: App) -> list[Run]:
    """Searches, comparisons and MobileNets too, newest first."""
    return [run for run in RunStore(app.runs).everything() if not run.recorded]


def state_of(run: Run) -> RunState:
    """What the run directory says, read anew by somebody who has never seen it."""
    return RunStore(run.directory.parent).state(run.id)
