"""Convolution by hand: every number here was worked out with a pencil."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fmnist_core.architecture import Architecture, Conv2D, Flatten, MaxPooling2D
from fmnist_core.convolution import KERNELS, Convolution, Window, explain_sizes, resized
from fmnist_core.datasets import load
from fmnist_core.errors import ExperimentError
from fmnist_core.summary import summarise

FOUR = np.arange(1, 17).reshape(4, 4)
"""1 2 3 4 / 5 6 7 8 / 9 10 11 12 / 13 14 15 16."""


def by_loops(picture: np.ndarray, given: Convolution) -> np.ndarray:
    """The definition, one number after the other."""
    window = given.window
    rows, columns = (window.places(size) for size in picture.shape)
    out = np.zeros((rows, columns))
    for row in range(rows):
        for column in range(columns):
            total = 0.0
            for i in range(window.side):
                for j in range(window.side):
                    y = window.start(row, picture.shape[0]) + i
                    x = window.start(column, picture.shape[1]) + j
                    if 0 <= y < picture.shape[0] and 0 <= x < picture.shape[1]:
                        total += picture[y, x] * given.kernel[i, j]
            total += given.bias
            out[row, column] = max(0.0, total) if given.relu else total
    return out


def test_a_sum_is_written_out():
    vertical = Convolution(KERNELS["vertical"].kernel, bias=-5.0)
    written = vertical.written(FOUR, 0, 1)
    assert written.window.tolist() == [[2, 3, 4], [6, 7, 8], [10, 11, 12]]
    assert written.products.tolist() == [[-2, 0, 4], [-6, 0, 8], [-10, 0, 12]]
    assert (written.total, written.with_bias, written.value) == (6.0, 1.0, 1.0)


def test_relu_cuts_what_is_below_zero():
    picture = FOUR[:, ::-1]  # brighter on the left
    assert Convolution(KERNELS["vertical"].kernel).written(picture, 0, 0).value == 0.0
    linear = Convolution(KERNELS["vertical"].kernel, relu=False)
    assert linear.written(picture, 0, 0).value == -6.0
    assert linear.feature_map(picture).tolist() == [[-6, -6], [-6, -6]]


def test_zeros_around_count_as_zero():
    same = Convolution(KERNELS["sobel"].kernel, padding="same", relu=False)
    # In the corner: 2 once (the row above is zeros), 2 twice, 6 once.
    assert same.written(FOUR, 0, 0).total == 2 * 2 + 6
    assert same.feature_map(FOUR).shape == (4, 4)


def test_pooling_takes_the_largest_or_the_mean_and_leaves_the_rest_out():
    five = np.arange(25.0).reshape(5, 5)
    largest = Convolution(KERNELS["identity"].kernel, pooling="max")
    mean = Convolution(KERNELS["identity"].kernel, pooling="average")
    assert largest.pooled(five).tolist() == [[6, 8], [16, 18]]
    assert mean.pooled(five).tolist() == [[3, 5], [13, 15]]


def test_a_pixel_sees_its_receptive_field():
    kernel = KERNELS["blur"].kernel
    assert Convolution(kernel).receptive_field(5, 28) == (5, 8)
    assert Convolution(kernel, stride=2).receptive_field(5, 28) == (10, 13)
    same = Convolution(kernel, padding="same")
    assert same.receptive_field(0, 28) == (0, 2)
    assert same.receptive_field(27, 28) == (26, 28)
    # Two places of three pixels each, one apart: four pixels.
    assert Convolution(kernel).receptive_field(3, 28, pooled=True) == (6, 10)
    assert Convolution(kernel, stride=2).receptive_field(3, 28, pooled=True) == (12, 17)


def test_a_blurred_picture_has_the_means_of_the_picture():
    picture = load().test_images[0]
    blurred = Convolution(KERNELS["blur"].kernel).feature_map(picture)
    assert blurred.shape == (26, 26)
    np.testing.assert_allclose(blurred[10, 12], picture[10:13, 12:15].mean())
    identity = Convolution(KERNELS["identity"].kernel, padding="same")
    np.testing.assert_array_equal(identity.feature_map(picture), picture)


def test_a_kernel_keeps_its_middle_when_it_is_resized():
    assert resized(FOUR[:2, :2], 3).tolist() == [[1, 2, 0], [5, 6, 0], [0, 0, 0]]
    assert resized(FOUR[:1, :1], 3).tolist() == [[0, 0, 0], [0, 1, 0], [0, 0, 0]]
    assert resized(np.arange(25.0).reshape(5, 5), 3).tolist() == [
        [6, 7, 8],
        [11, 12, 13],
        [16, 17, 18],
    ]


def test_sizes_are_explained():
    kernel = KERNELS["vertical"].kernel
    assert explain_sizes(Convolution(kernel, pooling="max"), 28) == [
        "28 → 26: a window of 3 fits at 28 - 3 + 1 = 26 places.",
        "26 → 13: windows of 2, side by side: 26 / 2 = 13.",
    ]
    striding, pooling = explain_sizes(Convolution(kernel, stride=2, pooling="average"), 28)
    assert striding == (
        "28 → 13: a window of 3 can go (28 - 3) / 2 = 12.5, so 12 steps of 2; with its first "
        "place that makes 13."
    )
    assert pooling == (
        "13 → 6: windows of 2, side by side: 13 / 2 = 6.5, rounded down; the last row and column "
        "are left out."
    )
    (same,) = explain_sizes(Convolution(kernel, padding="same"), 28)
    assert same == (
        "28 → 28: 1 zero before and 1 after make it 30; a window of 3 fits at 30 - 3 + 1 = 28 "
        "places."
    )


def test_a_window_that_does_not_fit_is_refused():
    one = Convolution(np.ones((4, 4)), pooling="max").feature_map(FOUR)
    assert one.tolist() == [[136]]
    with pytest.raises(ExperimentError, match="2x2 does not fit into 1x1"):
        Convolution(np.ones((4, 4)), pooling="max").pooled(one)


@st.composite
def convolutions(draw: st.DrawFn) -> Convolution:
    side = draw(st.integers(1, 5))
    weight = st.floats(-100, 100)
    weights = draw(st.lists(weight, min_size=side * side, max_size=side * side))
    return Convolution(
        np.reshape(weights, (side, side)),
        stride=draw(st.integers(1, 4)),
        padding=draw(st.sampled_from(["valid", "same"])),
        bias=draw(st.floats(-10, 10)),
        relu=draw(st.booleans()),
    )


@given(given=convolutions(), shape=st.tuples(st.integers(5, 9), st.integers(5, 9)))
def test_every_convolution_is_what_its_definition_says(given, shape):
    picture = np.random.default_rng(0).random(shape)
    found = given.feature_map(picture)
    np.testing.assert_allclose(found, by_loops(picture, given), atol=1e-9)
    row, column = found.shape[0] - 1, found.shape[1] // 2
    assert given.written(picture, row, column).value == pytest.approx(found[row, column], abs=1e-9)


@given(
    size=st.integers(8, 28),
    side=st.integers(1, 8),
    stride=st.integers(1, 8),
    padding=st.sampled_from(["valid", "same"]),
)
def test_sizes_are_those_of_the_layer_editor(size, side, stride, padding):
    conv = Conv2D(filters=1, kernel_size=side, strides=stride, padding=padding)
    layers = (conv, MaxPooling2D(pool_size=1), Flatten())
    row = summarise(Architecture(layers=layers, input_shape=(size, size, 1))).rows[0]
    assert row.output_shape[0] == Window(side, stride, padding).places(size)
