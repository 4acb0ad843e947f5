"""A new output layer on a network that stays as it is: softmax regression on its features.

With a handful of examples there is nothing to be gained by moving the other layers, and the
problem is convex: the same examples give the same head, found in milliseconds.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Labels = npt.NDArray[np.int64]
SCALE = 10.0
"""Features are brought to this length: what counts is their direction, as in ``familiarity``."""
L2 = 0.01
"""Times half the squared weights, added to the mean cross-entropy; the bias is free."""
STEPS = 2_000
TOLERANCE = 1e-5
"""Of the largest slope: flat enough to stop."""
FOLDS = 10


@dataclass(frozen=True, eq=False)
class Head:
    weights: Floats
    """(features, classes)."""
    bias: Floats
    """(classes,)."""

    def probabilities(self, features: npt.ArrayLike) -> Floats:
        """(n, classes) for features (n, units) as the network gives them."""
        return _softmax(scaled(features) @ self.weights + self.bias)


@dataclass(frozen=True)
class Judged:
    """How often a head was right on examples that it had not learned."""

    right: int
    n: int


def scaled(features: npt.ArrayLike) -> Floats:
    """To length SCALE; zeros stay zeros."""
    found = np.asarray(features, np.float64)
    length = np.linalg.norm(found, axis=1, keepdims=True)
    return SCALE * found / np.where(length > 0, length, 1)


def fit(features: npt.ArrayLike, labels: Labels, classes: int) -> Head:
    """The head that minimises mean cross-entropy plus L2 / 2 times the squared weights.

    Args:
        features: (n, units), as the network gives them; n at least 1.
        labels: (n,) from 0 to classes - 1.

    Nesterov's accelerated gradient descent, with a step that no data of this length can make too
    large (the loss's curvature is at most half the squared length of an example and its 1 for the
    bias).
    """
    x = scaled(features)
    wanted = np.eye(classes)[labels]
    rate = 1 / (0.5 * (SCALE**2 + 1) + L2)
    parameters = ahead = np.zeros((x.shape[1] + 1, classes))
    inputs = np.hstack([x, np.ones((len(x), 1))])
    decay = np.full((x.shape[1] + 1, 1), L2)
    decay[-1] = 0
    momentum = 1.0
    for _ in range(STEPS):
        slope = inputs.T @ (_softmax(inputs @ ahead) - wanted) / len(x) + decay * ahead
        if np.abs(slope).max() < TOLERANCE:
            break
        following = ahead - rate * slope
        next_momentum = (1 + np.sqrt(1 + 4 * momentum**2)) / 2
        ahead = following + (momentum - 1) / next_momentum * (following - parameters)
        parameters, momentum = following, next_momentum
    return Head(parameters[:-1], parameters[-1])


def cross_validated(features: npt.ArrayLike, labels: Labels, classes: int) -> Judged | None:
    """Each example judged by a head that learned the others, in at most FOLDS groups.

    None where a class has fewer than two examples: then nothing of it could be learned.
    """
    found = np.asarray(features, np.float64)
    if np.bincount(labels, minlength=classes).min() < 2:
        return None
    # One of each class after the other, so that every group has some of all.
    order = np.argsort(np.argsort(np.argsort(labels, kind="stable"), kind="stable") % FOLDS)
    groups = np.array_split(order, min(FOLDS, len(labels)))
    right = 0
    for group in groups:
        rest = np.setdiff1d(np.arange(len(labels)), group)
        judged = fit(found[rest], labels[rest], classes).probabilities(found[group])
        right += int((judged.argmax(1) == labels[group]).sum())
    return Judged(right, len(labels))


def _softmax(scores: Floats) -> Floats:
    powers = np.exp(scores - scores.max(1, keepdims=True))
    return np.asarray(powers / powers.sum(1, keepdims=True))
