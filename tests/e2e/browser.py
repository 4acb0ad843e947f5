"""The Chromium that the tests drive: where it is, and how to start it.

An installed browser is preferred to Playwright's own download: it needs no network.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from playwright.sync_api import Browser, Playwright, sync_playwright

ON_PATH = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
APPLICATIONS = (
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "C:/Program Files/Google/Chrome/Application/chrome.exe",
    "C:/Program Files (x86)/Google/Chrome/Application/chrome.exe",
)
# No sandbox, because the tests also run as root; the rest keeps the browser itself off the network.
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


class NoBrowserError(RuntimeError):
    """No Chromium is installed; the message says what to install."""


def find_chromium() -> str:
    """Return the path of a Chromium or Chrome. Raise NoBrowserError if there is none.

    Looks at the environment variable CHROMIUM, the PATH, the usual places of macOS and Windows,
    and Playwright's download, in this order. Call it before ``sync_playwright()``, not inside.
    """
    chosen = os.environ.get("CHROMIUM")
    if chosen:
        if not Path(chosen).is_file():
            raise NoBrowserError(f"CHROMIUM={chosen} is no file: correct or unset it.")
        return chosen
    on_path = (shutil.which(name) for name in ON_PATH)
    installed = (path for path in APPLICATIONS if Path(path).is_file())
    found = next((path for path in (*on_path, *installed) if path), None)
    return found or _downloaded_by_playwright()


def launch(playwright: Playwright, executable: str) -> Browser:
    """Start the browser without a window."""
    return playwright.chromium.launch(executable_path=executable, args=list(FLAGS))


def _downloaded_by_playwright() -> str:
    with sync_playwright() as playwright:
        path = playwright.chromium.executable_path
    if not Path(path).is_file():
        raise NoBrowserError(
            "The browser tests need a Chromium and found none. Install one:"
            " `apt-get install chromium` on Debian, elsewhere"
            " `.venv/bin/python -m playwright install chromium`, or set CHROMIUM to its path."
        )
    return path
