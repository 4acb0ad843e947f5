"""Varied batches, made by a thread of its own while the steps before them are learned.

To vary a batch may take as long as to learn it. OpenCV and TensorFlow both let go of the
interpreter, so the two go on side by side; what that leaves of the cost is in the README.
"""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from fmnist_core.engine.augment import Levels, Vary
from fmnist_core.engine.streaming import Images, Indices, pictures_of

BYTES = 2**20
"""Pictures made in one go, about: handing each batch to the thread by itself would cost a small
network a good part of its step. Of large pictures that is one batch, so that nobody waits for the
next ones."""
Shares = npt.NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class _Stretch:
    """Batches that follow one another."""

    step: int
    """Of the first."""
    indices: Indices
    made: Future[tuple[Levels, Shares]]


class Ahead:
    """Makes the batches that are asked for, and then as many that follow them."""

    def __init__(self, vary: Vary, images: Images, batch_size: int) -> None:
        self._vary = vary
        self._images = images
        self._size = batch_size
        self._long = max(1, BYTES // (batch_size * int(np.prod(images.shape[1:]))))
        cv2.setNumThreads(1)  # the other core is the network's
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="augment")
        self._stretches: dict[int, _Stretch] = {}

    def take(self, order: Indices, first: int, count: int, done: int) -> tuple[Levels, Shares]:
        """``count`` batches of the pictures ``order``, from number ``first`` on, one after another.

        Args:
            done: the number of the first step: what is drawn for a step follows from its number.

        Returns:
            The pictures of all batches in one array, and the share of mixup of each batch.
        """
        begin, end = first // self._long, -(-(first + count) // self._long)
        following = -(-(first + 2 * count) // self._long)
        wanted = range(begin, min(following, -(-len(order) // self._pictures)))
        # Those that are needed are asked for before those that may be.
        self._stretches = {each: self._stretch(order, each, done - first) for each in wanted}
        made = [self._stretches[each].made.result() for each in range(begin, end)]
        pictures, shares = (np.concatenate(parts) for parts in zip(*made, strict=True))
        skipped = first - begin * self._long
        some = slice(skipped * self._size, (skipped + count) * self._size)
        return pictures[some], shares[skipped : skipped + count]

    @property
    def _pictures(self) -> int:
        """Of a stretch."""
        return self._long * self._size

    def _stretch(self, order: Indices, number: int, before: int) -> _Stretch:
        """The one that is there, unless another was expected there: who stops or goes back is told
        nothing wrong. ``before``: steps before the first of ``order``."""
        indices = order[number * self._pictures : (number + 1) * self._pictures]
        step = before + number * self._long
        there = self._stretches.get(number)
        if there and there.step == step and np.array_equal(there.indices, indices):
            return there
        return _Stretch(step, indices, self._thread.submit(self._make, indices, step))

    def _make(self, indices: Indices, step: int) -> tuple[Levels, Shares]:
        pictures = pictures_of(self._images, indices)
        made, shares = [], []
        for number, begin in enumerate(range(0, len(indices), self._size)):
            varied, share = self._vary(pictures[begin : begin + self._size], step + number)
            made.append(varied)
            shares.append(share)
        return np.concatenate(made), np.array(shares, np.float32)
