"""What takes the place of a filter has its shape and its strength."""

from __future__ import annotations

import numpy as np
import pytest

from fmnist_core.surgery import KERNELS, SILENCE, changes, repaint

OLD = np.random.default_rng(0).normal(size=(3, 3, 4)).astype(np.float32)


def test_silence_is_all_zeros() -> None:
    assert not repaint(OLD, SILENCE).any()


@pytest.mark.parametrize("name", KERNELS)
@pytest.mark.parametrize("side", [2, 3, 4, 5, 28])
def test_a_named_kernel_is_as_strong_as_the_old_one_and_the_same_for_every_channel(
    name: str, side: int
) -> None:
    old = np.random.default_rng(0).normal(size=(side, side, 3)).astype(np.float32)
    new = repaint(old, name)
    assert new.shape == old.shape
    assert new.dtype == np.float32
    assert np.linalg.norm(new) == pytest.approx(np.linalg.norm(old), rel=1e-5)
    for channel in range(3):
        np.testing.assert_array_equal(new[..., channel], new[..., 0])


def test_named_kernels_look_as_their_names_say() -> None:
    one = np.ones((3, 3, 1), np.float32)
    shapes = {name: repaint(one, name)[..., 0] for name in KERNELS}
    up = shapes["Vertical edge"] / shapes["Vertical edge"].max()
    np.testing.assert_allclose(up, [[-1, 0, 1]] * 3)
    np.testing.assert_allclose(shapes["Horizontal edge"], shapes["Vertical edge"].T)
    spot = shapes["Spot"] / shapes["Spot"].max()
    np.testing.assert_allclose(spot * 8, [[-1, -1, -1], [-1, 8, -1], [-1, -1, -1]])
    np.testing.assert_allclose(shapes["Blur"], 1)
    np.testing.assert_allclose(shapes["Copy"], [[0, 0, 0], [0, 3, 0], [0, 0, 0]])


def test_one_number_finds_no_edges() -> None:
    assert changes(1) == [SILENCE, "Copy"]
    assert changes(3) == [SILENCE, *KERNELS]


def test_a_dead_filter_stays_finite() -> None:
    for name in KERNELS:
        assert not repaint(np.zeros((3, 3, 1), np.float32), name).any()
