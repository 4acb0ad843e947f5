"""A network with what makes it learn and what judges it, as an experiment says."""

from __future__ import annotations

from dataclasses import dataclass

import keras
import tensorflow as tf

from fmnist_core.engine.build import build
from fmnist_core.engine.evaluate import Evaluator
from fmnist_core.engine.optimizers import fused_optimizer
from fmnist_core.engine.precision import precision
from fmnist_core.engine.steps import Steps, loss_function
from fmnist_core.engine.streaming import Images
from fmnist_core.experiment import Experiment


@dataclass(frozen=True, eq=False)
class Learner:
    model: keras.Model
    steps: Steps
    evaluator: Evaluator


def learner(
    experiment: Experiment,
    images: Images,
    labels: tf.Tensor,
    rescale: tuple[float, float] | None,
    seed: int,
) -> Learner:
    """Everything new, its weights drawn from ``seed``.

    Args:
        images: uint8 (n, h, w) or (n, h, w, 3), from which batches are gathered; ``labels`` int32
            (n,).
        rescale: as ``inputs.Inputs`` has it.
    """
    training, architecture = experiment.training, experiment.architecture
    logits = architecture.output.logits
    computed = precision(architecture)
    model = build(architecture, rescale, seed, fused=True, precision=computed)
    loss = loss_function(training, architecture)
    optimizer = fused_optimizer(training, [each.value for each in model.trainable_variables])
    steps = Steps(
        model,
        loss,
        optimizer,
        images,
        labels,
        training.batch_size,
        experiment.data.augmentation,
        seed,
        logits,
    )
    return Learner(model, steps, Evaluator(model, loss, logits))


def judge(
    experiment: Experiment, trained: keras.Model, rescale: tuple[float, float] | None
) -> Evaluator:
    """Judges what was trained as it answers from now on: in float32, whatever it was trained in."""
    architecture = experiment.architecture
    model = build(architecture, rescale, experiment.seed, fused=True)
    model.set_weights(trained.get_weights())
    loss = loss_function(experiment.training, architecture)
    return Evaluator(model, loss, architecture.output.logits)
