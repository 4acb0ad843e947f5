"""Goal 11: the page Inside in a real browser, on a run with all its checkpoints."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Page, expect

from fmnist_core import replay
from fmnist_core.presets import preset
from fmnist_core.replay import Station
from fmnist_core.run import Run
from fmnist_core.runs import RunStore
from fmnist_core.settings import with_settings
from tests.benchmarks.opened import browsing, served
from tests.benchmarks.settings import Settings
from tests.benchmarks.stopwatch import NEW_PICTURE, TEXT, milliseconds
from tests.e2e.visitor import Visitor, bars, settled
from tests.projectfiles import ROOT

NETWORK = "cnn-32-64-64"
DEEP = ("conv2d_2", "conv2d_3")
"""Convolutions whose answers to 10,000 pictures nobody has asked for when the page opens."""
Times = list[float]


def inside(settings: Settings) -> dict[str, object]:
    """Milliseconds from a key or a click to the page that shows what was asked for."""
    with tempfile.TemporaryDirectory(prefix="fmnist-bench-") as folder:
        run = _trained(Path(folder) / "runs", settings)
        stations = replay.stations(run)
        with browsing() as browser, served(run.directory.parent) as app:
            visitor = Visitor(browser, app.url)
            page = visitor.open("inside", model=run.id, picture="test:0")
            expect(bars(page)).to_have_count(1)  # the engine is there and has answered
            found: dict[str, object] = {
                "checkpoints": len(stations),
                "replay_new": _replay(page, stations, "ArrowLeft"),
                "replay_seen": _replay(page, stations, "ArrowRight"),
                "maps": _other_pictures(page, settings.times(20)),
                "exciting": _clicks(visitor, stations, "Most exciting pictures", settings),
                "surgery": _clicks(visitor, stations, "Surgery", settings),
            }
            visitor.context.close()
    return found


def _trained(runs: Path, settings: Settings) -> Run:
    """By the app's own worker, one epoch; every checkpoint is kept."""
    length = "training.steps=5" if settings.quick else "training.epochs=1"
    run = RunStore(runs).create(with_settings(preset(NETWORK).experiment, [length]))
    worker = [sys.executable, "-m", "fmnist_core.jobs.worker", str(run.directory)]
    environment = {**os.environ, "FMNIST_RUNS_DIR": str(runs)}
    subprocess.run(worker, cwd=ROOT, env=environment, check=True)
    return run


def _replay(page: Page, stations: list[Station], key: str) -> Times:
    """From one end of the slider to the other, a key press for each checkpoint."""
    slider = page.get_by_role("slider", name="Replay")
    on_the_way = stations[-2::-1] if key == "ArrowLeft" else stations[1:]
    found = []
    for station in on_the_way:
        wanted = f"After step {station.step:,} of" if station.step else "Before the first step"
        slider.focus()
        took = milliseconds(page, lambda: page.keyboard.press(key), TEXT, wanted, event="keydown")
        found.append(took)
    return found


def _other_pictures(page: Page, times: int) -> Times:
    """Pin another test picture: the maps of all layers are drawn anew."""
    caption = page.locator(".lab-caption", has_text="Pin another one above")
    page.get_by_test_id("stPopover").filter(has_text="picture").get_by_role("button").click()
    another = page.get_by_role("button", name="Another one")
    expect(another).to_be_visible()
    settled(page)
    return [
        milliseconds(page, another.click, NEW_PICTURE, caption.inner_text()) for _ in range(times)
    ]


def _clicks(visitor: Visitor, stations: list[Station], question: str, settings: Settings) -> Times:
    """Filters clicked in networks that nobody has asked this of."""
    found = []
    chosen = stations[:: max(1, len(stations) // settings.times(5))][: settings.times(5)]
    for station in chosen:
        page = visitor.open("inside", model=station.ref, picture="test:0", view="filters")
        page.get_by_role("radiogroup", name="Question").get_by_text(question, exact=True).click()
        settled(page)
        for layer in DEEP:
            filters = page.get_by_role("group", name=f"Filters of {layer}", exact=True)
            second = filters.locator(".cell").nth(1)
            second.scroll_into_view_if_needed()
            took = milliseconds(page, second.click, TEXT, f"Filter 1 of {layer}")
            found.append(took)
    return found
