"""The classic exercises: a script reaches the test accuracy that the app does, within a point.

Over three seeds each, on all 10,000 test pictures. Weights begin alike, batches come in another
order; a rate that falls to 0 leaves little of that in the end. What three seeds cannot tell, two
standard errors of the difference, is no fault.
"""

from __future__ import annotations

import re
import sys
import time
from pathlib import Path

import keras
import numpy as np
import pytest

from fmnist_core.architecture import Architecture, BatchNormalization, Dense, Dropout, Flatten
from fmnist_core.codegen import keras_script
from fmnist_core.datasets.fashion_mnist import EMBEDDED_DIR
from fmnist_core.engine.train import train
from fmnist_core.experiment import Experiment
from fmnist_core.presets import preset
from fmnist_core.runs import RunStore
from fmnist_core.settings import with_settings

SEEDS = (1, 2, 3)
SMALL = [
    "data.train_size=2000",
    "data.validation_fraction=0.02",
    "training.batch_size=64",
    "training.learning_rate=0.002",
    "training.schedule=cosine",
    "training.epochs=4",
]
DENSE, CNN = preset("mlp-128").experiment, preset("cnn-16").experiment
NORMALISED = DENSE.changed(
    architecture=Architecture(
        layers=(
            Flatten(),
            Dense(units=64),
            BatchNormalization(momentum=0.9),  # few steps want a short memory
            Dropout(rate=0.2),
        )
    )
)
EXERCISES = {
    "dense": (DENSE, []),
    "cnn, augmentation": (
        CNN,
        ["data.augmentation.flip=true", "data.augmentation.width_shift=0.1"],
    ),
    "batch normalisation, dropout, early stopping": (
        NORMALISED,
        ['training.early_stopping={"monitor":"accuracy","patience":3}'],
    ),
}


@pytest.mark.parametrize("name", EXERCISES)
def test_a_script_is_as_good_as_the_app(
    name: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.delenv("FMNIST_DATA_DIR", raising=False)
    monkeypatch.setenv("FMNIST_RUNS_DIR", str(tmp_path))
    monkeypatch.setattr(sys, "argv", ["script.py", "--data", str(EMBEDDED_DIR)])
    chosen, changes = EXERCISES[name]
    experiment = with_settings(chosen, [*SMALL, *changes])
    ours = [in_the_app(experiment.changed(seed=seed), tmp_path) for seed in SEEDS]
    theirs = []
    for seed in SEEDS:
        keras.backend.clear_session()
        source = keras_script(experiment.changed(seed=seed))
        exec(compile(source, "script.py", "exec"), {"__name__": "__main__"})
        said = re.search(r"Test accuracy: (0\.\d{4}) \(n = 10,000\)", capsys.readouterr().out)
        assert said is not None
        theirs.append(float(said[1]))
    assert min(ours) > 0.7
    difference = abs(np.mean(theirs) - np.mean(ours))
    chance = 2 * np.sqrt((np.var(ours, ddof=1) + np.var(theirs, ddof=1)) / len(SEEDS))
    assert difference - chance <= 0.01, (ours, theirs)


def in_the_app(experiment: Experiment, root: Path) -> float:
    store = RunStore(root, recorded=root / "recorded")
    run = store.create(experiment)
    train(run.directory, threads=2, forked=False, started=time.time())
    test = store.state(run.id).evaluated["test"]
    assert test.n == 10_000
    return test.accuracy
