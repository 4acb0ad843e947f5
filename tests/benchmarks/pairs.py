"""Two sides in turn, A B A B ..., and what follows from the pairs.

A machine is never equally busy twice, so two medians taken one after the other say little. Each
pair is measured within the same minute, and its ratio is what counts.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

A = TypeVar("A")
B = TypeVar("B")


@dataclass(frozen=True)
class Spread:
    """Several measurements of one thing."""

    median: float
    low: float
    high: float
    n: int

    def text(self, pattern: str = "{:.2f}") -> str:
        """``1.91 (1.72 to 2.03)``"""
        median, low, high = (pattern.format(x) for x in (self.median, self.low, self.high))
        return f"{median} ({low} to {high})" if self.n > 1 else median


def spread(values: Sequence[float]) -> Spread:
    """Raises ValueError: there is no value."""
    if not values:
        raise ValueError("nothing was measured")
    return Spread(statistics.median(values), min(values), max(values), len(values))


def in_turn(a: Callable[[int], A], b: Callable[[int], B], pairs: int) -> list[tuple[A, B]]:
    """``pairs`` times first a, then b; each is told the number of the pair, from 0."""
    return [(a(number), b(number)) for number in range(pairs)]


def ratios(a: Sequence[float], b: Sequence[float]) -> list[float]:
    """a / b of every pair."""
    return [x / y for x, y in zip(a, b, strict=True)]


def differences(a: Sequence[float], b: Sequence[float]) -> list[float]:
    """a - b of every pair."""
    return [x - y for x, y in zip(a, b, strict=True)]


def geometric_mean(values: Sequence[float]) -> float:
    """The mean of ratios: twice as fast and half as fast make 1."""
    return math.exp(statistics.fmean(math.log(value) for value in values))


def percentile(values: Sequence[float], percent: float) -> float:
    """The smallest measured value that at least ``percent`` % of them do not exceed."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(percent / 100 * len(ordered)) - 1)]


def standard_error(values: Sequence[float]) -> float:
    """Of the mean; infinite for a single value, of which nothing is known."""
    if len(values) < 2:
        return math.inf
    return statistics.stdev(values) / math.sqrt(len(values))
