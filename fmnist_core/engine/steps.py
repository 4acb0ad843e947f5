"""Many training steps in one call: the loop runs inside TensorFlow, not in Python.

Keras' ``fit`` returns to Python after every batch, which for a small network takes longer than
the batch. Here the pictures lie in one tensor, a batch is gathered by its indices, and the losses
of a whole group of steps come back in one transfer. Pictures that vary come from ``ahead``.
"""

from __future__ import annotations

from collections.abc import Callable

import keras
import numpy as np
import numpy.typing as npt
import tensorflow as tf

from fmnist_core.architecture import Architecture
from fmnist_core.engine.ahead import Ahead
from fmnist_core.engine.answers import right
from fmnist_core.engine.augment import training_batch
from fmnist_core.engine.optimizers import Apply
from fmnist_core.engine.streaming import (
    UNBOUNDED,
    Images,
    Indices,
    as_tensor,
    picked,
    steps_at_once,
)
from fmnist_core.experiment import Augmentation, Training

Floats = npt.NDArray[np.float32]
Loss = Callable[[tf.Tensor, tf.Tensor], tf.Tensor]
"""(labels int32 (n,), what the network gave (n, classes)) -> loss of each picture (n,)."""
GROUP_SECONDS = 0.05
"""What a group of steps aims at; commands are obeyed between groups, within 100 ms."""


def as_pictures(images: tf.Tensor) -> tf.Tensor:
    """uint8 (n, h, w) -> float32 (n, h, w, 1) in [0, 1]; in colour (n, h, w, 3) stays so."""
    pictures = tf.cast(images, tf.float32) * (1 / 255)
    return pictures[..., tf.newaxis] if len(images.shape) == 3 else pictures


def loss_function(training: Training, architecture: Architecture) -> Loss:
    """(labels int32 (n,), what the network gave) -> loss of each picture (n,).

    For a softmax or sigmoid output Keras' ops go back to the logits, so both outputs learn the
    same. One sigmoid unit has binary cross-entropy, whichever way the labels are noted.
    """
    logits, classes = architecture.output.logits, architecture.classes
    if architecture.output.binary:
        return _binary_loss(training.label_smoothing, logits)
    if training.loss == "sparse":
        return lambda labels, given: keras.ops.sparse_categorical_crossentropy(
            labels, given, from_logits=logits
        )
    smoothing = training.label_smoothing
    off = smoothing / classes
    on = 1 - smoothing + off

    def one_hot_loss(labels: tf.Tensor, given: tf.Tensor) -> tf.Tensor:
        wanted = tf.one_hot(labels, classes, on_value=on, off_value=off)
        return keras.ops.categorical_crossentropy(wanted, given, from_logits=logits)

    return one_hot_loss


def _binary_loss(smoothing: float, logits: bool) -> Loss:
    def loss(labels: tf.Tensor, given: tf.Tensor) -> tf.Tensor:
        wanted = tf.cast(labels, tf.float32) * (1 - smoothing) + smoothing / 2
        each = keras.ops.binary_crossentropy(wanted[:, tf.newaxis], given, from_logits=logits)
        return each[:, 0]

    return loss


def mixed_loss(loss: Loss, share: tf.Tensor | float) -> Loss:
    """Of pictures that were blended with their batch in reverse order: as they were blended."""

    def blended(labels: tf.Tensor, given: tf.Tensor) -> tf.Tensor:
        return share * loss(labels, given) + (1 - share) * loss(labels[::-1], given)

    return blended


def total_loss(model: keras.Model, losses: tf.Tensor) -> tf.Tensor:
    """The mean over the pictures, and the penalties of the layers."""
    return tf.add_n([tf.reduce_mean(losses), *model.losses])


