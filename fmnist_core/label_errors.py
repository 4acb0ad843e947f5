"""Pictures that probably carry the wrong label: the network and their likes say something else.

The first half is confident learning (Northcutt, Jiang and Chuang, 2021): a picture is suspected
when the network gives another class more than it gives, on average, to pictures that carry that
label. A network repeats its own mistakes, so the second half asks the pictures themselves: most
of the ten others that are nearest to it must carry that label, too.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from fmnist_core.wording import how_sure, percent

COMPARED = 14
"""Numbers along a side in which pictures are compared, at least."""
AT_ONCE = 256
"""Pictures that are shrunk together: large ones are read from a file."""
NEIGHBOURS = 10
AGREEING = 7
"""So many of the neighbours must carry the other label."""


@dataclass(frozen=True)
class Suspect:
    """One picture whose label is doubted, and why."""

    index: int
    label: int
    probable: int
    """The class that it probably is."""
    sure: float
    """What the network gives to ``probable``."""
    usual: float
    """What it gives, on average, to pictures labelled ``probable``."""
    given: float
    """What it gives to the label."""
    neighbours: tuple[int, ...]
    """The nearest other pictures, the nearest first."""
    agree: int
    """How many of them are labelled ``probable``."""
    disagree: int
    """How many of them are labelled as this one."""

    def reason(self, names: Sequence[str]) -> str:
        """Why, in words."""
        label, probable = names[self.label], names[self.probable]
        others = "none" if not self.disagree else f"{self.disagree}"
        return (
            f"The network gives {probable} {how_sure(self.sure, 1)} (pictures labelled so get "
            f"{how_sure(self.usual, 1)} on average) and {label} {percent(self.given)}. Of the "
            f"{len(self.neighbours)} test pictures most like it, {self.agree} are labelled "
            f"{probable} and {others} {label}."
        )


@dataclass(frozen=True)
class Suspicion:
    """What was found among ``n`` pictures."""

    n: int
    doubted: int
    """By the network alone."""
    suspects: tuple[Suspect, ...]
    """By their neighbours, too; the surest first."""


def suspicion(
    labels: npt.NDArray[np.integer[Any]],
    probabilities: npt.NDArray[np.floating[Any]],
    images: npt.NDArray[np.uint8],
) -> Suspicion:
    """Find the pictures whose label both the network and similar pictures contradict.

    Args:
        labels: (n,).
        probabilities: (n, classes).
        images: (n, h, w), h and w even.
    """
    given = labels.astype(np.int64)
    usual = _usual(given, probabilities)
    # Of several classes above their thresholds the likeliest counts.
    above = np.where(probabilities >= usual, probabilities, 0)
    said = above.argmax(axis=1)
    doubted = np.flatnonzero((above.max(axis=1) > 0) & (said != given))
    near = _nearest(images, doubted)
    agree = (given[near] == said[doubted, np.newaxis]).sum(axis=1)
    disagree = (given[near] == given[doubted, np.newaxis]).sum(axis=1)
    needed = min(AGREEING, near.shape[1]) or 1
    suspects = [
        Suspect(
            index=int(index),
            label=int(given[index]),
            probable=int(said[index]),
            sure=float(probabilities[index, said[index]]),
            usual=float(usual[said[index]]),
            given=float(probabilities[index, given[index]]),
            neighbours=tuple(near[place].tolist()),
            agree=int(agree[place]),
            disagree=int(disagree[place]),
        )
        for place, index in enumerate(doubted)
        if agree[place] >= needed
    ]
    suspects.sort(key=lambda each: (each.given - each.sure, -each.agree, each.index))
    return Suspicion(len(given), len(doubted), tuple(suspects))


def _usual(
    labels: npt.NDArray[np.int64], probabilities: npt.NDArray[np.floating[Any]]
) -> npt.NDArray[np.float64]:
    """Mean probability of each class over the pictures labelled so, (classes,); 1 for none."""
    classes = probabilities.shape[1]
    own = probabilities[np.arange(len(labels)), labels].astype(np.float64)
    counts = np.bincount(labels, minlength=classes)
    sums = np.bincount(labels, weights=own, minlength=classes)
    return np.where(counts > 0, sums / np.maximum(counts, 1), 1.0)


def _shrunk(images: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
    """Sums over blocks of uint8 (n, h, w) or (n, h, w, 3): float32 (n, numbers)."""
    n, height, width = images.shape[:3]
    side = max(2, min(height, width) // COMPARED)
    rows, columns = height // side, width // side
    cut = images[:, : rows * side, : columns * side]
    blocks = cut.reshape(n, rows, side, columns, side, -1)
    sums: npt.NDArray[np.uint32] = blocks.sum(axis=(2, 4), dtype=np.uint32)
    return sums.reshape(n, -1).astype(np.float32)


def _nearest(images: npt.NDArray[np.uint8], wanted: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """For each of ``wanted`` (m,) the nearest other pictures, int64 (m, NEIGHBOURS or fewer).

    Pictures are compared at half their size (large ones at 14 to 27 numbers a side), which
    forgives a shift by a pixel, and by the angle between them, which forgives light and dark.
    """
    n = len(images)
    small = np.concatenate([_shrunk(images[i : i + AT_ONCE]) for i in range(0, n, AT_ONCE)])
    small /= np.maximum(np.linalg.norm(small, axis=1, keepdims=True), 1e-9)
    k = min(NEIGHBOURS, n - 1)
    found = np.zeros((len(wanted), k), dtype=np.int64)
    # In parts, because a poor network doubts thousands.
    for start in range(0, len(wanted), 200):
        part = wanted[start : start + 200]
        likeness = small[part] @ small.T
        rows = np.arange(len(part))[:, np.newaxis]
        likeness[rows[:, 0], part] = -1
        near = np.argpartition(-likeness, k - 1, axis=1)[:, :k]
        order = np.argsort(-likeness[rows, near], axis=1, kind="stable")
        found[start : start + 200] = near[rows, order]
    return found
