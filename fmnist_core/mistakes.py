"""Which pictures a network gets wrong, how sure it was of them, and what they cost."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt


def surest(
    labels: npt.NDArray[np.integer[Any]],
    probabilities: npt.NDArray[np.floating[Any]],
    actual: int | None = None,
    predicted: int | None = None,
) -> npt.NDArray[np.int64]:
    """Pictures of class ``actual`` that were called ``predicted``, the surest first.

    None means any class, but then only mistakes count: right answers have their own cells.

    Args:
        labels: (n,).
        probabilities: (n, classes).

    Returns:
        Indices, int64 (m,). Equally sure pictures keep their order in the data.
    """
    said = probabilities.argmax(axis=1)
    wanted = np.ones(len(labels), dtype=bool)
    if actual is None or predicted is None:
        wanted &= said != labels
    if actual is not None:
        wanted &= labels == actual
    if predicted is not None:
        wanted &= said == predicted
    chosen = np.flatnonzero(wanted)
    order = np.argsort(-probabilities[chosen].max(axis=1), kind="stable")
    return chosen[order].astype(np.int64)


def losses(
    labels: npt.NDArray[np.integer[Any]], probabilities: npt.NDArray[np.floating[Any]]
) -> npt.NDArray[np.float64]:
    """The cross-entropy of each picture: -log of what the right class was given, float64 (n,).

    ``labels`` are (n,), ``probabilities`` (n, classes); bounded as Keras bounds it.
    """
    right = probabilities[np.arange(len(labels)), labels].astype(np.float64)
    return np.asarray(-np.log(np.clip(right, 1e-7, 1.0)))


def hardest(losses: npt.NDArray[np.float64], n: int) -> npt.NDArray[np.int64]:
    """The ``n`` pictures of the highest loss (of m), the highest first: int64 (n,)."""
    return np.argsort(-losses, kind="stable")[:n].astype(np.int64)
