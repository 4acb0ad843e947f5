"""What predictions are worth: accuracy with its interval, report, confusions, surest mistakes."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from dataclasses import asdict, dataclass
from statistics import NormalDist
from typing import NamedTuple, Self

import numpy as np
import numpy.typing as npt


class Interval(NamedTuple):
    """Where the true value lies with the stated confidence; both ends in [0, 1]."""

    low: float
    high: float


@dataclass(frozen=True)
class ClassReport:
    """One class. ``accuracy`` is the share of its pictures that were recognised, its recall."""

    name: str
    precision: float
    recall: float
    f1: float
    support: int
    accuracy: float
    interval: Interval


@dataclass(frozen=True)
class Report:
    """How ``n`` predictions compare with their labels.

    ``interval`` is Wilson's for ``accuracy`` at 95 %; ``loss`` is the mean cross-entropy;
    ``confusion[actual][predicted]`` counts pictures.
    """

    n: int
    accuracy: float
    interval: Interval
    loss: float
    classes: tuple[ClassReport, ...]
    confusion: tuple[tuple[int, ...], ...]

    def to_json(self) -> str:
        """Write the report as one JSON object."""
        return json.dumps(asdict(self), ensure_ascii=False)

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Read what ``to_json`` wrote."""
        fields = json.loads(text)
        classes = tuple(
            ClassReport(**{**one, "interval": Interval(*one["interval"])})
            for one in fields.pop("classes")
        )
        interval = Interval(*fields.pop("interval"))
        confusion = tuple(tuple(row) for row in fields.pop("confusion"))
        return cls(**fields, interval=interval, classes=classes, confusion=confusion)


@dataclass(frozen=True)
class ConfusedPair:
    """``count`` pictures of ``actual`` (a ``share`` of them) were taken for ``predicted``."""

    actual: int
    predicted: int
    count: int
    share: float


def wilson(correct: int, n: int, confidence: float = 0.95) -> Interval:
    """Return Wilson's score interval for ``correct`` of ``n``; (0, 1) when nothing was counted.

    Unlike the textbook's plus-minus it stays inside [0, 1] and holds for few pictures.
    """
    if n == 0:
        return Interval(0.0, 1.0)
    z2 = NormalDist().inv_cdf((1 + confidence) / 2) ** 2
    share = correct / n
    centre = (share + z2 / (2 * n)) / (1 + z2 / n)
    half = math.sqrt(z2 * (share * (1 - share) / n + z2 / (4 * n * n))) / (1 + z2 / n)
    # At both ends the formula is exact and only its rounding is not.
    low = 0.0 if correct == 0 else max(0.0, centre - half)
    high = 1.0 if correct == n else min(1.0, centre + half)
    return Interval(low, high)


def confusion(
    labels: npt.ArrayLike, predicted: npt.ArrayLike, classes: int = 10
) -> npt.NDArray[np.int64]:
    """Count pictures by actual class (row) and predicted class (column): int64 (classes, classes).

    ``labels`` and ``predicted`` are class indices (n,).
    """
    cells = np.asarray(labels, dtype=np.int64) * classes + np.asarray(predicted, dtype=np.int64)
    counts = np.bincount(cells, minlength=classes * classes)
    return counts.reshape(classes, classes).astype(np.int64)


def report(
    labels: npt.ArrayLike, probabilities: npt.ArrayLike, class_names: tuple[str, ...]
) -> Report:
    """Compare labels (n,) with probabilities (n, classes).

    A class that is never predicted has precision 0, one without pictures recall 0, as in
    scikit-learn, whose import alone would take longer than all of this.
    """
    actual = np.asarray(labels, dtype=np.int64)
    chances = np.asarray(probabilities, dtype=np.float64)
    table = confusion(actual, chances.argmax(axis=1), len(class_names))
    classes = tuple(
        _report_class(name, int(hits), int(support), int(claims))
        for name, hits, support, claims in zip(
            class_names, table.diagonal(), table.sum(axis=1), table.sum(axis=0), strict=True
        )
    )
    n, correct = len(actual), int(np.trace(table))
    return Report(
        n=n,
        accuracy=correct / n if n else 0.0,
        interval=wilson(correct, n),
        loss=_cross_entropy(actual, chances),
        classes=classes,
        confusion=tuple(tuple(row) for row in table.tolist()),
    )


