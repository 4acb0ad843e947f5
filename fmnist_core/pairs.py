"""The other half of a pair: the same experiment with one thing taken away, to see what it brings.

Both halves have the same seed, so they begin with the same weights (on pictures of another size as
far as layers have the same shape) and see the pictures in the same order.
"""

from __future__ import annotations

from fmnist_core import limits
from fmnist_core.experiment import Augmentation, Experiment
from fmnist_core.folders.folder import SMALLEST_SIDE


def on_plain_pictures(experiment: Experiment) -> Experiment | None:
    """The same on pictures that never vary; None where they do not vary anyway."""
    data = experiment.data.changed(augmentation=Augmentation())
    if data == experiment.data:
        return None
    return experiment.changed(data=data, title=_title(experiment, "plain pictures"))


def at_half_size(experiment: Experiment) -> Experiment | None:
    """The same on pictures of half the side; None for Fashion-MNIST and for small ones."""
    side, _, channels = experiment.architecture.input_shape
    if not experiment.data.folder or side // 2 < SMALLEST_SIDE:
        return None
    shape = (side // 2, side // 2, channels)
    architecture = experiment.architecture.changed(input_shape=shape)
    title = _title(experiment, f"{side // 2} pixels")
    return experiment.changed(architecture=architecture, title=title)


def _title(experiment: Experiment, what: str) -> str:
    return f"{experiment.title or 'Own network'}, {what}"[: limits.MAX_TITLE_LENGTH]