class Steps:
    """Runs groups of training steps over one tensor of pictures, or over a file of them.

    ``images`` uint8 (n, h, w) or (n, h, w, 3) and ``labels`` int32 (n,) are held once.
    """

    def __init__(
        self,
        model: keras.Model,
        loss: Loss,
        optimizer: Apply,
        images: Images,
        labels: tf.Tensor,
        batch_size: int,
        augmentation: Augmentation | None = None,
        seed: int = 0,
        logits: bool = False,
    ) -> None:
        augmentation = augmentation or Augmentation()
        vary = training_batch(augmentation, seed)
        self._ahead = Ahead(vary, images, batch_size) if vary else None
        self._mixes = bool(augmentation.mixup)
        self._logits = logits
        self._loss = loss
        self._model = model
        self._optimizer = optimizer
        self._images = images
        self._labels = labels
        self.batch_size = batch_size
        # As many again are made ahead.
        self.most_at_once = max(1, steps_at_once(images, batch_size) // (2 if vary else 1))
        """Steps in one call, at most: pictures that come from a file are held in memory then."""
        self._variables = [variable.value for variable in model.trainable_variables]
        # One trace serves every group size and the last, smaller batch of an epoch.
        self._group = tf.function(
            self._run_group,
            input_signature=[
                tf.TensorSpec([None, *images.shape[1:]], tf.uint8),
                tf.TensorSpec([None], tf.int32),
                tf.TensorSpec([None], tf.int32),
                tf.TensorSpec([None], tf.float32),
                tf.TensorSpec([None], tf.float32),
            ],
        )

    def run(
        self,
        order: Indices,
        rates: Floats,
        first: int = 0,
        done: int = 0,
        then: Indices | None = None,
    ) -> tuple[Floats, Floats]:
        """One step per rate, over the pictures ``order`` in batches; the last may be smaller.

        Args:
            first: the number of the first batch, of all that ``order`` has.
            done: steps that came before: what varies the pictures follows from a step's number.
            then: the order of the next epoch, if it is known: its pictures are varied ahead, too.

        Returns:
            Loss and accuracy of every step's batch, before its update: float32 (steps,) each.
        """
        count = len(rates)
        indices = order[first * self.batch_size : (first + count) * self.batch_size]
        shares = np.ones(count, np.float32)
        if self._ahead:
            pictures, shares = self._ahead.take(order, first, count, done, then)
            labels = tf.gather(self._labels, indices)
            batches = as_tensor(pictures), labels, tf.range(len(pictures))
        else:
            batches = picked(self._images, self._labels, indices)
        losses, accuracies = self._group(*batches, tf.constant(rates), tf.constant(shares))
        return losses.numpy(), accuracies.numpy()

    def _run_group(
        self,
        images: tf.Tensor,
        labels: tf.Tensor,
        order: tf.Tensor,
        rates: tf.Tensor,
        shares: tf.Tensor,
    ) -> tuple[tf.Tensor, tf.Tensor]:
        steps = tf.size(rates)
        losses = tf.TensorArray(tf.float32, steps)
        accuracies = tf.TensorArray(tf.float32, steps)
        for step in tf.range(steps):
            batch = order[step * self.batch_size : (step + 1) * self.batch_size]
            pictures = as_pictures(tf.gather(images, batch))
            wanted = tf.gather(labels, batch)
            loss, accuracy = self._step(pictures, wanted, rates[step], shares[step])
            losses = losses.write(step, loss)
            accuracies = accuracies.write(step, accuracy)
        return losses.stack(), accuracies.stack()

    def _step(
        self, pictures: tf.Tensor, labels: tf.Tensor, rate: tf.Tensor, share: tf.Tensor
    ) -> tuple[tf.Tensor, tf.Tensor]:
        loss_of = mixed_loss(self._loss, share) if self._mixes else self._loss
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(self._variables)
            given = self._model(pictures, training=True)
            loss = total_loss(self._model, loss_of(labels, given))
        self._optimizer(tape.gradient(loss, self._variables), rate)
        if self._mixes:  # of a blended picture the nearer label counts
            labels = tf.where(share < 0.5, labels[::-1], labels)
        return loss, tf.reduce_mean(right(labels, given, self._logits))


class Pace:
    """How many steps fit into a group. Begins with one and grows with what is measured."""

    def __init__(self, seconds: float = GROUP_SECONDS, most: int = UNBOUNDED) -> None:
        self._seconds = seconds
        self._most = most
        self.steps = 1

    def measured(self, steps: int, seconds: float) -> None:
        """A group took so long. At most doubles: one quick measurement may be luck."""
        fitting = int(self._seconds * steps / max(seconds, 1e-6))
        self.steps = max(1, min(fitting, 2 * self.steps, self._most))
