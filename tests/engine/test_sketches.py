"""Sketches: one recognisable shape for each class, another one each time, all in the picture."""

from __future__ import annotations

import numpy as np
import pytest

from fmnist_core.datasets import CLASS_NAMES
from fmnist_core.engine.sketches import FOOTWEAR, sketch
from fmnist_core.engine.sketches.rendering import cloth, drawing, fitted, mask
from fmnist_core.images import from_drawing

SIDE = 84
LABELS = range(len(CLASS_NAMES))


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


def test_most_drawings_enclose_something_and_some_were_left_open() -> None:
    random = np.random.default_rng(0)
    notes = []
    for _ in range(40):
        drawn = drawing(fitted(sketch(0, random), SIDE, 6), random, SIDE)
        steps = from_drawing(np.rint(drawn * 255).astype(np.uint8)).steps
        notes += [step.note for step in steps if step.name == "Outline filled"]
    is_filled = [note.startswith("A line drawing") for note in notes]
    assert 24 <= sum(is_filled) < 40


def test_footwear_comes_in_pairs() -> None:
    assert [CLASS_NAMES[label] for label in FOOTWEAR] == ["Sandal", "Sneaker", "Ankle boot"]
