"""One update under the microscope: the batch that comes next, before and after it is learned."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
import numpy.typing as npt
import tensorflow as tf

from fmnist_core.engine.augment import training_batch
from fmnist_core.engine.inputs import Inputs, dataset_now, prepare
from fmnist_core.engine.optimizers import fused_optimizer
from fmnist_core.engine.steps import as_pictures, loss_function, mixed_loss, total_loss
from fmnist_core.engine.streaming import pictures_of
from fmnist_core.engine.weights import load_model
from fmnist_core.errors import RunError
from fmnist_core.models import ModelFiles

Answer = tuple[dict[str, Any], dict[str, npt.NDArray[Any]]]


@dataclass(frozen=True)
class _Frozen:
    """A copy of a network and the batch that it learns from next."""

    model: keras.Model
    pictures: tf.Tensor
    labels: tf.Tensor
    loss: Any

    def total(self) -> tf.Tensor:
        """The loss as training takes it. The same units are dropped each time, so that two losses
        differ by the weights alone."""
        for layer in self.model.layers:
            if seeds := getattr(layer, "seed_generator", None):
                seeds.state.assign(tf.zeros_like(seeds.state.value))
        given = self.model(self.pictures, training=True)
        return total_loss(self.model, self.loss(self.labels, given))


def one_step(files: ModelFiles, steps: int | None, params: dict[str, Any]) -> Answer:
    """Learn one batch with a copy of a network that is thrown away.

    The batch is the one that the run itself takes after ``steps`` steps (None: all of them), with
    its label noise and as its augmentation varies it at that step. ``params``: "optimizer" and
    "learning_rate", "variable" (a path such as ``conv2d_1/kernel``) and "index" into it; None is
    the experiment's own, and the weight with the largest gradient.

    Returns:
        {"step", "epoch", "loss", "after", "optimizer", "learning_rate", "variables":
        [{"path", "shape", "largest"}], "variable", "index", "weight", "gradient", "new"} and
        {"indices", "labels", "pictures" (n, 28, 28, 1)} of the batch.

    Raises:
        RunError: no such weight. ExperimentError: not an optimizer or learning rate.
    """
    experiment, own = files.experiment, files.experiment.training
    training = own.changed(
        optimizer=params.get("optimizer") or own.optimizer,
        learning_rate=params.get("learning_rate") or own.learning_rate,
    )
    data = prepare(experiment, dataset_now(experiment))
    per_epoch = experiment.steps_per_epoch(len(data.train))
    if steps is None:
        steps = experiment.total_steps(len(data.train))
    batch = _batch(data, experiment.seed, steps, per_epoch, training.batch_size)

    levels, loss = pictures_of(data.images, batch), loss_function(training, experiment.architecture)
    if vary := training_batch(experiment.data.augmentation, experiment.seed):
        levels, share = vary(levels, steps)
        if experiment.data.augmentation.mixup:
            loss = mixed_loss(loss, share)
    frozen = _Frozen(
        load_model(experiment, files.weights),
        as_pictures(tf.constant(levels)),
        tf.gather(data.labels, batch),
        loss,
    )
    variables = frozen.model.trainable_variables
    values = [variable.value for variable in variables]
    with tf.GradientTape() as tape:
        loss = frozen.total()
    gradients = tape.gradient(loss, values)
    sizes = [np.abs(gradient.numpy()) for gradient in gradients]
    paths = [variable.path for variable in variables]
    at = _chosen(paths, params.get("variable"), sizes)
    index = _index(sizes[at], params.get("index"))
    before = float(values[at].numpy()[index])
    fused_optimizer(training, values)(gradients, tf.constant(training.learning_rate, tf.float32))
    return {
        "step": steps + 1,
        "epoch": steps // per_epoch + 1,
        "loss": float(loss),
        "after": float(frozen.total()),
        "optimizer": training.optimizer,
        "learning_rate": training.learning_rate,
        "variables": [
            {"path": path, "shape": list(size.shape), "largest": _largest(size)}
            for path, size in zip(paths, sizes, strict=True)
        ],
        "variable": paths[at],
        "index": list(index),
        "weight": before,
        "gradient": float(gradients[at].numpy()[index]),
        "new": float(values[at].numpy()[index]),
    }, {"indices": batch, "labels": frozen.labels.numpy(), "pictures": frozen.pictures.numpy()}


def _batch(data: Inputs, seed: int, steps: int, per_epoch: int, size: int) -> npt.NDArray[np.int32]:
    """The training pictures of the step after ``steps``, in the run's own order."""
    epochs, position = divmod(steps, per_epoch)
    return data.order(seed, epochs + 1)[position * size : (position + 1) * size]


def _chosen(paths: list[str], wanted: str | None, sizes: list[npt.NDArray[Any]]) -> int:
    if wanted is None:
        return int(np.argmax([size.max() for size in sizes]))
    if wanted not in paths:
        raise RunError(f"This network has no weights {wanted[:60]!r}. Choose other ones.")
    return paths.index(wanted)


def _index(size: npt.NDArray[Any], wanted: list[int] | None) -> tuple[int, ...]:
    index = tuple(_largest(size) if wanted is None else wanted)
    if len(index) != size.ndim or not all(
        0 <= i < n for i, n in zip(index, size.shape, strict=True)
    ):
        raise RunError(f"There is no weight {index} in weights of shape {size.shape}.")
    return index


def _largest(size: npt.NDArray[Any]) -> list[int]:
    return [int(i) for i in np.unravel_index(int(size.argmax()), size.shape)]
