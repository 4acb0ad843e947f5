"""The new head: the optimum that scikit-learn finds too, and an honest count."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from fmnist_core import head

CENTRES = np.array([[3.0, 0, 0, 1], [0, 3.0, 0, 1], [0, 0, 3.0, 1]])


def examples(n: int, spread: float = 1.0) -> tuple[np.ndarray, np.ndarray]:
    labels = np.arange(n) % 3
    noise = np.random.default_rng(0).normal(0, spread, (n, 4))
    return CENTRES[labels] + noise, labels


def test_it_is_the_optimum_that_scikit_learn_finds() -> None:
    features, labels = examples(30)
    found = head.fit(features, labels, 3)
    # Its C multiplies the sum of the losses, ours the penalty of their mean.
    other = LogisticRegression(C=1 / (head.L2 * len(labels)), tol=1e-8, max_iter=10_000)
    other.fit(head.scaled(features), labels)
    np.testing.assert_allclose(
        found.probabilities(features), other.predict_proba(head.scaled(features)), atol=2e-3
    )


@pytest.mark.parametrize("factor", [1e-3, 1.0, 1e3])
def test_only_the_direction_of_features_counts(factor: float) -> None:
    features, labels = examples(12)
    found = head.fit(features, labels, 3)
    again = head.fit(factor * features, labels, 3)
    np.testing.assert_allclose(again.weights, found.weights, atol=1e-6)
    assert np.isfinite(found.probabilities(np.zeros((1, 4)))).all()
    np.testing.assert_allclose(found.probabilities(features).sum(1), 1)


def test_it_learns_from_one_example_each() -> None:
    features, labels = examples(3, spread=0)
    assert (head.fit(features, labels, 3).probabilities(features).argmax(1) == labels).all()


def test_each_example_is_judged_by_a_head_that_has_not_learned_it() -> None:
    features, labels = examples(24, spread=0.2)
    assert head.cross_validated(features, labels, 3) == head.Judged(24, 24)
    # A label that nothing supports cannot be guessed by who has not seen it.
    labels[0] = 1
    assert head.cross_validated(features, labels, 3) == head.Judged(23, 24)
    assert head.cross_validated(features[:4], labels[:4], 3) is None
