"""Goal 5: from the click on Train to the end of the first batch, warm and cold, in parts.

The click is the call of ``LocalBackend.submit``, as the button makes it; the end is the time that
the worker wrote into its first BatchEnded.
"""

from __future__ import annotations

import time
from typing import Any

from fmnist_core.events import RunFinished, RunStopped
from fmnist_core.experiment import Experiment
from fmnist_core.presets import PRESETS
from fmnist_core.run import Run
from tests.benchmarks.lab import RUN_LIMIT, START_LIMIT, Lab, wait_until
from tests.benchmarks.settings import Settings

PRESET = "cnn-16"
"""What Start trains."""


def warm(settings: Settings, lab: Lab) -> dict[str, Any]:
    """The engine is ready and idle."""
    lab.warm()
    return {"preset": PRESET, "clicks": [_click(lab) for _ in range(settings.pairs)]}


def cold(settings: Settings) -> dict[str, Any]:
    """The click comes at the moment the app starts, with the files in the system's cache."""
    clicks = []
    for _ in range(settings.pairs):
        begin = time.time()
        with Lab() as lab:
            run = lab.backend.submit(_experiment())
            wait_until(lambda lab=lab: lab.backend.ready, START_LIMIT, "the engine is ready")
            # Looked at five times a second, so up to 0.2 s late; the first batch is not.
            ready = time.time() - begin
            clicks.append(_until_first_batch(lab, run, begin) | {"engine_ready": ready})
    return {"preset": PRESET, "clicks": clicks}


def _experiment() -> Experiment:
    return PRESETS[PRESET].experiment


def _click(lab: Lab) -> dict[str, float]:
    begin = time.time()
    run = lab.backend.submit(_experiment())
    return _until_first_batch(lab, run, begin)


def _until_first_batch(lab: Lab, run: Run, begin: float) -> dict[str, float]:
    """Seconds since the click, at which each part was done."""
    lab.wait_for_batch(run)
    lab.backend.command(run.id, "stop")
    wait_until(lambda: lab.store.state(run.id).ended, RUN_LIMIT, "the run stops")
    state = lab.finish(run)
    assert isinstance(state.ending, RunStopped | RunFinished)
    assert state.started is not None
    assert state.queued_at is not None
    first = state.batches[0].time
    return {
        "queued": state.queued_at - begin,
        "worker_started": first - state.ending.first_batch_seconds - begin,
        "ready_to_train": state.started.time - begin,
        "first_batch": first - begin,
    }
