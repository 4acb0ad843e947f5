"""Take a picture of every page, light, dark and on a phone, into docs/screenshots.

    .venv/bin/python tools/screenshots.py [page ...]
    .venv/bin/python tools/screenshots.py judging looking folders

A server of its own on an empty runs directory, so that the pictures show what everyone sees who
opens the app for the first time.
"""

import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from playwright.sync_api import Browser, Page, sync_playwright

from tests.e2e.app import App
from tests.e2e.browser import find_chromium, launch
from tests.folders.drawn import packed, shapes
from tests.projectfiles import ROOT

FOLDER = ROOT / "docs" / "screenshots"
PAGES = (
    "start",
    "data",
    "train",
    "results",
    "inside",
    "predict",
    "attention",
    "filters",
    "convolution",
)
ADDRESSES = {"start": ""} | {
    name: f"inside?view={name}" for name in ("attention", "filters", "convolution")
}
"""Where those are that are not a page of their own."""
LOOKS = {
    "light": {"viewport": {"width": 1440, "height": 900}, "color_scheme": "light"},
    "dark": {"viewport": {"width": 1440, "height": 900}, "color_scheme": "dark"},
    "phone": {
        "viewport": {"width": 390, "height": 844},
        "color_scheme": "light",
        "device_scale_factor": 2,
        "is_mobile": True,
        "has_touch": True,
    },
}
JUDGED = {
    "judging-pairs": ("view=one-run&run=recorded-cnn", None),
    "judging-hardest": ("view=one-run&run=recorded-cnn", "Hardest pictures"),
    "judging-labels": ("view=one-run&run=recorded-cnn", "Label errors"),
    "judging-sure": ("view=one-run&run=recorded-cnn", "How sure"),
    "judging-compare": ("view=compare", None),
    "judging-beat": ("view=beat-the-model&model=recorded-cnn", None),
}
"""For docs/judging.md: the address within Results, and the part that is chosen there."""
LOOKED = {
    "looking-replay": "model=recorded-cnn@144",
    "looking-map": "view=map&model=recorded-cnn",
    "looking-step": "view=one-step&model=recorded-cnn",
}
"""For docs/inside.md: the address within Inside."""
GUESSES = "06243"
"""Digits of the classes that look alike, for Beat the model."""
ENGINE_MS = 20_000
"""The engine imports TensorFlow once, while the first page is open."""
SETTLED_MS = 1_500
"""A page this long without a script run is finished: answers and figures have arrived."""
PATIENCE_MS = 180_000
"""Until a page that still waits for an answer counts as broken."""


def main() -> None:
    names = sys.argv[1:] or [*PAGES, *SETS]
    executable = find_chromium()
    FOLDER.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as runs:
        app = App(Path(runs))
        app.start()
        try:
            with sync_playwright() as playwright:
                take_all(launch(playwright, executable), app.url, names)
        finally:
            app.stop()


def take_all(browser: Browser, url: str, names: list[str]) -> None:
    with browser.new_page() as page:
        page.goto(url)
        page.wait_for_timeout(ENGINE_MS)
    for look, options in LOOKS.items():
        context = browser.new_context(**options)
        page = context.new_page()
        for name in [name for name in names if name not in SETS]:
            page.goto(f"{url}/{ADDRESSES.get(name, name)}")
            settle(page)
            if page.locator("[data-testid=stException]").count():
                sys.exit(f"The page {name} shows an error: no picture of that.")
            page.screenshot(path=FOLDER / f"{name}-{look}.png")
        context.close()
    for name in [name for name in names if name in SETS]:
        page = browser.new_page(viewport={"width": 1440, "height": 1240})
        SETS[name](page, url)
        page.close()


def take_looked(page: Page, url: str) -> None:
    for name, address in LOOKED.items():
        page.goto(f"{url}/inside?{address}")
        settle(page)
        page.screenshot(path=FOLDER / f"{name}.png")


def take_judged(page: Page, url: str) -> None:
    for name, (address, part) in JUDGED.items():
        page.goto(f"{url}/results?{address}")
        settle(page)
        if part:
            page.get_by_role("radiogroup", name="Part").get_by_text(part, exact=True).click()
        elif "compare" in name:
            pictures = page.get_by_role("group", name="Pictures that A and B judge")
            pictures.scroll_into_view_if_needed()
        elif "beat" in name:
            for k in range(20):
                page.get_by_role("heading", name=f"Picture {k + 1} of 20").wait_for()
                page.keyboard.press(GUESSES[k % len(GUESSES)])
        settle(page)
        page.screenshot(path=FOLDER / f"{name}.png")


def take_folders(page: Page, url: str) -> None:
    """With drawn shapes of four classes, one of them short of pictures and one file damaged."""
    with tempfile.TemporaryDirectory() as name:
        source = shapes(Path(name) / "shapes", n=60)
        shapes(source, ("bar",), n=20)
        (source / "circle" / "cut.png").write_bytes(b"\x89PNG")
        page.goto(f"{url}/data?view=my-folders")
        settle(page)
        archive = packed(source, Path(name) / "shapes.zip")
        page.get_by_test_id("stFileUploaderDropzoneInput").set_input_files(archive)
        page.get_by_role("button", name="Train on it").wait_for()
        settle(page)
    page.set_viewport_size({"width": 1440, "height": 900})
    page.screenshot(path=FOLDER / "folders.png")


SETS = {"judging": take_judged, "looking": take_looked, "folders": take_folders}
"""For the pages of docs/: names of several pictures."""


def settle(page: Page) -> None:
    """Wait until no script has run for a while, and nothing is awaited."""
    page.wait_for_selector("[data-testid=stMainBlockContainer]")
    page.evaluate("delete window.quietSince")  # of an earlier wait on the same page
    page.wait_for_function(
        """quiet => {
            const app = document.querySelector("[data-testid=stApp]");
            const busy = app.getAttribute("data-test-script-state") !== "notRunning"
                || !document.querySelector("h1")
                || document.querySelector("[data-testid=stSkeleton], [data-testid=stSpinner]")
                || document.body.innerText.includes("The engine is starting");
            if (busy || !window.quietSince) window.quietSince = performance.now();
            return performance.now() - window.quietSince > quiet;
        }""",
        arg=SETTLED_MS,
        timeout=PATIENCE_MS,
    )


if __name__ == "__main__":
    main()
