"""The averages that ``make bench`` takes anew are those of all pictures."""

from __future__ import annotations

import keras
import numpy as np

from tests.benchmarks.engine.batch_averages import BATCH_SIZE, average_anew


def test_exact_averages_are_those_of_all_pictures() -> None:
    layer = keras.layers.BatchNormalization()
    model = keras.Sequential([keras.Input((3,)), layer])
    pictures = np.random.default_rng(0).normal((1, 2, 3), 2, (2 * BATCH_SIZE + 500, 3))
    average_anew(model, pictures.astype(np.float32))
    np.testing.assert_allclose(layer.moving_mean, pictures.mean(0), atol=0.02)
    np.testing.assert_allclose(layer.moving_variance, pictures.var(0), rtol=0.02)
    assert layer.momentum == 0.99  # as it was
