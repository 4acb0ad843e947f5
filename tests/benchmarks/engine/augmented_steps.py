"""Steps on pictures that vary and on pictures that do not, in turn, in one process."""

from __future__ import annotations

import time
from typing import Any

import numpy as np

from fmnist_core.datasets import fashion_mnist
from fmnist_core.engine.inputs import prepare
from fmnist_core.engine.learner import learner
from fmnist_core.engine.steps import Pace, Steps
from fmnist_core.engine.threads import useful_threads, warm_up
from fmnist_core.experiment import Experiment
from fmnist_core.jobs.worker import prepare_arithmetic
from tests.benchmarks.child import answer


class Side:
    def __init__(self, text: str) -> None:
        experiment = Experiment.from_json(text)
        data = prepare(experiment, fashion_mnist.load())
        learns = learner(experiment, data.images, data.labels, data.rescale, experiment.seed)
        self.steps: Steps = learns.steps
        self._order = data.train
        self._epoch = experiment.steps_per_epoch(len(data.train))
        self._pace = Pace()  # groups of steps as long as those of the app
        self._done = 0

    def run(self, seconds: float) -> float:
        """Groups of steps for so long; seconds a step."""
        begin, count = time.perf_counter(), 0
        while not count or time.perf_counter() - begin < seconds:
            first = self._done % self._epoch
            steps = min(self._pace.steps, self._epoch - first)
            rates, started = np.full(steps, 0.001, np.float32), time.perf_counter()
            self.steps.run(self._order, rates, first, self._done, self._order)
            self._pace.measured(steps, time.perf_counter() - started)
            self._done += steps
            count += steps
        return (time.perf_counter() - begin) / count


def measure(question: dict[str, Any]) -> dict[str, dict[str, list[float]]]:
    """{"plain", "varied": {kind: experiment}, "pairs", "seconds", "threads"} ->
    {kind: {"with": seconds a step of every pair, "without"}}"""
    prepare_arithmetic()
    plain = Experiment.from_json(question["plain"])
    warm_up(useful_threads(plain, question["threads"]))
    without = Side(question["plain"])
    without.run(0)
    found: dict[str, dict[str, list[float]]] = {}
    for kind, text in question["varied"].items():
        varied = Side(text)
        varied.run(0)  # traced and compiled
        times: dict[str, list[float]] = {"with": [], "without": []}
        for _ in range(question["pairs"]):
            times["with"].append(varied.run(question["seconds"]))
            times["without"].append(without.run(question["seconds"]))
        found[kind] = times
    return found


if __name__ == "__main__":
    answer(measure)
