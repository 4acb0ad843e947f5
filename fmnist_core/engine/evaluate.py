"""Loss, accuracy and probabilities over many pictures, in chunks short enough to interrupt."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

import keras
import numpy as np
import numpy.typing as npt
import tensorflow as tf

from fmnist_core.engine.answers import probabilities, right
from fmnist_core.engine.steps import Loss, as_pictures
from fmnist_core.engine.streaming import Images, picked, pictures_at_once

Floats = npt.NDArray[np.float32]
CHUNK_SECONDS = 0.04
SMALLEST_CHUNK, FIRST_CHUNK, LARGEST_CHUNK = 16, 128, 4_096
"""Powers of two: oneDNN keeps code and memory for every size of chunk that it has met, so a size
of its own for each mood of the machine would make a long run grow and grow."""


@dataclass(frozen=True, eq=False)
class Scores:
    loss: float
    accuracy: float
    n: int
    probabilities: Floats
    """float32 (n, classes)."""


class Evaluator:
    """Judges a network as it is now. Its loss is the training loss, penalties included."""

    def __init__(self, model: keras.Model, loss: Loss, logits: bool) -> None:
        self._model = model
        self._loss = loss
        self._logits = logits
        self._largest = pictures_at_once(model, LARGEST_CHUNK, SMALLEST_CHUNK)
        self._chunk = min(FIRST_CHUNK, self._largest)
        channels = model.input_shape[3:] if model.input_shape[3] > 1 else ()
        self._forward = tf.function(
            self._judge,
            input_signature=[
                tf.TensorSpec([None, *model.input_shape[1:3], *channels], tf.uint8),
                tf.TensorSpec([None], tf.int32),
                tf.TensorSpec([None], tf.int32),
            ],
        )

    def score(
        self,
        images: Images,
        labels: tf.Tensor,
        indices: npt.NDArray[np.int32],
        between: Callable[[], bool] = lambda: True,
    ) -> Scores | None:
        """The pictures ``indices`` of ``images`` uint8 (n, h, w) or (n, h, w, 3) and ``labels``
        int32 (n,).

        ``between`` is asked after every chunk whether to go on; None when it said no.
        """
        parts = []
        position = 0
        while position < len(indices):
            begin = time.perf_counter()
            chunk = indices[position : position + self._chunk]
            found = self._forward(*picked(images, labels, _filled(chunk)))
            parts.append([part.numpy()[: len(chunk)] for part in found])
            position += len(chunk)
            if len(chunk) == self._chunk:
                self._adapt(time.perf_counter() - begin)
            if not between():
                return None
        losses, rights, chances = (np.concatenate(part) for part in zip(*parts, strict=True))
        penalty = float(tf.add_n(self._model.losses)) if self._model.losses else 0.0
        loss = float(losses.mean(dtype=np.float64)) + penalty
        accuracy = float(rights.mean(dtype=np.float64))
        return Scores(loss, accuracy, len(indices), chances)

    def _adapt(self, seconds: float) -> None:
        if seconds > CHUNK_SECONDS:
            self._chunk = max(self._chunk // 2, SMALLEST_CHUNK)
        elif seconds < CHUNK_SECONDS / 2:
            self._chunk = min(2 * self._chunk, self._largest)

    def _judge(
        self, images: tf.Tensor, labels: tf.Tensor, indices: tf.Tensor
    ) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
        given = self._model(as_pictures(tf.gather(images, indices)), training=False)
        wanted = tf.gather(labels, indices)
        return (
            self._loss(wanted, given),
            right(wanted, given, self._logits),
            probabilities(given, self._logits),
        )


def _filled(chunk: npt.NDArray[np.int32]) -> npt.NDArray[np.int32]:
    """The chunk with its last index repeated, up to the next power of two."""
    size = max(SMALLEST_CHUNK, 1 << (len(chunk) - 1).bit_length())
    return np.pad(chunk, (0, size - len(chunk)), mode="edge")
