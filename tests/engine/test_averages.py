"""Averages that are taken anew are those of all pictures, and nothing else changes."""

from __future__ import annotations

import keras
import numpy as np

from fmnist_core.architecture import BatchNormalization, Conv2D, Flatten, ResidualBlock
from fmnist_core.engine.averages import BATCH_SIZE, average_anew, normalizations
from tests.engine.networks import network


def test_exact_averages_are_those_of_all_pictures() -> None:
    layer = keras.layers.BatchNormalization()
    model = keras.Sequential([keras.Input((3,)), layer])
    pictures = np.random.default_rng(0).normal((1, 2, 3), 2, (2 * BATCH_SIZE + 300, 3))
    average_anew(model, pictures.astype(np.float32))
    np.testing.assert_allclose(layer.moving_mean, pictures.mean(0), atol=0.02)
    np.testing.assert_allclose(layer.moving_variance, pictures.var(0), rtol=0.02)
    assert layer.momentum == 0.99  # as it was


def test_each_normalisation_has_those_of_what_it_is_given_residual_blocks_included() -> None:
    layers = Conv2D(filters=3), BatchNormalization(), ResidualBlock(filters=4), Flatten()
    model = network(*layers).model
    pictures = np.random.default_rng(0).random((BATCH_SIZE, 28, 28, 1), np.float32)
    learned = [np.asarray(each) for each in model.trainable_variables]
    average_anew(model, pictures)

    assert [layer.name for layer in normalizations(model)] == [
        "batchnormalization_1",
        "residualblock_1_batchnormalization_1",
        "residualblock_1_batchnormalization_2",
    ]
    # With the averages of this one batch the network answers as it does while it learns it.
    trained, answered = (np.asarray(model(pictures, training=it)) for it in (True, False))
    np.testing.assert_allclose(answered, trained, rtol=1e-3, atol=1e-3)
    for before, after in zip(learned, model.trainable_variables, strict=True):
        np.testing.assert_array_equal(before, np.asarray(after))
