"""A picture shown several ways: its mirror image, moved a little. The mean of the answers is right
more often than the answer to the picture alone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]
Levels = npt.NDArray[np.uint8]
Pictures = tuple[Levels, npt.NDArray[np.uint8]]
"""uint8 (n, h, w), and the label of each (n,)."""
MOST_MOVED = 3
"""Pixels that are tried at most."""


@dataclass(frozen=True)
class Averaged:
    """Accuracies of the mean of the probabilities of all views of a picture."""

    validation: tuple[float, ...]
    """Moved by up to 0, 1, ... ``MOST_MOVED`` pixels."""
    mirrored_test: float
    """Not moved."""
    test: float
    """Moved by up to ``pixels``."""

    @property
    def pixels(self) -> int:
        """With which most validation pictures are right; the fewest if several are as good."""
        return self.validation.index(max(self.validation))


def averaged(
    probabilities: Callable[[Levels], Floats], validation: Pictures, test: Pictures
) -> Averaged:
    """How far pictures are moved is chosen by the validation pictures.

    ``probabilities`` are a network's: uint8 (n, h, w) -> (n, classes).
    """
    tried = _accuracies(probabilities, validation, MOST_MOVED)
    best = tried.index(max(tried))
    test_found = _accuracies(probabilities, test, best)
    return Averaged(tried, test_found[0], test_found[-1])


def _accuracies(
    probabilities: Callable[[Levels], Floats], asked: Pictures, most: int
) -> tuple[float, ...]:
    """Of the mean over all views that are moved by up to 0, 1, ... ``most`` pixels."""
    pictures, labels = asked
    total: Floats | float = 0.0
    found = []
    for pixels in range(most + 1):
        total = sum((probabilities(view) for view in _moved(pictures, pixels)), total)
        found.append(float((np.argmax(total, axis=1) == labels).mean()))
    return tuple(found)


def views_of(pictures: Levels, pixels: int) -> list[Levels]:
    """The pictures (n, h, w) and their mirror images, moved by up to so many pixels both ways.

    What is moved out of a picture is lost; black moves in.
    """
    return [view for each in range(pixels + 1) for view in _moved(pictures, each)]


def _moved(pictures: Levels, pixels: int) -> list[Levels]:
    """Those that are moved by exactly so many pixels one way, and by no more the other."""
    height, width = pictures.shape[1:]
    room = ((0, 0), (pixels, pixels), (pixels, pixels))
    moves = range(2 * pixels + 1)
    return [
        np.ascontiguousarray(each[:, down : down + height, right : right + width])
        for each in (np.pad(pictures, room), np.pad(pictures[:, :, ::-1], room))
        for down in moves
        for right in moves
        if max(abs(down - pixels), abs(right - pixels)) == pixels
    ]
