"""Seeded, stratified choices of pictures: validation split, smaller training set, live panel.

All three are prefixes of one *stratified order*: a shuffle in which every prefix holds the classes
in nearly the proportions of the whole. So sizes are exact, the validation pictures do not depend
on the size of the training set, and a smaller training set is part of every larger one.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from fmnist_core.datasets.fashion_mnist import Dataset
from fmnist_core.errors import ExperimentError
from fmnist_core.experiment import Data

Indices = npt.NDArray[np.int64]
Labels = npt.NDArray[np.uint8]

# One stream of random numbers per purpose, so that label noise never moves the split.
_SPLIT, _NOISE, _PANEL = range(3)


@dataclass(frozen=True, eq=False)
class Split:
    """Indices into the training set, int64, ascending, without overlap."""

    train: Indices
    validation: Indices


def split(
    labels: npt.ArrayLike, validation_fraction: float, seed: int, train_size: int | None = None
) -> Split:
    """Set ``round(validation_fraction * n)`` pictures aside and keep ``train_size`` of the rest.

    ``labels`` are the classes (n,) of the training set; ``train_size`` None keeps all the rest.
    Raises ExperimentError if the fraction is not in [0, 1) or too few pictures are left.
    """
    labels = np.asarray(labels)
    if not 0 <= validation_fraction < 1:
        raise ExperimentError(
            f"The validation fraction is {validation_fraction}; give 0 or more and less than 1."
        )
    held_out = round(validation_fraction * len(labels))
    size = _size(len(labels), held_out, train_size)
    order = _stratified_order(labels, np.random.default_rng([seed, _SPLIT]))
    return Split(
        train=np.sort(order[held_out : held_out + size]), validation=np.sort(order[:held_out])
    )


def check_size(data: Data, dataset: Dataset) -> None:
    """Raises ExperimentError: more training pictures are wanted than there are, as ``split_of``
    does, without drawing them."""
    n = len(dataset.train_labels)
    drawn = round(data.validation_fraction * n)
    _size(n, drawn if dataset.held_out is None else len(dataset.held_out), data.train_size)


def _size(n: int, held_out: int, train_size: int | None) -> int:
    """How many of ``n`` pictures are learned. Raises ExperimentError: there are not so many."""
    left = n - held_out
    size = left if train_size is None else train_size
    if not 1 <= size <= left:
        raise ExperimentError(
            f"The training set cannot have {size:,} pictures: {left:,} of {n:,} are left "
            f"when {held_out:,} are set aside for validation. Give 1 to {left:,}."
        )
    return size


def split_of(data: Data, dataset: Dataset, seed: int) -> Split:
    """The split of an experiment: drawn, or the one that the data come with.

    Raises ExperimentError: more training pictures are wanted than there are.
    """
    labels, held_out = dataset.train_labels, dataset.held_out
    if held_out is None:
        return split(labels, data.validation_fraction, seed, data.train_size)
    rest = np.setdiff1d(np.arange(len(labels)), held_out)
    chosen = split(labels[rest], 0.0, seed, data.train_size).train
    return Split(train=rest[chosen], validation=held_out if data.validation_fraction else rest[:0])


def flip_labels(labels: npt.ArrayLike, fraction: float, seed: int, classes: int = 10) -> Labels:
    """Return a copy of ``labels`` (n,) in which ``round(fraction * n)`` are wrong.

    Which ones is random; each wrong class is drawn uniformly among the others.
    Raises ExperimentError if the fraction is not in [0, 1].
    """
    if not 0 <= fraction <= 1:
        raise ExperimentError(f"The share of wrong labels is {fraction}; give 0 to 1.")
    random = np.random.default_rng([seed, _NOISE])
    noisy = np.array(labels, dtype=np.uint8)
    chosen = random.permutation(len(noisy))[: round(fraction * len(noisy))]
    shift = random.integers(1, classes, size=len(chosen))
    noisy[chosen] = (noisy[chosen] + shift) % classes
    return noisy


def panel(
    labels: npt.ArrayLike, validation_indices: npt.ArrayLike, seed: int, n: int = 24
) -> Indices:
    """Choose the ``n`` validation pictures that are watched live, sorted by class.

    ``labels`` are those of the whole training set; the result, int64 and at most (n,), is part of
    ``validation_indices``.
    """
    labels = np.asarray(labels)
    indices = np.asarray(validation_indices, dtype=np.int64)
    order = _stratified_order(labels[indices], np.random.default_rng([seed, _PANEL]))
    chosen = indices[order[:n]]
    return chosen[np.lexsort((chosen, labels[chosen]))]


def _stratified_order(labels: npt.NDArray[np.uint8], random: np.random.Generator) -> Indices:
    """Order all indices so that each prefix has the classes in proportion.

    Shuffled within its class of size c, the k-th picture stands at (k + 1/2) / c; merging the
    classes by that number deals them out evenly. Chance decides between equals.
    """
    position = np.empty(len(labels))
    for label in np.unique(labels):
        members = random.permutation(np.flatnonzero(labels == label))
        position[members] = (np.arange(len(members)) + 0.5) / len(members)
    return np.lexsort((random.random(len(labels)), position)).astype(np.int64)
