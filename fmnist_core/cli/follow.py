"""Follow what a worker does until it has ended; Ctrl-C asks it to stop."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from typing import Protocol, TextIO

from fmnist_core.errors import RunError
from fmnist_core.jobs import processes, supervisor
from fmnist_core.jobs.launch import start_fresh
from fmnist_core.run import Run
from fmnist_core.run_state import RunState
from fmnist_core.runs import RunStore

LOOK_SECONDS = 0.1
FAREWELL_SECONDS = 30.0


class Shows(Protocol):
    def show(self, state: RunState) -> None: ...
    def say(self, text: str) -> None: ...


class Lines:
    """Says a line at a time; who shows more of a run adds ``show``."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def say(self, text: str) -> None:
        print(text, file=self._stream, flush=True)


def follow(store: RunStore, run: Run, progress: Shows) -> RunState:
    """Start the run's worker and show the run until it has ended.

    Ctrl-C stops it; a second one ends it without mercy.
    """
    process = start_fresh(run, threads=os.cpu_count() or 1)
    asked = False

    def interrupt(_number: int, _frame: object) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, interrupt)
    try:
        while True:
            try:
                if _look(store, run, process, progress):
                    break
            except KeyboardInterrupt:
                if asked and (identity := processes.identify(process.pid)):
                    processes.kill(identity)
                asked = True
                progress.say("Stopping. What it has learned is kept. Again: end it now.")
                with contextlib.suppress(RunError):  # it has just ended by itself
                    store.command(run.id, "stop")
    finally:
        signal.signal(signal.SIGTERM, before)
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(FAREWELL_SECONDS)
    return store.state(run.id)


def exit_status(state: RunState, what: str, go_on: str = "") -> int:
    """0; 1 when it failed, and why on stderr. ``go_on`` is the command that picks it up again."""
    if state.status != "failed":
        return 0
    assert state.ending is not None
    print(f"{what} failed. {state.ending.reason}", file=sys.stderr)
    if go_on:
        print(f"Go on with: {go_on}", file=sys.stderr)
    return 1


def _look(store: RunStore, run: Run, process: subprocess.Popen[bytes], progress: Shows) -> bool:
    """One look at the run; True when it has ended."""
    gone = process.poll() is not None
    state = store.state(run.id)
    progress.show(state)
    if state.ended:
        return True
    if gone:
        supervisor.settle(store, run)
    time.sleep(LOOK_SECONDS)
    return False
