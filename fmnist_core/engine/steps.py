"""Many training steps in one call: the loop runs inside TensorFlow, not in Python.

Keras' ``fit`` returns to Python after every batch, which for a small network takes longer than
the batch. Here the pictures lie in one tensor, a batch is gathered by its indices, and the losses
of a whole group of steps come back in one transfer.
"""

from __future__ import annotations

import keras
import numpy as np
import numpy.typing as npt
import tensorflow as tf

from fmnist_core.engine.augment import Loss, training_batch
from fmnist_core.engine.optimizers import Apply
from fmnist_core.experiment import Augmentation, Training

Floats = npt.NDArray[np.float32]
GROUP_SECONDS = 0.05
"""What a group of steps aims at; commands are obeyed between groups, within 100 ms."""


def as_pictures(images: tf.Tensor) -> tf.Tensor:
    """uint8 (n, h, w) -> float32 (n, h, w, 1) in [0, 1]."""
    return tf.cast(images, tf.float32)[..., tf.newaxis] * (1 / 255)


def loss_function(training: Training, logits: bool, classes: int) -> Loss:
    """(labels int32 (n,), what the network gave (n, classes)) -> loss of each picture (n,).

    For a softmax output Keras' ops go back to the logits, so both outputs learn the same.
    """
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


def right(labels: tf.Tensor, given: tf.Tensor) -> tf.Tensor:
    """1.0 where the largest output is the label's, else 0.0: float32 (n,)."""
    return tf.cast(tf.equal(tf.argmax(given, -1, output_type=labels.dtype), labels), tf.float32)


def total_loss(model: keras.Model, losses: tf.Tensor) -> tf.Tensor:
    """The mean over the pictures, and the penalties of the layers."""
    return tf.add_n([tf.reduce_mean(losses), *model.losses])


class Steps:
    """Runs groups of training steps over one tensor of pictures.

    ``images`` uint8 (n, 28, 28) and ``labels`` int32 (n,) are held once, as tensors.
    """

    def __init__(
        self,
        model: keras.Model,
        loss: Loss,
        optimizer: Apply,
        images: tf.Tensor,
        labels: tf.Tensor,
        batch_size: int,
        augmentation: Augmentation | None = None,
        seed: int = 0,
    ) -> None:
        self._vary = training_batch(augmentation or Augmentation(), seed, loss)
        self._model = model
        self._optimizer = optimizer
        self._images = images
        self._labels = labels
        self.batch_size = batch_size
        self._variables = [variable.value for variable in model.trainable_variables]
        # One trace serves every group size and the last, smaller batch of an epoch.
        self._group = tf.function(
            self._run_group,
            input_signature=[
                tf.TensorSpec([None], tf.int32),
                tf.TensorSpec([None], tf.float32),
                tf.TensorSpec([], tf.int32),
            ],
        )

    def run(
        self, order: npt.NDArray[np.int32], rates: Floats, done: int = 0
    ) -> tuple[Floats, Floats]:
        """One step per rate, over the pictures ``order`` in batches; the last may be smaller.

        ``done`` steps came before: what varies the pictures is drawn by the number of the step.

        Returns:
            Loss and accuracy of every step's batch, before its update: float32 (steps,) each.
        """
        losses, accuracies = self._group(
            tf.constant(order), tf.constant(rates), tf.constant(done, tf.int32)
        )
        return losses.numpy(), accuracies.numpy()

    def _run_group(
        self, order: tf.Tensor, rates: tf.Tensor, done: tf.Tensor
    ) -> tuple[tf.Tensor, tf.Tensor]:
        steps = tf.size(rates)
        losses = tf.TensorArray(tf.float32, steps)
        accuracies = tf.TensorArray(tf.float32, steps)
        for step in tf.range(steps):
            batch = order[step * self.batch_size : (step + 1) * self.batch_size]
            loss, accuracy = self._step(batch, rates[step], done + step)
            losses = losses.write(step, loss)
            accuracies = accuracies.write(step, accuracy)
        return losses.stack(), accuracies.stack()

    def _step(
        self, batch: tf.Tensor, rate: tf.Tensor, number: tf.Tensor
    ) -> tuple[tf.Tensor, tf.Tensor]:
        pictures = as_pictures(tf.gather(self._images, batch))
        labels = tf.gather(self._labels, batch)
        pictures, loss_of = self._vary(pictures, number)
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(self._variables)
            given = self._model(pictures, training=True)
            loss = total_loss(self._model, loss_of(labels, given))
        self._optimizer(tape.gradient(loss, self._variables), rate)
        return loss, tf.reduce_mean(right(labels, given))


class Pace:
    """How many steps fit into a group. Begins with one and grows with what is measured."""

    def __init__(self, seconds: float = GROUP_SECONDS) -> None:
        self._seconds = seconds
        self.steps = 1

    def measured(self, steps: int, seconds: float) -> None:
        """A group took so long. At most doubles: one quick measurement may be luck."""
        fitting = int(self._seconds * steps / max(seconds, 1e-6))
        self.steps = max(1, min(fitting, 2 * self.steps))
