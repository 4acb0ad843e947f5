"""The app as a visitor meets it, and a browser, for as long as a measurement takes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

from fmnist_core.jobs import processes
from fmnist_core.jobs.worker import read_identity
from tests.e2e.app import App
from tests.e2e.browser import find_chromium, launch
from tests.e2e.visitor import own_runs


@contextmanager
def browsing() -> Iterator[Browser]:
    """A browser that has no window yet."""
    executable = find_chromium()
    with sync_playwright() as playwright:
        browser = launch(playwright, executable)
        try:
            yield browser
        finally:
            browser.close()


@contextmanager
def served(runs: Path) -> Iterator[App]:
    """A running app; afterwards nothing of it runs, nor any run that it started."""
    app = App(runs)
    app.start()
    try:
        yield app
    finally:
        app.stop()
        for run in own_runs(app):
            identity = read_identity(run)
            if identity and processes.alive(identity):
                processes.end(identity)
