"""An epoch learns every training picture once, however its steps are grouped, in every loop."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from fmnist_core.datasets import fashion_mnist, splits
from fmnist_core.engine import bundled, steps
from fmnist_core.engine.streaming import Indices
from fmnist_core.engine.tune import tune
from fmnist_core.experiment import Data, Experiment
from fmnist_core.runs import RunStore
from fmnist_core.search import Choice, Search, make
from tests.engine.conftest import Trainer, tiny

PART = 200
EXPERIMENT = tiny(data=Data(train_size=PART), epochs=2, batch_size=8)


@pytest.fixture
def learned(monkeypatch: pytest.MonkeyPatch) -> list[Indices]:
    """Which pictures each group of steps was given."""
    seen: list[Indices] = []
    picked = steps.picked

    def watched(images: object, labels: object, indices: Indices) -> object:
        seen.append(indices)
        return picked(images, labels, indices)

    monkeypatch.setattr(steps, "picked", watched)
    return seen


def live(store: RunStore, trained: Trainer, folder: Path) -> Experiment:
    trained(store.create(EXPERIMENT))
    return EXPERIMENT


def search(store: RunStore, trained: Trainer, folder: Path) -> Experiment:
    rates = Choice(setting="training.learning_rate", values=(0.01, 0.003))
    one: Search = make(base=EXPERIMENT, space=(rates,), trials=1)
    tune(store.create_search(one).directory, threads=2, forked=False)
    return EXPERIMENT


def long_training(store: RunStore, trained: Trainer, folder: Path) -> Experiment:
    whole = tiny(epochs=2, batch_size=8)  # it learns the whole training part
    bundled.train(bundled.Recipe(whole), folder, lambda _: None)
    return whole


@pytest.mark.parametrize("loop", [live, search, long_training])
def test_an_epoch_learns_every_picture_once(
    loop: Callable[[RunStore, Trainer, Path], Experiment],
    store: RunStore,
    trained: Trainer,
    tmp_path: Path,
    learned: list[Indices],
) -> None:
    experiment = loop(store, trained, tmp_path / "work")
    split = splits.split_of(experiment.data, fashion_mnist.load(), experiment.seed)
    assert len(learned) > 4  # in groups, or their places would not matter
    first, second = np.split(np.concatenate(learned), 2)
    for epoch in (first, second):
        np.testing.assert_array_equal(np.sort(epoch), np.sort(split.train))
    assert (first != second).any()
