"""The app's own machinery without its pages: a warm backend on a run directory of its own."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Self

from fmnist_core.experiment import Experiment
from fmnist_core.jobs import processes
from fmnist_core.jobs.local import LocalBackend
from fmnist_core.jobs.worker import read_identity
from fmnist_core.model_server import ModelServer
from fmnist_core.run import Run
from fmnist_core.run_state import RunState
from fmnist_core.runs import RunStore

START_LIMIT, RUN_LIMIT = 120.0, 3600.0
LOOK_SECONDS = 0.2
"""Between two looks at a run: about what a page does that watches it."""


class Lab:
    """``with Lab() as lab``: afterwards nothing of it runs or lies on the disk."""

    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="fmnist-bench-")
        self.store = RunStore(Path(self._folder.name) / "runs")
        self.backend = LocalBackend(self.store)
        self.server = ModelServer(self.backend)

    def __enter__(self) -> Self:
        self.backend.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.backend.close()
        for run in self.store.list():
            identity = None if run.recorded else read_identity(run)
            if identity and processes.alive(identity):
                processes.end(identity)
        self._folder.cleanup()

    def warm(self) -> Self:
        """Wait until the engine forks workers and answers."""
        wait_until(lambda: self.backend.ready, START_LIMIT, "the engine is ready")
        return self

    def train(self, experiment: Experiment) -> tuple[Run, RunState]:
        """Train to the end; returns when the worker is gone too."""
        run = self.backend.submit(experiment)
        return run, self.finish(run)

    def finish(self, run: Run) -> RunState:
        """Wait for the end of a run and of its process.

        Raises:
            RuntimeError: the run failed.
        """
        wait_until(lambda: self.store.state(run.id).ended, RUN_LIMIT, "the run ends")
        wait_until(lambda: not self._works(run), RUN_LIMIT, "the worker ends")
        state = self.store.state(run.id)
        if state.status == "failed":
            assert state.ending is not None
            raise RuntimeError(f"{run.id} failed: {state.ending.reason}")
        return state

    def wait_for_batch(self, run: Run) -> None:
        wait_until(
            lambda: bool(self.store.state(run.id).batches) or self.store.state(run.id).ended,
            START_LIMIT,
            "the first batch ends",
        )

    def _works(self, run: Run) -> bool:
        identity = read_identity(run)
        return identity is not None and processes.alive(identity)


def wait_until(done: Callable[[], bool], seconds: float, what: str) -> None:
    """Raises RuntimeError: it did not happen within ``seconds``."""
    deadline = time.monotonic() + seconds
    while not done():
        if time.monotonic() > deadline:
            raise RuntimeError(f"Waited {seconds:g} s in vain until {what}.")
        time.sleep(LOOK_SECONDS)
