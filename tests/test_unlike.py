from __future__ import annotations

import numpy as np
import pytest

from fmnist_core import unlike


@pytest.mark.parametrize("kind", unlike.KINDS)
def test_the_same_seed_gives_the_same_pictures(kind: str) -> None:
    make = unlike.KINDS[kind]
    first = make(30, 0)
    assert first.shape == (30, unlike.SIDE, unlike.SIDE)
    assert first.dtype == np.uint8
    np.testing.assert_array_equal(first, make(30, 0))
    np.testing.assert_array_equal(first[:10], make(10, 0))
    assert (first != make(30, 1)).any()
    assert len({picture.tobytes() for picture in first}) == 30
    assert make(0, 0).shape == (0, unlike.SIDE, unlike.SIDE)


def test_digits_are_whole_and_white_on_black() -> None:
    for picture in unlike.digits(40):
        frame = np.concatenate([picture[0], picture[-1], picture[:, 0], picture[:, -1]])
        assert (frame == 0).mean() > 0.9
        assert picture.max() == 255
        assert 0.02 < (picture > 127).mean() < 0.5


def test_noise_comes_in_coarse_and_fine_grains() -> None:
    steps = [np.abs(np.diff(picture.astype(float))).mean() for picture in unlike.noise(10)]
    assert max(steps) > 4 * min(steps)
