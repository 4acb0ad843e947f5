"""The catalogue of models: what comes with the app, and what the runs have learned.

A model is named by a reference: ``quick`` (bundled), ``20261122-080000-cnn-16-ab12`` (a run), or
either with ``@469`` (its checkpoint after step 469). References stand in addresses, so that
whatever is asked here may come from anybody.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from fmnist_core import temperature
from fmnist_core.errors import RunNotFoundError
from fmnist_core.experiment import Experiment
from fmnist_core.runs import ASSETS, RunStore
from fmnist_core.temperature import Temperature

BUNDLED = ASSETS / "models"
"""Same layout as run directories, without events."""
DEFAULT = "quick"
FOR_PICTURES = "robust"
"""It has learned what photos and drawings look like."""
_REF = re.compile(r"(?P<name>[a-z0-9][a-z0-9-]{0,99})(@(?P<step>[0-9]{1,7}))?")


@dataclass(frozen=True)
class ModelFiles:
    """Where a model is, and what it is."""

    ref: str
    title: str
    experiment: Experiment
    weights: Path
    """npz, as ``engine.weights`` writes it. It exists."""
    directory: Path
    """The run directory, or the bundled model's, of the same layout."""
    step: int | None
    """Of a checkpoint; None for the final weights."""
    recorded: bool
    """It came with the app."""

    @property
    def report(self) -> Path | None:
        """How the final weights did on the test set; None for a checkpoint or while it trains."""
        path = self.directory / "report.json"
        return path if self.step is None and path.is_file() else None

    @property
    def calibration(self) -> Temperature | None:
        """What makes the final weights' probabilities honest; None for a checkpoint.

        Raises RunError: it is damaged.
        """
        return temperature.read(self.directory) if self.step is None else None


def bundled() -> list[str]:
    """References of the models that come with the app, the default first."""
    names = sorted(path.parent.name for path in BUNDLED.glob("*/weights.npz"))
    return sorted(names, key=lambda name: name != DEFAULT)


def default_model() -> str:
    """The reference of the model that answers before anyone has trained one.

    Raises:
        RunNotFoundError: no model is bundled.
    """
    names = bundled()
    if not names:
        raise RunNotFoundError("No model comes with this copy of the app. Train one first.")
    return names[0]


def default_for_pictures() -> str:
    """The same, about drawings and photos.

    Raises:
        RunNotFoundError: no model is bundled.
    """
    return FOR_PICTURES if FOR_PICTURES in bundled() else default_model()


def resolve(ref: str, store: RunStore) -> ModelFiles:
    """Find a model.

    A run's plain id means its final weights or, while it trains, its last checkpoint, so that a
    network can be looked at while it learns.

    Raises:
        RunNotFoundError: no such model, run or checkpoint, or nothing is saved yet.
    """
    match = _REF.fullmatch(ref)
    if match is None:
        raise RunNotFoundError(f"{ref[:100]!r} is not the name of a model.")
    name, step = match["name"], match["step"]
    if (BUNDLED / name / "weights.npz").is_file():
        directory, experiment, recorded = BUNDLED / name, _experiment(BUNDLED / name), True
    else:
        run = store.get(name)
        directory, experiment, recorded = run.directory, run.experiment, run.recorded
    title = experiment.title or name
    weights, number = directory / "weights.npz", None
    if step is not None or not weights.is_file():
        weights = _checkpoint(directory, title, step)
        number = step_of(weights)
        title = f"{title}, step {number:,}"
    return ModelFiles(ref, title, experiment, weights, directory, number, recorded)


def step_of(checkpoint: Path) -> int:
    """Names have six digits, and from a million steps on more: they sort by number only."""
    return int(checkpoint.stem.removeprefix("step-"))


def _checkpoint(directory: Path, title: str, step: str | None) -> Path:
    saved = sorted(directory.glob("checkpoints/step-*.npz"), key=step_of)
    if step is not None:
        saved = [path for path in saved if step_of(path) == int(step)]
    if saved:
        return saved[-1]
    if step is None:
        raise RunNotFoundError(f"{title} has not saved anything yet. Wait for its first steps.")
    raise RunNotFoundError(f"{title} has no checkpoint at step {int(step):,}. Choose another.")


def _experiment(directory: Path) -> Experiment:
    return Experiment.from_json((directory / "experiment.json").read_bytes())
