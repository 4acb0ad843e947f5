"""Trains a network that comes with the app for an hour or more, resumable after any epoch.

Linear and apart from the live worker. With renderings (``realworld``: pictures as people show
them) each epoch sees another one of every picture; they are made beforehand by all cores, kept in
``folder`` and reused.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import tensorflow as tf

from fmnist_core import temperature
from fmnist_core.datasets import fashion_mnist, splits
from fmnist_core.engine import realworld
from fmnist_core.engine.averages import average_anew
from fmnist_core.engine.evaluate import Scores
from fmnist_core.engine.learner import judge, learner
from fmnist_core.engine.steps import as_pictures
from fmnist_core.engine.views import Averaged, averaged
from fmnist_core.engine.weights import load_model, load_weights, save_weights
from fmnist_core.experiment import Experiment
from fmnist_core.schedules import Rates
from fmnist_core.temperature import Temperature

Floats = npt.NDArray[np.float32]
Levels = npt.NDArray[np.uint8]
GROUP = 20
"""Steps in one call."""
_RENDERING = 7  # a stream of random numbers of its own


@dataclass(frozen=True)
class Recipe:
    """What is trained, and on what."""

    experiment: Experiment
    """Its augmentation applies too, after the rendering."""
    renderings: int = 0
    """Of every picture; epoch e sees number e modulo this. 0: pictures as they are."""
    plain_share: float = 1.0
    """Of the pictures of each epoch that stay as they are."""
    without: frozenset[str] = frozenset()
    """Ingredients of ``realworld`` that are left out."""
    begin: Path | None = None
    """Weights to go on from; None: drawn from the experiment's seed."""
    plain_averages: bool = False
    """At the end batch normalisation takes its averages over the pictures as they are."""


@dataclass(frozen=True, eq=False)
class Outcome:
    train: Scores
    """About 10,000 training pictures as they were learned: in another rendering, if in any."""
    validation: Scores
    """Held-out pictures as they are, and ..."""
    rendered_validation: Scores | None
    """... one rendering of each."""
    test: Scores
    calibration: Temperature
    """Fitted on all held-out pictures, renderings included: on what it will be asked about."""
    averaged: Averaged
    """How often the mean over several views of a picture is right."""
    weights: Path


def train(recipe: Recipe, folder: Path, say: Callable[[str], None] = print) -> Path:
    """Train to the last epoch, beginning after the last one that ``folder`` has.

    Returns:
        The file of the weights after it, in ``folder``. The test set stays closed.
    """
    experiment = recipe.experiment
    training, seed = experiment.training, experiment.seed
    data = fashion_mnist.load()
    part = splits.split(data.train_labels, experiment.data.validation_fraction, seed)
    labels = tf.constant(data.train_labels.astype(np.int32))
    images = tf.Variable(tf.zeros(data.train_images.shape, tf.uint8), trainable=False)
    learns = learner(experiment, images, labels, None, seed)
    model, steps = learns.model, learns.steps
    steps_per_epoch = experiment.steps_per_epoch(len(part.train))
    total = experiment.total_steps(len(part.train))
    rates = Rates(training, steps_per_epoch, total)
    folder.mkdir(parents=True, exist_ok=True)
    for epoch in range(_resume(model, folder, recipe.begin), total // steps_per_epoch):
        random = np.random.default_rng([seed, _RENDERING, epoch])
        images.assign(_pictures(recipe, epoch, folder, random))
        order = random.permutation(part.train).astype(np.int32)
        losses = []
        for first in range(0, steps_per_epoch, GROUP):
            count = min(GROUP, steps_per_epoch - first)
            done = epoch * steps_per_epoch + first
            losses.append(steps.run(order, rates.following(done, count), first, done)[0])
        save_weights(model, folder / f"epoch-{epoch + 1:04d}.npz")
        say(f"epoch {epoch + 1}: training loss {float(np.concatenate(losses).mean()):.3f}")

    weights = folder / "weights.npz"
    save_weights(model, weights)
    if recipe.plain_averages:
        answering = load_model(experiment, weights)  # in float32, as it is asked from now on
        order = np.random.default_rng(seed).permutation(part.train)
        average_anew(answering, as_pictures(data.train_images[order]).numpy())
        save_weights(answering, weights)
    return weights


def judged(recipe: Recipe, folder: Path) -> Outcome:
    """What became of a recipe that was trained to its end. This opens the test set."""
    weights = folder / "weights.npz"
    experiment, data = recipe.experiment, fashion_mnist.load()
    part = splits.split(data.train_labels, experiment.data.validation_fraction, experiment.seed)
    labels = tf.constant(data.train_labels.astype(np.int32))
    evaluator = judge(experiment, load_model(experiment, weights), None)

    def score(pictures: Levels, wanted: tf.Tensor, chosen: npt.NDArray[np.int64]) -> Scores:
        found = evaluator.score(tf.constant(pictures), wanted, chosen.astype(np.int32))
        assert found is not None
        return found

    shown = data.train_images
    if recipe.renderings:
        shown = rendering(recipe, recipe.renderings, folder)  # one that it has not learned
    test_labels = tf.constant(data.test_labels.astype(np.int32))
    everything = np.arange(len(data.test_labels))
    test = score(data.test_images, test_labels, everything)

    def probabilities(pictures: Levels) -> Floats:
        return score(
            pictures, tf.zeros(len(pictures), tf.int32), np.arange(len(pictures))
        ).probabilities

    validation = score(data.train_images, labels, part.validation)
    rendered = score(shown, labels, part.validation) if recipe.renderings else None
    held_out = [validation, rendered] if rendered else [validation]
    calibration = temperature.calibrate(
        (
            np.tile(data.train_labels[part.validation], len(held_out)),
            np.concatenate([scores.probabilities for scores in held_out]),
        ),
        (data.test_labels, test.probabilities),
    )
    return Outcome(
        train=score(shown, labels, part.train[:: max(1, len(part.train) // 10_000)]),
        validation=validation,
        rendered_validation=rendered,
        test=test,
        calibration=calibration,
        averaged=averaged(
            probabilities,
            (data.train_images[part.validation], data.train_labels[part.validation]),
            (data.test_images, data.test_labels),
        ),
        weights=weights,
    )


def _resume(model: tf.Module, folder: Path, begin: Path | None) -> int:
    """Load the last epoch that was finished; how many were. The optimizer begins anew."""
    saved = sorted(folder.glob("epoch-*.npz"))
    if last := saved[-1] if saved else begin:
        load_weights(model, last)
    return int(saved[-1].stem.removeprefix("epoch-")) if saved else 0


def _pictures(recipe: Recipe, epoch: int, folder: Path, random: np.random.Generator) -> Levels:
    """What an epoch learns from, (n, 28, 28)."""
    pictures = fashion_mnist.load().train_images
    if not recipe.renderings:
        return pictures
    plain = random.random(len(pictures)) < recipe.plain_share
    rendered = rendering(recipe, epoch % recipe.renderings, folder)
    return np.where(plain[:, None, None], pictures, rendered)


def rendering(recipe: Recipe, number: int, folder: Path) -> Levels:
    """Rendering ``number`` of all training pictures (n, 28, 28), from the folder or made now."""
    path = folder / f"rendering-{number:03d}.npy"
    if path.exists():
        return np.asarray(np.load(path))
    data, seed = fashion_mnist.load(), (recipe.experiment.seed, number)
    found = realworld.render(data.train_images, data.train_labels, seed, recipe.without)
    temporary = path.with_suffix(".partial.npy")
    np.save(temporary, found)
    temporary.replace(path)
    return found
