"""The classic exercises: a script reaches the accuracy that the app does, within a point.

Over three seeds each, on all test pictures; searches and transfer on validation pictures, the only
ones that they judge on. Weights begin alike, batches come in another
order; a rate that falls to 0 leaves little of that in the end. What three seeds cannot tell, two
standard errors of the difference, is no fault.
"""

from __future__ import annotations

import ast
import re
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import keras
import numpy as np
import pytest

from fmnist_core.architecture import Architecture, BatchNormalization, Dense, Dropout, Flatten
from fmnist_core.codegen import keras_script
from fmnist_core.codegen_search import search_script
from fmnist_core.codegen_transfer import transfer_script
from fmnist_core.datasets.fashion_mnist import EMBEDDED_DIR
from fmnist_core.engine.compare import compare
from fmnist_core.engine.train import train
from fmnist_core.engine.tune import tune
from fmnist_core.experiment import Experiment
from fmnist_core.folders import FOLDER_PRESETS, experiment_for, import_folder
from fmnist_core.presets import preset
from fmnist_core.runs import RunStore
from fmnist_core.search import FIRST_SEARCH, Search
from fmnist_core.settings import with_settings
from fmnist_core.transfer import CLASSIC, METHODS, Transfer, points
from tests.folders.drawn import shapes

RunScript = Callable[[str, Path], str]
"""(source of a script, folder of its data) -> what it prints."""
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


@pytest.fixture
def run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> RunScript:
    """Runs a script in this process: to start one takes longer than to train here."""
    monkeypatch.delenv("FMNIST_DATA_DIR", raising=False)
    monkeypatch.setenv("FMNIST_RUNS_DIR", str(tmp_path))

    def run_here(source: str, data: Path) -> str:
        monkeypatch.setattr(sys, "argv", ["script.py", "--data", str(data)])
        keras.backend.clear_session()
        capsys.readouterr()
        exec(compile(source, "script.py", "exec"), {"__name__": "__main__"})
        return capsys.readouterr().out

    return run_here


@pytest.mark.parametrize("name", EXERCISES)
def test_a_script_is_as_good_as_the_app(name: str, run: RunScript, tmp_path: Path) -> None:
    chosen, changes = EXERCISES[name]
    experiment = with_settings(chosen, [*SMALL, *changes])
    ours = [in_the_app(experiment.changed(seed=seed), tmp_path) for seed in SEEDS]
    theirs = [
        judged(run(keras_script(experiment.changed(seed=seed)), EMBEDDED_DIR)) for seed in SEEDS
    ]
    assert min(ours) > 0.7
    assert_as_good(ours, theirs)


def test_a_script_of_ones_own_folder_is_as_good_as_the_app(run: RunScript, tmp_path: Path) -> None:
    classes = ("circle", "square", "triangle")
    source = shapes(tmp_path / "shapes", classes, parts={"train": 120, "validation": 200})
    folder = import_folder(tmp_path / "my-folders", source, "Shapes", lambda *_: None)
    made = experiment_for(FOLDER_PRESETS["three-blocks"], folder, 32)
    training = made.training.changed(epochs=12, batch_size=16, schedule="cosine")
    experiments = [made.changed(training=training, seed=seed) for seed in SEEDS]
    ours = [in_the_app(each, tmp_path) for each in experiments]
    theirs = [judged(run(keras_script(each), source)) for each in experiments]
    assert min(ours) > 0.7  # a guess is right in a third
    assert_as_good(ours, theirs)


def test_a_script_of_a_transfer_is_as_good_as_the_app(run: RunScript, tmp_path: Path) -> None:
    changes = ["data.train_size=1000", "data.validation_fraction=0.05", "training.epochs=4"]
    base = with_settings(CLASSIC.base, changes)
    few = CLASSIC.changed(base=base, shots=(10,), draws=2, steps=40)
    transfers = [few.changed(base=base.changed(seed=seed)) for seed in SEEDS]
    ours = [compared_in_the_app(each, tmp_path) for each in transfers]
    theirs = [compared(run(transfer_script(each), EMBEDDED_DIR)) for each in transfers]
    for way in METHODS:
        mine, other = ([found[way] for found in side] for side in (ours, theirs))
        assert min(mine) > 0.4  # a guess is right in a fifth
        assert_as_good(mine, other)


def test_a_script_of_a_search_tries_the_same_and_is_as_good_as_the_app(
    run: RunScript, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    changes = ["data.train_size=1000", "data.validation_fraction=0.05", "training.epochs=3"]
    base = with_settings(FIRST_SEARCH.base, changes)
    few = FIRST_SEARCH.changed(base=base, tuner="random", trials=2, executions=1)
    ours, theirs = [], []
    for seed in SEEDS:
        search = few.changed(base=base.changed(seed=seed), seed=seed)
        mine = searched_in_the_app(search, tmp_path)
        (tmp_path / str(seed)).mkdir()
        monkeypatch.chdir(tmp_path / str(seed))  # Keras Tuner keeps its trials here
        other = searched(run(search_script(search), EMBEDDED_DIR))
        assert other.keys() == mine.keys()
        ours += mine.values()
        theirs += [other[settings] for settings in mine]
    assert min(ours) > 0.4  # a guess is right in a tenth; not every setting is a good one
    assert_as_good(ours, theirs)


def assert_as_good(ours: Sequence[float], theirs: Sequence[float]) -> None:
    differences = np.subtract(theirs, ours)  # of the same pictures, seed and settings
    chance = 2 * differences.std(ddof=1) / np.sqrt(len(ours))
    assert abs(differences.mean()) - chance <= 0.01, (ours, theirs)


def judged(output: str) -> float:
    said = re.search(r"Test accuracy: ([01]\.\d{4}) \(n = [\d,]+\)", output)
    assert said is not None, output
    return float(said[1])


def compared(output: str) -> dict[str, float]:
    """Way -> what it reached with ten pictures of each class."""
    found = re.findall(r"^(\w+), 10 of each: ([01]\.\d{4}) \(2 draws, n = ", output, re.M)
    return {way: float(accuracy) for way, accuracy in found}


def searched(output: str) -> dict[frozenset[tuple[str, object]], float]:
    """The settings that were tried -> what they reached."""
    found = re.findall(r"^([01]\.\d{4}) \(n = 3,000\) (\{.*\})$", output, re.M)
    return {frozenset(ast.literal_eval(values).items()): float(score) for score, values in found}


def in_the_app(experiment: Experiment, root: Path) -> float:
    store = RunStore(root, recorded=root / "recorded")
    run = store.create(experiment)
    train(run.directory, threads=2, forked=False, started=time.time())
    return store.state(run.id).evaluated["test"].accuracy


def compared_in_the_app(transfer: Transfer, root: Path) -> dict[str, float]:
    store = RunStore(root, recorded=root / "recorded")
    run = store.create_transfer(transfer)
    compare(run.directory, threads=2, forked=False)
    return {point.method: point.accuracy for point in points(store.state(run.id).transfers)}


def searched_in_the_app(search: Search, root: Path) -> dict[frozenset[tuple[str, object]], float]:
    store = RunStore(root, recorded=root / "recorded")
    run = store.create_search(search)
    tune(run.directory, threads=2, forked=False)
    trials = store.state(run.id).trials.values()
    return {frozenset(trial.values.items()): trial.score for trial in trials if trial.score}
