"""Goals 1 and 2: the app's worker, live events on, against a notebook; how fast, and how well.

Both sides see the same pictures, layers, initial weights and optimizer, in batches of 128. Speed
is counted in the same way on both: pictures over wall time while training goes on, without the
validation at the end of an epoch, and without what is compiled at the beginning: the first batch
and, in the app, its first look at the watched pictures. What the app does beside training
(events, judged pictures, checkpoints, commands) lies within. Where TensorFlow leaves oneDNN out by
itself, a notebook does without and the app does not.
"""

from __future__ import annotations

from typing import Any

from fmnist_core.datasets import fashion_mnist
from fmnist_core.eventlog import Tail
from fmnist_core.experiment import Data, Experiment
from fmnist_core.presets import PRESETS
from fmnist_core.run import Run
from fmnist_core.run_state import RunState
from fmnist_core.summary import summarise
from tests.benchmarks import pairs
from tests.benchmarks.child import ask
from tests.benchmarks.lab import Lab
from tests.benchmarks.settings import Settings

SPRINT = "sprint-"
"""How the names of the presets begin that are made for speed: goal 6, not goal 1."""
BATCH_SIZE = 128
VALIDATION = 0.1
QUICK = 20 * BATCH_SIZE
EPOCHS = 2

Window = tuple[float, int]
"""Seconds of training, and the pictures trained on in them."""


def names() -> list[str]:
    """The presets that are compared with a notebook."""
    return [name for name in PRESETS if not name.startswith(SPRINT)]


def training_flop(experiment: Experiment) -> int:
    """Floating point operations for one picture: forward, and twice that for the gradients."""
    return 3 * 2 * summarise(experiment.architecture).multiply_adds


def whole_set() -> int:
    labels = fashion_mnist.load().train_labels
    return len(labels) - round(VALIDATION * len(labels))


def plain(name: str, *, train_size: int | None, epochs: int, seed: int) -> Experiment:
    """A preset as both sides train it."""
    experiment = PRESETS[name].experiment
    training = experiment.training.changed(
        batch_size=BATCH_SIZE, epochs=epochs, steps=None, early_stopping=None, target=None
    )
    data = Data(train_size=train_size, validation_fraction=VALIDATION)
    return experiment.changed(data=data, training=training, seed=seed)


def both_sides(name: str, settings: Settings, lab: Lab) -> dict[str, Any]:
    """Speed and test accuracy of both sides, one after the other, over all pictures; each pair has
    a seed of its own."""
    train_size, epochs = (QUICK, 1) if settings.quick else (whole_set(), EPOCHS)

    def experiment(seed: int) -> Experiment:
        return plain(name, train_size=train_size, epochs=epochs, seed=seed)

    def app(seed: int) -> dict[str, Any]:
        run, state = lab.train(experiment(seed))
        found = windows(state, compiled(run))
        return {"windows": found, "accuracy": state.evaluated["test"].accuracy}

    def notebook(seed: int) -> dict[str, Any]:
        return dict(
            ask("tests.benchmarks.engine.notebook_fit", {"experiment": experiment(seed).to_json()})
        )

    lab.warm()
    measured = pairs.in_turn(app, notebook, settings.pairs)
    sides = {"app": [a for a, _ in measured], "notebook": [b for _, b in measured]}
    speeds = {
        f"{side}_images_per_second": [images_per_second(r["windows"]) for r in results]
        for side, results in sides.items()
    }
    accuracies = {
        f"{side}_accuracy": [r["accuracy"] for r in results] for side, results in sides.items()
    }
    flop = training_flop(PRESETS[name].experiment)
    return {
        "train_n": train_size,
        "epochs": epochs,
        "training_flop": flop,
        **speeds,
        **accuracies,
    }


def compiled(run: Run) -> tuple[float, int]:
    """When everything that a step needs had been compiled, and after which step that was."""
    records = Tail(run.events_path).read()
    names = [record["event"] for record in records]
    first = names.index("PanelPredicted" if "PanelPredicted" in names else "BatchEnded")
    return records[first]["time"], records[first]["step"]


def windows(state: RunState, compiled: tuple[float, int]) -> list[Window]:
    """Of the app: the times at which its events were written."""
    assert state.started is not None
    found = []
    begin, skipped = compiled
    for epoch in state.epochs:
        last = max(batch.time for batch in state.batches if batch.epoch == epoch.epoch)
        found.append((last - begin, epoch.train_n - skipped * state.started.batch_size))
        begin, skipped = epoch.time, 0
    return found


def images_per_second(measured: list[Window]) -> float:
    return sum(images for _, images in measured) / sum(seconds for seconds, _ in measured)
