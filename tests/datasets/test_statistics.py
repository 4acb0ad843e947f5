from __future__ import annotations

import numpy as np
import pytest

from fmnist_core.datasets import fashion_mnist, statistics

IMAGES = np.random.default_rng(0).integers(0, 256, (50, 4, 5), dtype=np.uint8)
LABELS = np.array([0, 1, 3] * 16 + [0, 1], dtype=np.uint8)


def test_counts_include_empty_classes() -> None:
    assert statistics.class_counts(LABELS, classes=4).tolist() == [17, 17, 0, 16]


def test_mean_pictures_are_those_of_each_class() -> None:
    means = statistics.mean_pictures(IMAGES, LABELS, classes=4)
    assert means.shape == (4, 4, 5)
    assert means.dtype == np.float32
    np.testing.assert_allclose(means[3], (IMAGES[LABELS == 3] / 255).mean(axis=0), rtol=1e-6)
    assert not means[2].any()


def test_moments_are_numpys() -> None:
    found = statistics.moments(IMAGES)
    assert found.mean == pytest.approx((IMAGES / 255).mean())
    assert found.std == pytest.approx((IMAGES / 255).std())


def test_fashion_mnist_has_its_published_moments() -> None:
    images = fashion_mnist.load_from(fashion_mnist.EMBEDDED_DIR).train_images
    assert statistics.moments(images) == pytest.approx((0.2860, 0.3530), abs=5e-5)
