"""Trains one network in a given precision: the app's steps alone, no events, no validation."""

from __future__ import annotations

import time
from typing import Any

from fmnist_core.datasets import fashion_mnist
from fmnist_core.engine import learner as module
from fmnist_core.engine.inputs import prepare
from fmnist_core.experiment import Experiment
from fmnist_core.schedules import Rates
from tests.benchmarks.child import answer


def train(question: dict[str, Any]) -> dict[str, float]:
    """{"experiment", "precision"} -> {"seconds", "accuracy"}, of validation pictures."""
    module.precision = lambda _: question["precision"]
    experiment = Experiment.from_json(question["experiment"])
    data, seed = prepare(experiment, fashion_mnist.load()), experiment.seed
    learns = module.learner(experiment, data.images, data.labels, data.rescale, seed)
    per_epoch = experiment.steps_per_epoch(len(data.train))
    epochs = experiment.training.epochs
    rates = Rates(experiment.training, per_epoch, epochs * per_epoch)
    size = experiment.training.batch_size
    learns.steps.run(data.train[:size], rates.following(0, 1) * 0)  # compiles, and learns nothing
    begin = time.perf_counter()
    for epoch in range(1, epochs + 1):
        done = (epoch - 1) * per_epoch
        learns.steps.run(data.order(seed, epoch), rates.following(done, per_epoch), done=done)
    seconds = time.perf_counter() - begin
    scores = learns.evaluator.score(data.images, data.labels, data.validation)
    assert scores is not None, "nothing interrupts it"
    return {"seconds": seconds, "accuracy": scores.accuracy}


if __name__ == "__main__":
    answer(train)
