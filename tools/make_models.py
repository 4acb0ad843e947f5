"""Train the bundled models that take long: ``best``, and ``robust`` for photos and drawings.

    .venv/bin/python tools/make_models.py best | robust [--epochs N] [--to FOLDER]
    .venv/bin/python tools/make_models.py robust --without NAME ... [--to FOLDER]

Interrupted, it goes on after its last epoch. ``best`` learns the pictures mirrored, shifted, with
a square cut out and, but for the last epochs, blended in pairs; those of ``robust`` are rendered
as ``fmnist_core/engine/realworld.py`` says, and sketches. ``--without`` leaves an ingredient out,
to see what it brings. What was trained so, or with ``--epochs``, replaces no model of the app: it
is kept where --to says, or nowhere.
"""

from __future__ import annotations

import argparse
import io
import json
import os
import sys
import time
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from fmnist_core import evaluation, temperature
from fmnist_core.architecture import Architecture, Dropout, Flatten, Layer, MaxPooling2D, Output
from fmnist_core.blocks import block, residual_network
from fmnist_core.datasets import load
from fmnist_core.experiment import Augmentation, Data, Experiment, Training
from fmnist_core.files import write_atomically
from fmnist_core.models import BUNDLED
from fmnist_core.wording import count

WORK = Path(__file__).resolve().parent.parent / "build"


@dataclass(frozen=True)
class LongTraining:
    """What is trained, and how the pictures are shown (``engine.bundled.Recipe``)."""

    experiment: Experiment
    renderings: int = 0
    plain_share: float = 1.0
    earlier: Experiment | None = None
    """What its network learned before, on pictures that vary more."""
    plain_averages: bool = False


def experiment_of(
    title: str,
    layers: tuple[Layer, ...],
    augmentation: Augmentation,
    validation_fraction: float = 0.1,
    **training: float,
) -> Experiment:
    return Experiment(
        title=title,
        architecture=Architecture(layers=layers, output=Output(logits=True)),
        data=Data(augmentation=augmentation, validation_fraction=validation_fraction),
        training=Training(
            optimizer="adamw",
            schedule="triangle",
            batch_size=128,
            loss="one-hot",
            label_smoothing=0.05,
            **training,  # type: ignore[arg-type]
        ),
    )


