"""What a sketch is made of: outlines, lines, and their simple forms."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Points = npt.NDArray[np.float64]
"""(n, 2): x, y downwards; about 1 is half of a garment's width."""
Random = np.random.Generator


@dataclass(frozen=True, eq=False)
class Sketch:
    outlines: list[Points]
    """Closed: what they enclose is the garment."""
    lines: list[Points]
    """Seams, straps, laces: drawn, not filled."""

    def moved(self, matrix: Points, offset: Points) -> Sketch:
        def move(points: Points) -> Points:
            return points @ matrix.T + offset

        return Sketch([move(each) for each in self.outlines], [move(each) for each in self.lines])


def points(*pairs: tuple[float, float]) -> Points:
    return np.array(pairs, np.float64)


def both_sides(right: Points, random: Random) -> Points:
    """Closed, from its right half, top to bottom; a hand never draws the left one the same."""
    jitter = random.normal(0, random.choice((0.015, 0.03, 0.06)), (2, *right.shape))
    left = (right * (-1, 1) + jitter[0])[::-1]
    return rounded(np.concatenate([right + jitter[1], left]), int(random.integers(0, 3)))


def rounded(points: Points, times: int) -> Points:
    """Corners cut off, ``times`` over (Chaikin's scheme)."""
    for _ in range(times):
        after = np.roll(points, -1, 0)
        cut = np.stack([0.75 * points + 0.25 * after, 0.25 * points + 0.75 * after], 1)
        points = cut.reshape(-1, 2)
    return points


def ellipse(centre: tuple[float, float], x: float, y: float, begin: float, end: float) -> Points:
    """An arc in turns, clockwise from the right."""
    angle = 2 * np.pi * np.linspace(begin, end, 24)
    return np.stack([centre[0] + x * np.cos(angle), centre[1] + y * np.sin(angle)], 1)


def centred(line: Points, times: int = 1) -> list[Points]:
    """The line and its mirror image."""
    return [line, line * (-1, 1)][: 1 + times]
