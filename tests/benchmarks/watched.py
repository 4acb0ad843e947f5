"""Goal 6 as a visitor has it: from the click on Train, in a browser that draws the curves.

The browser has no graphics card and shares the cores with the training. Each seed has a window of
its own; the engine is warm.
"""

from __future__ import annotations

import tempfile
import time
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, expect

from fmnist_core.experiment import Experiment
from fmnist_core.presets import PRESETS
from fmnist_core.runs import RunStore
from fmnist_core.settings import to_link
from tests.benchmarks.accuracy import in_numbers
from tests.benchmarks.lab import LOOK_SECONDS
from tests.benchmarks.opened import browsing, served
from tests.benchmarks.settings import Settings
from tests.e2e.app import App
from tests.e2e.visitor import Visitor, bars, curves, own_runs


def sprint(name: str, settings: Settings) -> dict[str, Any]:
    experiment = PRESETS[name].experiment
    if settings.quick:
        experiment = experiment.changed(training=experiment.training.changed(steps=5))
    with (
        tempfile.TemporaryDirectory(prefix="fmnist-bench-") as folder,
        browsing() as browser,
        served(Path(folder) / "runs") as app,
    ):
        visitor = Visitor(browser, app.url)
        expect(bars(visitor.open())).to_have_count(1)  # the engine is there and has answered
        visitor.context.close()
        runs = [_run(browser, app, experiment.changed(seed=seed)) for seed in range(settings.pairs)]
    return {"status": "measured", "runs": runs}


def _run(browser: Browser, app: App, experiment: Experiment) -> dict[str, Any]:
    visitor = Visitor(browser, app.url)
    page = visitor.open("train", experiment=to_link(experiment))
    store, known = RunStore(app.runs), len(own_runs(app))
    begin = time.time()
    page.get_by_role("button", name="Train", exact=True).click()
    while len(runs := own_runs(app)) == known or not store.state(runs[0].id).ended:
        page.wait_for_timeout(1000 * LOOK_SECONDS)
    updates = int(curves(page).get_attribute("data-updates") or 0)
    visitor.context.close()
    return in_numbers(store.state(runs[0].id), begin) | {"updates": updates}
