"""A small dataset of real pictures, and runs that train on it in this process."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest

import fmnist_core.engine  # noqa: F401 - says how TensorFlow computes, before it is imported
from fmnist_core.architecture import Architecture, Dense, Flatten
from fmnist_core.datasets import fashion_mnist
from fmnist_core.experiment import Data, Experiment, Training
from fmnist_core.run import Run
from fmnist_core.run_state import RunState
from fmnist_core.runs import RunStore
from tests.datasets.idx_files import encode

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
TRAIN, TEST = 600, 100

Trainer = Callable[[Run], RunState]


@pytest.fixture(scope="session")
def small_set(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("small")
    full = fashion_mnist.load_from(fashion_mnist.EMBEDDED_DIR)
    for name, array in (
        ("train-images-idx3-ubyte", full.train_images[:TRAIN]),
        ("train-labels-idx1-ubyte", full.train_labels[:TRAIN]),
        ("t10k-images-idx3-ubyte", full.test_images[:TEST]),
        ("t10k-labels-idx1-ubyte", full.test_labels[:TEST]),
    ):
        (folder / name).write_bytes(encode(array))
    return folder


@pytest.fixture
def store(tmp_path: Path, small_set: Path, monkeypatch: pytest.MonkeyPatch) -> RunStore:
    """A store of its own; whatever is trained in it sees the small dataset."""
    monkeypatch.setenv("FMNIST_DATA_DIR", str(small_set))
    monkeypatch.setenv("FMNIST_RUNS_DIR", str(tmp_path / "runs"))
    return RunStore(tmp_path / "runs", recorded=tmp_path / "recorded")


@pytest.fixture
def trained(store: RunStore) -> Trainer:
    """Trains a run to its end and returns what its events say."""
    from fmnist_core.engine.train import train

    def run_to_the_end(run: Run) -> RunState:
        train(run.directory, threads=2, forked=False, started=time.time())
        return store.state(run.id)

    return run_to_the_end


def tiny(
    *layers: object, data: Data | None = None, seed: int = 0, **training: object
) -> Experiment:
    """A network that trains in a moment: 540 pictures in 9 batches of 64, the last of 28."""
    settings = {"batch_size": 64, "epochs": 2, **training}
    return Experiment(
        architecture=Architecture(layers=layers or (Flatten(), Dense(units=8))),  # type: ignore[arg-type]
        data=data or Data(),
        training=Training(**settings),  # type: ignore[arg-type]
        seed=seed,
    )
