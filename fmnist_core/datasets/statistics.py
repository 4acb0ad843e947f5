"""What a set of pictures looks like on the whole: counts, mean pictures, brightness."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt


class Moments(NamedTuple):
    """Mean and standard deviation of all pixels, of pictures scaled to [0, 1]."""

    mean: float
    std: float


def class_counts(labels: npt.NDArray[np.uint8], classes: int = 10) -> npt.NDArray[np.int64]:
    """Count the pictures of each class: int64 (classes,)."""
    return np.bincount(labels, minlength=classes).astype(np.int64)


def mean_pictures(
    images: npt.NDArray[np.uint8], labels: npt.NDArray[np.uint8], classes: int = 10
) -> npt.NDArray[np.float32]:
    """Average the pictures (n, h, w) of each class: float32 (classes, h, w) in [0, 1].

    A class without pictures is black.
    """
    means = np.zeros((classes, *images.shape[1:]), dtype=np.float32)
    for label in np.unique(labels):
        means[label] = images[labels == label].mean(axis=0, dtype=np.float64) / 255
    return means


def moments(images: npt.NDArray[np.uint8], indices: npt.NDArray[np.int64] | None = None) -> Moments:
    """Measure the pixels of ``images`` (n, h, w), or of those at ``indices``; exact, from their
    histogram, a part at a time."""
    chosen = np.arange(len(images)) if indices is None else indices
    histogram = np.zeros(256, dtype=np.int64)
    at_once = max(1, 1_600_000 // max(1, images[:1].size))  # bincount widens to 64 bit
    for begin in range(0, len(chosen), at_once):
        part = images[chosen[begin : begin + at_once]]
        histogram += np.bincount(part.ravel(), minlength=256)
    levels = np.arange(256) / 255
    mean = float(np.average(levels, weights=histogram))
    return Moments(mean, float(np.average((levels - mean) ** 2, weights=histogram)) ** 0.5)
