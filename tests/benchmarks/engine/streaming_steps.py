"""Trains with live events and without, in turn, in one process (see ``child``); goal 4.

Without means here: no event is made, counted, turned into JSON or written, and nobody looks at
the watched pictures. The app has no such switch, so this takes them out of its training session.
"""

from __future__ import annotations

import json
import tempfile
import time
from pathlib import Path
from typing import Any

from fmnist_core.engine.progress import ProgressCallback
from fmnist_core.engine.threads import useful_threads, warm_up
from fmnist_core.engine.train import TrainingSession
from fmnist_core.eventlog import Appender
from fmnist_core.events import Event
from fmnist_core.experiment import Experiment
from fmnist_core.jobs.worker import prepare_arithmetic
from tests.benchmarks.child import answer


class NullLog(Appender):
    """A log that keeps nothing."""

    def append(self, *records: dict[str, Any]) -> None:
        pass


class SilentProgress(ProgressCallback):
    """Counts steps, which training needs, and nothing else."""

    def on_train_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        self.step += 1
        self._seen = 1

    def flush(self) -> None:
        self._pending.clear()


class TimedSession(TrainingSession):
    """Notes when every group of steps came back from TensorFlow."""

    def __init__(self, experiment: Experiment, directory: Path, log: Appender) -> None:
        super().__init__(experiment, directory, log, time.time())
        self.groups: list[tuple[int, float, int]] = []
        """Epoch, time, steps."""
        run = self.steps.run

        def timed(batches: Any, rates: Any, *done: Any) -> Any:
            results = run(batches, rates, *done)
            self.groups.append((self.progress.epoch, time.perf_counter(), len(rates)))
            return results

        self.steps.run = timed  # type: ignore[method-assign]

    def steps_per_second(self) -> float:
        """From the second group of each epoch to its last: no compiling, no validation."""
        steps, seconds = 0, 0.0
        for epoch in {group[0] for group in self.groups}:
            groups = [group for group in self.groups if group[0] == epoch][1:]
            steps += sum(count for _, _, count in groups[1:])
            seconds += groups[-1][1] - groups[0][1]
        return steps / seconds


class SilentSession(TimedSession):
    def __init__(self, experiment: Experiment, directory: Path, log: Appender) -> None:
        super().__init__(experiment, directory, log)
        size = experiment.training.batch_size
        self.progress = SilentProgress(self.emit, len(self.data.train), size, averaged=False)

    def emit(self, *events: Event) -> None:
        pass

    def look_at_panel(self) -> None:
        pass


def measure(question: dict[str, Any]) -> dict[str, Any]:
    """{"experiment", "pairs", "threads"} -> {"on": steps a second of every pair, "off"}"""
    prepare_arithmetic()
    experiment = Experiment.from_json(question["experiment"])
    warm_up(useful_threads(experiment, question["threads"]))
    speeds: dict[str, list[float]] = {"on": [], "off": []}
    for _ in range(question["pairs"]):
        speeds["on"].append(_speed(TimedSession, Appender, experiment))
        speeds["off"].append(_speed(SilentSession, NullLog, experiment))
    return speeds


def _speed(kind: type[TimedSession], log: type[Appender], experiment: Experiment) -> float:
    with tempfile.TemporaryDirectory(prefix="fmnist-bench-") as folder:
        directory = Path(folder)
        (directory / "experiment.json").write_text(json.dumps(experiment.to_json()))
        appender = log(directory / "events.jsonl")
        session = kind(experiment, directory, appender)
        session.begin(threads=0, forked=False)
        session.train()
        appender.close()
    return session.steps_per_second()


if __name__ == "__main__":
    answer(measure)
