"""Goal 9: memory of the server, the engine and every worker while a run trains.

PSS: pages that several processes share are divided among them, so the numbers add up. Streamlit
serves one window of a real browser.
"""

from __future__ import annotations

import tempfile
import time
from pathlib import Path
from typing import Any

import psutil
from playwright.sync_api import expect

from fmnist_core.jobs.worker import read_identity
from fmnist_core.runs import RunStore
from tests.benchmarks.lab import START_LIMIT, wait_until
from tests.benchmarks.opened import browsing, served
from tests.benchmarks.settings import Settings
from tests.e2e.visitor import Visitor, bars, controls, own_runs, state_of

SETTLE_SECONDS = 3.0
MARKS = {
    "fmnist_core.jobs.host": "engine host",
    "multiprocessing.forkserver": "forkserver",
    "multiprocessing.resource_tracker": "resource tracker",
}


def memory(settings: Settings) -> dict[str, Any]:
    """MB of PSS by kind of process; several of one kind are listed one by one."""
    with (
        tempfile.TemporaryDirectory(prefix="fmnist-bench-") as folder,
        browsing() as browser,
        served(Path(folder) / "runs") as app,
    ):
        visitor = Visitor(browser, app.url)
        page = visitor.open()
        expect(bars(page)).to_have_count(1)
        idle = _by_kind(app.pid, app.runs)
        page.get_by_role("button", name="Train a network").click()
        expect(controls(page).get_by_role("button", name="Stop")).to_be_visible()
        run = own_runs(app)[0]
        wait_until(lambda: bool(state_of(run).batches), START_LIMIT, "the first batch ends")
        time.sleep(0 if settings.quick else SETTLE_SECONDS)
        busy = _by_kind(app.pid, app.runs)
        visitor.context.close()
    return {"megabytes_idle": idle, "megabytes_training": busy}


def _by_kind(server: int, runs: Path) -> dict[str, list[float]]:
    trainers = {
        identity.pid
        for run in RunStore(runs).list()
        if not run.recorded and (identity := read_identity(run))
    }
    parent = psutil.Process(server)
    found: dict[str, list[float]] = {}
    for process in [parent, *parent.children(recursive=True)]:
        # One that has just ended, or a browser's helper that is not ours to read.
        try:
            kind = _kind(process, server, trainers)
            megabytes = process.memory_full_info().pss / 1e6
        except psutil.Error:
            continue
        found.setdefault(kind, []).append(round(megabytes, 1))
    return found


def _kind(process: psutil.Process, server: int, trainers: set[int]) -> str:
    if process.pid == server:
        return "server"
    if process.pid in trainers:
        return "training worker"
    command = " ".join(process.cmdline())
    kind = next((name for mark, name in MARKS.items() if mark in command), "other")
    parent = process.parent()
    if (
        kind == "forkserver"
        and parent
        and "multiprocessing.forkserver" in " ".join(parent.cmdline())
    ):
        return "model worker"
    return kind
