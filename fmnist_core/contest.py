"""Beat the model: twenty test pictures that a network finds hard, labelled by a visitor."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from fmnist_core.evaluation import Interval, wilson

PICTURES = 20
POOL = 500
"""The pictures of a round are drawn from so many that the network is least sure of."""
CROWD_RIGHT, CROWD_N = 835, 1_000
"""Fashion-MNIST's README, "Human Performance": 1,000 random test pictures, each labelled by three
people without expertise in fashion; what most of them said was right for 83.5 %."""


@dataclass(frozen=True)
class Score:
    """How often somebody was right."""

    right: int
    n: int

    @property
    def accuracy(self) -> float:
        return self.right / self.n if self.n else 0.0

    @property
    def interval(self) -> Interval:
        return wilson(self.right, self.n)


CROWD = Score(CROWD_RIGHT, CROWD_N)


@dataclass(frozen=True)
class Round:
    """The pictures of one round, and the visitor's answers so far, in the same order."""

    seed: int
    pictures: tuple[int, ...]
    answers: tuple[int, ...] = ()

    @property
    def over(self) -> bool:
        return len(self.answers) == len(self.pictures)

    def answer(self, position: int, label: int) -> Self:
        """Label the picture at ``position``. Whatever is not the next picture is left alone: a
        second click on the same one."""
        if self.over or position != len(self.answers):
            return self
        return replace(self, answers=(*self.answers, label))

    def back(self) -> Self:
        """Take the last answer back, as long as nothing is revealed."""
        return self if self.over else replace(self, answers=self.answers[:-1])


def least_sure(
    probabilities: npt.NDArray[np.floating[Any]], n: int = POOL
) -> npt.NDArray[np.int64]:
    """The pictures that a network is least sure of, int64 (n,), whether it is right or not.

    Choosing by its mistakes would be no contest: it could not score. ``probabilities`` are
    (pictures, classes).
    """
    return np.argsort(probabilities.max(axis=1), kind="stable")[:n].astype(np.int64)


def draw(
    probabilities: npt.NDArray[np.floating[Any]], seed: int, without: Collection[int] = ()
) -> Round:
    """Draw a round: the same for everyone with the same network and seed.

    ``without`` are pictures whose label the visitor has on the screen.
    """
    mixed = np.random.default_rng(seed).permutation(least_sure(probabilities)).tolist()
    chosen = [index for index in mixed if index not in without][:PICTURES]
    return Round(seed, tuple(chosen))


def score(labels: npt.NDArray[np.integer[Any]], answers: npt.ArrayLike) -> Score:
    """Count how many ``answers`` (n,) are the ``labels`` (n,)."""
    return Score(int((np.asarray(answers) == labels).sum()), len(labels))
