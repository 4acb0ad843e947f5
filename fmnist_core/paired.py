"""Two networks on the same pictures: what one mends, what it breaks, and whether that is chance."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from fmnist_core.wording import count

LEVEL = 0.05
"""Below this p-value two networks count as different."""

Indices = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Paired:
    """How B did where A was right or wrong: indices into the pictures, int64.

    Where both make mistakes or neither does says nothing about which one is better.
    """

    n: int
    mended: Indices
    """A was wrong, B is right."""
    broken: Indices
    """A was right, B is wrong."""
    both_wrong: Indices

    @property
    def p(self) -> float:
        """Of McNemar's exact test."""
        return mcnemar(len(self.mended), len(self.broken))

    @property
    def distinguishable(self) -> bool:
        return self.p < LEVEL


def paired(
    labels: npt.NDArray[np.integer[Any]],
    first: npt.NDArray[np.floating[Any]],
    second: npt.NDArray[np.floating[Any]],
) -> Paired:
    """Compare what two networks say to the same pictures, the surest answers of B first.

    Args:
        labels: (n,).
        first: A's probabilities, (n, classes).
        second: B's, of the same pictures in the same order.
    """
    a_right, b_right = first.argmax(axis=1) == labels, second.argmax(axis=1) == labels
    sure = second.max(axis=1)

    def surest(wanted: npt.NDArray[np.bool_]) -> Indices:
        found = np.flatnonzero(wanted)
        return found[np.argsort(-sure[found], kind="stable")].astype(np.int64)

    return Paired(
        n=len(labels),
        mended=surest(~a_right & b_right),
        broken=surest(a_right & ~b_right),
        both_wrong=surest(~a_right & ~b_right),
    )


def mcnemar(mended: int, broken: int) -> float:
    """Return the two-sided p-value of McNemar's exact test.

    If two networks were equally good, each picture that only one of them has right would be a
    fair coin: how often is such a coin at least as uneven as this? Exact in whole numbers, so
    that no approximation has to be trusted for few pictures.
    """
    tosses = mended + broken
    ways = term = 1
    for k in range(min(mended, broken)):
        term = term * (tosses - k) // (k + 1)
        ways += term
    # With as many on either side both tails hold the middle, which would be counted twice.
    return min(1.0, 2 * ways / (1 << tosses))


def verdict(compared: Paired) -> str:
    """The comparison in one sentence, its p-value and n included."""
    mended, broken = len(compared.mended), len(compared.broken)
    if not compared.distinguishable:
        result = "not distinguishable"
    else:
        result = f"{'B' if mended > broken else 'A'} is better"
    mistakes = mended + len(compared.both_wrong)
    return (
        f"B mends {mended:,} of A's {count(mistakes, 'mistake')} and makes {broken:,} new ones: "
        f"{result} ({p_text(compared.p)}, n = {compared.n:,})."
    )


def p_text(p: float) -> str:
    """``p = 0.33``, ``p = 0.0021``, ``p < 0.0001``."""
    if p < 0.0001:
        return "p < 0.0001"
    return f"p = {p:.2g}" if p < 0.995 else "p = 1"
