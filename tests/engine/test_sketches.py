"""Sketches: one recognisable shape for each class, another one each time, all in the picture."""

from __future__ import annotations

import numpy as np
import pytest

from fmnist_core.datasets import CLASS_NAMES
from fmnist_core.engine.sketches import FOOTWEAR, sketch
from fmnist_core.engine.sketches.parts import Sketch
from fmnist_core.engine.sketches.rendering import cloth, drawing, fitted, mask

SIDE = 84
LABELS = range(len(CLASS_NAMES))
COAT = CLASS_NAMES.index("Coat")


@pytest.mark.parametrize("label", LABELS)
def test_a_sketch_fills_its_picture_and_nothing_else(label: int) -> None:
    random = np.random.default_rng(label)
    for _ in range(20):
        made = fitted(sketch(label, random), SIDE, 6)
        points = np.concatenate([*made.outlines, *made.lines])
        assert np.ptp(points, 0).max() == pytest.approx(SIDE - 12)
        assert points.min() >= 5.9
        assert points.max() <= SIDE - 5.9
        covered = mask(made, SIDE) > 0
        assert 0.02 < covered.mean() < 0.9
        sewn, drawn = cloth(made, random, SIDE), drawing(made, random, SIDE)
        for picture in (sewn, drawn):
            assert (picture.shape, picture.dtype) == ((SIDE, SIDE), np.float32)
            assert (picture.min(), picture.max() <= 1) == (0, True)
        assert ((sewn > 0) == covered).all()
        assert drawn.max() == 1  # the pen


@pytest.mark.parametrize("label", LABELS)
def test_no_two_are_alike_and_the_same_seed_gives_the_same(label: int) -> None:
    def seen(seed: int) -> np.ndarray:
        return mask(fitted(sketch(label, np.random.default_rng(seed)), SIDE, 6), SIDE)

    assert (seen(0) == seen(0)).all()
    assert len({seen(seed).tobytes() for seed in range(10)}) == 10


def test_footwear_comes_in_pairs() -> None:
    assert [CLASS_NAMES[label] for label in FOOTWEAR] == ["Sandal", "Sneaker", "Ankle boot"]


def test_some_coats_hang_open() -> None:
    """Then their two fronts do not meet at the hem, where a closed one's middle is cloth."""
    coats = [sketch(COAT, np.random.default_rng(seed)) for seed in range(60)]
    open_ones = [coat for coat in coats if len(coat.outlines) > 1 and not _covers_middle(coat)]
    assert 10 < len(open_ones) < 40
    for coat in open_ones:
        right, left = coat.outlines[:2]
        assert right[:, 0].max() > 0.2
        assert left[:, 0].min() < -0.2


def _covers_middle(coat: Sketch) -> bool:
    """Its first outline reaches far to both sides."""
    first = coat.outlines[0][:, 0]
    return bool(first.min() < -0.2 and first.max() > 0.2)