best = partial(
    experiment_of,
    "Best",
    residual_network(filters=32, blocks=2),
    validation_fraction=0.05,
    weight_decay=0.08,
)
RECIPES = {
    "best": LongTraining(
        best(
            augmentation=Augmentation(flip=True, width_shift=0.08, height_shift=0.08, erase=8),
            learning_rate=0.0015,
            epochs=20,
        ),
        earlier=best(
            augmentation=Augmentation(
                flip=True, width_shift=0.15, height_shift=0.15, erase=12, mixup=0.2
            ),
            learning_rate=0.004,
            epochs=100,
        ),
        plain_averages=True,
    ),
    "robust": LongTraining(
        experiment_of(
            "Robust",
            (
                *block(48, size=5, strides=2),
                *block(64),
                *block(64),
                MaxPooling2D(),
                *block(144),
                *block(144),
                MaxPooling2D(),
                Flatten(),
                Dropout(rate=0.3),
            ),
            Augmentation(flip=True, width_shift=0.07, height_shift=0.07),
            weight_decay=0.03,
            learning_rate=0.004,
            epochs=40,
        ),
        renderings=10,
        plain_share=0.35,
    ),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("name", choices=RECIPES)
    parser.add_argument("--epochs", type=int)
    parser.add_argument("--without", nargs="+", default=[], metavar="INGREDIENT")
    parser.add_argument("--to", type=Path)
    options = parser.parse_args()

    os.environ.setdefault("ONEDNN_DEFAULT_FPMATH_MODE", "BF16")  # as in the app's own workers
    from fmnist_core.engine import bundled, realworld

    if unknown := set(options.without) - set(realworld.INGREDIENTS):
        parser.error(f"no ingredient {', '.join(unknown)}; there are {realworld.INGREDIENTS}")
    without = frozenset(options.without)
    chosen = RECIPES[options.name]
    experiment = shortened(chosen.experiment, options.epochs)
    work = work_of(options.name, experiment, without)
    clock = Clock(work / "seconds")

    def say(line: str) -> None:
        print(f"{clock.note():7.0f} s  {line}", flush=True)

    begin = None
    earlier = chosen.earlier and shortened(chosen.earlier, options.epochs)
    if earlier:
        folder = work_of(f"{options.name}-earlier", earlier, without)
        begin = bundled.train(bundled.Recipe(earlier), folder, say)
    recipe = bundled.Recipe(
        experiment,
        chosen.renderings,
        chosen.plain_share,
        without,
        begin,
        chosen.plain_averages,
    )
    bundled.train(recipe, work, say)
    seconds = clock.note()
    found = bundled.judged(recipe, work)
    for part in ("train", "validation", "rendered_validation", "test"):
        if scores := getattr(found, part):
            print(f"{part}: {scores.accuracy:.2%} (n = {scores.n:,})")
    calibration = found.calibration
    print(
        f"temperature {calibration.temperature:.3f} from {calibration.n:,} pictures; expected "
        f"calibration error {calibration.before:.2%} before and {calibration.error:.2%} after"
    )
    print(f"test, averaged with its mirror image: {found.averaged.mirrored_test:.2%}")
    for pixels, accuracy in enumerate(found.averaged.validation):
        print(f"validation, averaged and moved by up to {count(pixels, 'pixel')}: {accuracy:.2%}")
    moved = count(found.averaged.pixels, "pixel")
    print(f"test, averaged and moved by up to {moved}: {found.averaged.test:.2%}")
    shortened_or_less = options.epochs or without
    target = options.to or (None if shortened_or_less else BUNDLED / options.name)
    if target:
        keep(found, experiment, target, seconds)
        if earlier:
            write_atomically(target / "earlier.json", earlier.to_json().encode())


def shortened(experiment: Experiment, epochs: int | None) -> Experiment:
    """With so many epochs, if a number was given."""
    if not epochs:
        return experiment
    return experiment.changed(training=experiment.training.changed(epochs=epochs))


def work_of(name: str, experiment: Experiment, without: frozenset[str]) -> Path:
    """Where a training keeps what it goes on from."""
    return WORK / "-".join([name, str(experiment.training.epochs), *sorted(without)])


class Clock:
    """Seconds of training, those before an interruption included."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._before = float(path.read_text()) if path.exists() else 0.0
        self._begin = time.monotonic()

    def note(self) -> float:
        """How many by now; kept, so that who goes on counts on."""
        total = self._before + time.monotonic() - self._begin
        self._path.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(self._path, f"{total:.0f}".encode())
        return total


def keep(found: object, experiment: Experiment, target: Path, seconds: float) -> None:
    """The layout of every bundled model."""
    data = load()
    report = evaluation.report(data.test_labels, found.test.probabilities, data.class_names)
    summary = {
        part: {"accuracy": scores.accuracy, "loss": scores.loss, "n": scores.n}
        for part in ("train", "validation", "rendered_validation")
        if (scores := getattr(found, part))
    }
    averaged = found.averaged
    summary["mirrored_test"] = {"accuracy": averaged.mirrored_test, "n": found.test.n}
    summary["averaged_test"] = {
        "accuracy": averaged.test,
        "n": found.test.n,
        "pixels": averaged.pixels,
        "validation": averaged.validation,
    }
    buffer = io.BytesIO()
    np.save(buffer, found.test.probabilities)
    target.mkdir(parents=True, exist_ok=True)
    about = {"created": time.time(), "owner": "", "parent": None, "seconds": round(seconds)}
    for name, content in (
        ("experiment.json", experiment.to_json().encode()),
        ("about.json", json.dumps(about).encode()),
        ("report.json", json.dumps(summary | {"test": json.loads(report.to_json())}).encode()),
        ("test_probabilities.npy", buffer.getvalue()),
        (temperature.FILE, found.calibration.to_json().encode()),
        ("weights.npz", found.weights.read_bytes()),
    ):
        write_atomically(target / name, content)


if __name__ == "__main__":
    main()