def auroc(inside: npt.ArrayLike, outside: npt.ArrayLike) -> float:
    """Return the chance that a value of ``outside`` (m,) exceeds one of ``inside`` (n,).

    That is the area under the ROC curve; a tie counts half. NaN if either is empty.
    """
    low, high = np.sort(np.asarray(inside, np.float64)), np.asarray(outside, np.float64)
    if not (low.size and high.size):
        return math.nan
    below, up_to = np.searchsorted(low, high, "left"), np.searchsorted(low, high, "right")
    return float((below + up_to).mean() / (2 * low.size))


def auroc_interval(area: float, n: int, m: int, confidence: float = 0.95) -> Interval:
    """The interval of an ``auroc`` of ``n`` against ``m`` values; (0, 1) if either is empty.

    All areas from which ``area`` is not too far for their own variance, after Hanley and McNeil
    (1982). That is how Wilson's interval of a share is made: at 1, where the variance of ``area``
    itself would be 0, it still says how little five pictures prove.
    """
    if not (n and m):
        return Interval(0.0, 1.0)
    z = NormalDist().inv_cdf((1 + confidence) / 2)

    def is_near(true: float) -> bool:
        return (true - area) ** 2 <= z**2 * _auroc_variance(true, n, m)

    return Interval(_last(is_near, area, 0.0), _last(is_near, area, 1.0))


def _auroc_variance(area: float, n: int, m: int) -> float:
    both_outside, both_inside = area / (2 - area), 2 * area**2 / (1 + area)
    variance = area * (1 - area)
    variance += (m - 1) * (both_outside - area**2) + (n - 1) * (both_inside - area**2)
    return max(variance, 0.0) / (n * m)


def _last(holds: Callable[[float], bool], start: float, end: float) -> float:
    """How far from ``start`` towards ``end`` something holds, by bisection."""
    if holds(end):
        return end
    for _ in range(50):
        middle = (start + end) / 2
        start, end = (middle, end) if holds(middle) else (start, middle)
    return start


def most_confused(table: npt.ArrayLike, n: int = 5) -> list[ConfusedPair]:
    """Find the ``n`` largest cells off the diagonal of a confusion matrix, zeros left out."""
    counts = np.array(table, dtype=np.int64)
    support = counts.sum(axis=1)
    np.fill_diagonal(counts, 0)
    order = np.argsort(-counts, axis=None, kind="stable")[:n]
    pairs = []
    for cell in order.tolist():
        actual, predicted = divmod(cell, len(counts))
        count = int(counts[actual, predicted])
        if count:
            pairs.append(ConfusedPair(actual, predicted, count, count / int(support[actual])))
    return pairs


def _report_class(name: str, hits: int, support: int, claims: int) -> ClassReport:
    """Score one class of which ``support`` pictures exist and ``claims`` were predicted."""
    recall = hits / support if support else 0.0
    return ClassReport(
        name=name,
        precision=hits / claims if claims else 0.0,
        recall=recall,
        f1=2 * hits / (support + claims) if support + claims else 0.0,
        support=support,
        accuracy=recall,
        interval=wilson(hits, support),
    )


def _cross_entropy(labels: npt.NDArray[np.int64], chances: npt.NDArray[np.float64]) -> float:
    """Average -log p of the right class, bounded as Keras bounds it; 0 for no pictures."""
    if len(labels) == 0:
        return 0.0
    right = chances[np.arange(len(labels)), labels]
    return float(-np.log(np.clip(right, 1e-7, 1.0)).mean())
