"""Varied batches, made by a thread of its own while the steps before them are learned.

To vary a batch may take as long as to learn it. OpenCV and TensorFlow both let go of the
interpreter, so the two go on side by side; what that leaves of the cost is in the README.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from fmnist_core.engine.augment import Levels, Vary
from fmnist_core.engine.streaming import Images, Indices, aligned, pictures_of

BYTES = 2**20
"""Pictures made in one go, about: handing each batch to the thread by itself would cost a small
network a good part of its step. Of large pictures that is one batch, so that nobody waits for the
next ones."""
Shares = npt.NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class _Stretch:
    """Batches that follow one another."""

    indices: Indices
    made: Future[tuple[Levels, Shares]]


class Ahead:
    """Makes the batches that are asked for, and then as many that follow them.

    As many as the larger of two calls: the last call of an epoch may be for a few.
    """

    def __init__(self, vary: Vary, images: Images, batch_size: int) -> None:
        self._vary = vary
        self._images = images
        self._size = batch_size
        self._long = max(1, BYTES // (batch_size * int(np.prod(images.shape[1:]))))
        cv2.setNumThreads(1)  # the other core is the network's
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="augment")
        self._stretches: dict[int, _Stretch] = {}
        """By their first step."""
        self._count = 0
        """Of the call before."""
        self._room = aligned((0, *images.shape[1:]))

    def take(
        self, order: Indices, first: int, count: int, done: int, then: Indices | None = None
    ) -> tuple[Levels, Shares]:
        """``count`` batches of the pictures ``order``, from number ``first`` on, one after another.

        Args:
            done: the number of the first step: what is drawn for a step follows from its number.
            then: the order of the next epoch, if it is known, so that nobody waits at its start.

        Returns:
            The pictures of all batches in one array, good until the next call, and the share of
            mixup of each batch.
        """
        before, batches = done - first, -(-len(order) // self._size)
        begin, end = first // self._long, -(-(first + count) // self._long)
        following = first + count + max(count, self._count)
        self._count = count
        # Those that are needed are asked for before those that may be.
        wanted = self._expected(order, before, begin, min(following, batches))
        if then is not None:
            left = max(0, following - batches)
            wanted |= self._expected(then, before + batches, 0, left)
        self._stretches = wanted
        needed = [wanted[before + each * self._long].made for each in range(begin, end)]
        pictures, shares = zip(*(each.result() for each in needed), strict=True)
        skipped = first - begin * self._long
        some = slice(skipped * self._size, (skipped + count) * self._size)
        return self._joined(pictures)[some], np.concatenate(shares)[skipped : skipped + count]

    def _expected(self, order: Indices, before: int, begin: int, end: int) -> dict[int, _Stretch]:
        """The stretches from number ``begin`` on to batch ``end``.

        Args:
            before: steps before the first of ``order``.
        """
        numbers = range(begin, -(-end // self._long))
        return {before + each * self._long: self._stretch(order, before, each) for each in numbers}

    def _stretch(self, order: Indices, before: int, number: int) -> _Stretch:
        """The one that is there, unless another was expected there: who stops or goes back is told
        nothing wrong."""
        pictures, step = self._long * self._size, before + number * self._long
        indices = order[number * pictures : (number + 1) * pictures]
        there = self._stretches.get(step)
        if there and np.array_equal(there.indices, indices):
            return there
        return _Stretch(indices, self._thread.submit(self._make, indices, step))

    def _joined(self, parts: Sequence[Levels]) -> Levels:
        """In one array, the same one again: finding new memory takes longer than copying."""
        if len(parts) == 1:
            return parts[0]
        total = sum(len(part) for part in parts)
        if len(self._room) < total:
            self._room = aligned((total, *parts[0].shape[1:]))
        return np.concatenate(parts, out=self._room[:total])

    def _make(self, indices: Indices, step: int) -> tuple[Levels, Shares]:
        pictures = pictures_of(self._images, indices)
        made, shares = [], []
        for number, begin in enumerate(range(0, len(indices), self._size)):
            varied, share = self._vary(pictures[begin : begin + self._size], step + number)
            made.append(varied)
            shares.append(share)
        return np.concatenate(made), np.array(shares, np.float32)
