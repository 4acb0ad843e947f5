"""Whether a network is as often right as it is sure, and what it gains by keeping quiet."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from fmnist_core.evaluation import Interval, wilson

BINS = 10


@dataclass(frozen=True)
class Bin:
    """The pictures on which the network was ``low`` to ``high`` sure of its answer."""

    low: float
    high: float
    n: int
    sure: float
    """Mean sureness; 0 without pictures."""
    accuracy: float
    """Share that was right; 0 without pictures."""
    interval: Interval


@dataclass(frozen=True)
class Calibration:
    """How sure ``n`` answers were, and how often they were right.

    ``error`` is the expected calibration error: the gap between sureness and accuracy of each
    bin, averaged over the pictures.
    """

    n: int
    bins: tuple[Bin, ...]
    error: float
    sure: float
    accuracy: float


@dataclass(frozen=True)
class Answered:
    """What happens when a network answers only if it is at least ``threshold`` sure."""

    threshold: float
    total: int
    n: int
    """How many of ``total`` pictures it answers."""
    right: int
    right_declined: int
    """How many of the others it would have had right."""

    @property
    def coverage(self) -> float:
        return self.n / self.total if self.total else 0.0

    @property
    def accuracy(self) -> float:
        """Of the pictures that it answers; 0 if there are none."""
        return self.right / self.n if self.n else 0.0

    @property
    def interval(self) -> Interval:
        return wilson(self.right, self.n)


def calibration(
    labels: npt.NDArray[np.integer[Any]],
    probabilities: npt.NDArray[np.floating[Any]],
    bins: int = BINS,
) -> Calibration:
    """Sort answers into ``bins`` equally wide bins of sureness, the largest probability.

    Args:
        labels: (n,).
        probabilities: (n, classes). A sureness on an edge belongs to the bin above it.
    """
    sure, right = _answers(labels, probabilities)
    place = np.minimum((sure * bins).astype(np.int64), bins - 1)
    counts = np.bincount(place, minlength=bins)
    hits = np.bincount(place, weights=right, minlength=bins)
    sums = np.bincount(place, weights=sure, minlength=bins)
    found = tuple(
        Bin(
            low=i / bins,
            high=(i + 1) / bins,
            n=int(n),
            sure=float(sums[i] / n) if n else 0.0,
            accuracy=float(hits[i] / n) if n else 0.0,
            interval=wilson(int(hits[i]), int(n)),
        )
        for i, n in enumerate(counts)
    )
    total = len(sure)
    if not total:
        return Calibration(0, found, 0.0, 0.0, 0.0)
    gaps = float(np.abs(hits - sums).sum()) / total
    return Calibration(total, found, gaps, float(sure.mean()), float(right.mean()))


def answered(
    labels: npt.NDArray[np.integer[Any]],
    probabilities: npt.NDArray[np.floating[Any]],
    threshold: float,
) -> Answered:
    """Count what is answered at ``threshold`` (0 to 1) and how much of it is right.

    ``labels`` are (n,), ``probabilities`` (n, classes).
    """
    sure, right = _answers(labels, probabilities)
    kept = sure >= threshold
    return Answered(
        threshold=threshold,
        total=len(sure),
        n=int(kept.sum()),
        right=int(right[kept].sum()),
        right_declined=int(right[~kept].sum()),
    )


def coverage_curve(
    labels: npt.NDArray[np.integer[Any]],
    probabilities: npt.NDArray[np.floating[Any]],
    points: int = 100,
) -> list[Answered]:
    """Answer 1/``points`` of the pictures, 2/``points`` ... all of them, the surest first.

    Equally sure pictures are answered together, so that a point may stand for more, and points
    that would be the same are left out.
    """
    sure, right = _answers(labels, probabilities)
    n = len(sure)
    if not n:
        return []
    order = np.argsort(-sure, kind="stable")
    falling, hits = sure[order], np.concatenate([[0], np.cumsum(right[order])])
    wanted = falling[(np.arange(1, points + 1) * n + points - 1) // points - 1]
    thresholds = np.unique(wanted)[::-1]
    kept = np.searchsorted(-falling, -thresholds, side="right")
    return [
        Answered(float(threshold), n, int(k), int(hits[k]), int(hits[n] - hits[k]))
        for threshold, k in zip(thresholds, kept, strict=True)
    ]


def _answers(
    labels: npt.NDArray[np.integer[Any]], probabilities: npt.NDArray[np.floating[Any]]
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.bool_]]:
    """How sure each answer is, float64 (n,), and whether it is right, bool (n,)."""
    sure = probabilities.max(axis=1).astype(np.float64)
    return sure, np.asarray(probabilities.argmax(axis=1) == labels)
