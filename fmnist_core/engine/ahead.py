"""Varied batches, made by a thread of its own while the steps before them are learned.

To vary a batch may take as long as to learn it. OpenCV and TensorFlow both let go of the
interpreter, so the two go on side by side; what that leaves of the cost is in the README.
"""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from fmnist_core.engine.augment import Levels, Vary
from fmnist_core.engine.streaming import Images, Indices, pictures_of


@dataclass(frozen=True, eq=False)
class _Batch:
    indices: Indices
    made: Future[tuple[Levels, float]]


class Ahead:
    """Makes the batches that are asked for, and then as many that follow them."""

    def __init__(self, vary: Vary, images: Images, batch_size: int) -> None:
        self._vary = vary
        self._images = images
        self._size = batch_size
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="augment")
        self._waiting: dict[int, _Batch] = {}

    def take(
        self, order: Indices, first: int, count: int, done: int
    ) -> tuple[Levels, npt.NDArray[np.float32]]:
        """``count`` batches of the pictures ``order``, from number ``first`` on, one after another.

        Args:
            done: the number of the first step: what is drawn for a step follows from its number.

        Returns:
            The pictures of all batches in one array, and the share of mixup of each batch.
        """
        wanted = [self._batch(order, first + each, done + each) for each in range(count)]
        following = range(count, 2 * count)
        self._waiting = {
            done + each: self._batch(order, first + each, done + each)
            for each in following
            if (first + each) * self._size < len(order)
        }
        pictures, shares = zip(*(batch.made.result() for batch in wanted), strict=True)
        return np.concatenate(pictures), np.array(shares, np.float32)

    def _batch(self, order: Indices, position: int, step: int) -> _Batch:
        """The one that waits, unless another was expected there: who stops or goes back is told
        nothing wrong."""
        indices = order[position * self._size : (position + 1) * self._size]
        waiting = self._waiting.get(step)
        if waiting and np.array_equal(waiting.indices, indices):
            return waiting
        return _Batch(indices, self._thread.submit(self._make, indices, step))

    def _make(self, indices: Indices, step: int) -> tuple[Levels, float]:
        return self._vary(pictures_of(self._images, indices), step)
