"""Which runs are waiting or training now, looked up once for all who watch."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Iterator
from datetime import datetime

from fmnist_core.errors import LabError
from fmnist_core.experiment import Experiment
from fmnist_core.run import Run
from fmnist_core.run_state import RunState
from fmnist_core.runs import RunStore
from fmnist_core.wording import describe
from pages.shared import services, session

FRESH_SECONDS = 0.4
_lock = threading.Lock()
_looked: dict[int, tuple[float, list[Run]]] = {}
_ended: set[tuple[int, str]] = set()


def unfinished() -> list[Run]:
    """Runs that are queued, running or paused, newest first.

    Thirty sessions that ask at once cost one look into the run directories.
    """
    store = services.store()
    with _lock:
        at, runs = _looked.get(id(store), (-math.inf, []))
        if time.monotonic() - at > FRESH_SECONDS:
            runs = [run for run in store.everything() if not _has_ended(store, run)]
            _looked[id(store)] = time.monotonic(), runs
    return [run for run in runs if run.directory.is_dir()]  # others may have been deleted since


def forget() -> None:
    """Look again at the next call: something was submitted or has ended."""
    with _lock:
        _looked.clear()


def state(run: Run) -> RunState:
    return services.store().state(run.id)


def outcome(run: Run) -> RunState:
    """For lists: of an ended run all but its single steps, which take long to read."""
    outline = services.store().outline(run.id)
    return outline if outline.ended else state(run)


def measured() -> Iterator[tuple[Experiment, RunState]]:
    """Every run of this machine, newest first: what is known here of speed."""
    return ((run.experiment, outcome(run)) for run in services.store().list() if not run.recorded)


def label(run: Run) -> str:
    """A run's name and when it began, for lists: two runs often share a title."""
    if run.recorded:
        return f"{run.title} (recorded)"
    began = datetime.fromtimestamp(run.created).astimezone()
    today = datetime.now().astimezone().date() == began.date()
    return f"{run.title}, {began:%H:%M:%S}" if today else f"{run.title}, {began:%d %b %H:%M}"


def description(run: Run) -> str:
    """A run's experiment in one line; recorded runs say so."""
    line = describe(run.experiment)
    return f"Recorded: {line}" if run.recorded else line


def current() -> Run | None:
    """The unfinished run that concerns this visitor most: the chosen one, their own, anyone's.

    One that computes comes before one that waits.
    """
    runs = unfinished()
    chosen, owner = session.run(), session.owner()

    def rank(run: Run) -> tuple[bool, bool, bool]:
        return run.id != chosen, run.owner != owner, not state(run).active

    return min(runs, key=rank, default=None)


def _has_ended(store: RunStore, run: Run) -> bool:
    key = (id(store), run.id)
    if key in _ended:
        return True
    try:
        ended = run.recorded or store.outline(run.id).ended
    except LabError:
        return True
    if ended:
        _ended.add(key)
    return ended
