"""Principal components, by hand and against scikit-learn's."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.decomposition import PCA

from fmnist_core.embedding import neighbours_agree, pca


def test_points_on_a_line_lie_along_the_first_component() -> None:
    # Along (3, 4) / 5, at distances -5, 0 and 5 from their middle.
    found = pca(np.array([[0.0, 0.0], [3, 4], [6, 8]]), 2)
    np.testing.assert_allclose(np.abs(found.points), [[5, 0], [0, 0], [5, 0]], atol=1e-5)
    assert found.shares == pytest.approx((1.0, 0.0), abs=1e-9)


@pytest.mark.parametrize("shape", [(40, 12), (12, 40), (20, 20)])
def test_it_is_the_pca_of_scikit_learn(shape: tuple[int, int]) -> None:
    values = np.random.default_rng(0).normal(size=shape) @ np.diag(np.arange(1, shape[1] + 1))
    reference = PCA(5, svd_solver="full").fit(values)
    found = pca(values, 5)
    expected = reference.transform(values)
    signs = np.sign((expected * found.points).sum(axis=0))
    np.testing.assert_allclose(found.points * signs, expected, rtol=1e-4, atol=1e-4)
    assert found.shares == pytest.approx(reference.explained_variance_ratio_, abs=1e-6)


def test_the_farthest_picture_is_on_the_positive_side() -> None:
    points = pca(np.random.default_rng(1).normal(size=(30, 6)), 3).points
    assert (points[np.abs(points).argmax(axis=0), range(3)] > 0).all()


def test_equal_pictures_lie_in_one_point() -> None:
    found = pca(np.ones((4, 3)), 2)
    np.testing.assert_array_equal(found.points, np.zeros((4, 2)))
    assert found.shares == (0.0, 0.0)


def test_nearest_neighbours_are_counted() -> None:
    # The nearest of 0 is 1, of 1 is 0, of 5 is 6, of 6 is 5; only the first two agree.
    points = np.array([[0.0], [1], [5], [6]])
    assert neighbours_agree(points, np.array([7, 7, 7, 8])) == 0.5
