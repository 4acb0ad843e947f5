"""Renderings look like clothes shown by people, and are the same again for the same seed."""

from __future__ import annotations

import numpy as np
import pytest

from fmnist_core.datasets import fashion_mnist
from fmnist_core.engine import realworld
from fmnist_core.engine.realworld import INGREDIENTS, realistic, render
from fmnist_core.images import Prepared, from_drawing

PICTURES = fashion_mnist.load().train_images[:40]
LABELS = fashion_mnist.load().train_labels[:40]


def rendered(without: frozenset[str] = frozenset(), seed: int = 0) -> np.ndarray:
    random = np.random.default_rng(seed)
    both = zip(PICTURES, LABELS.tolist(), strict=True)
    return np.stack([realistic(picture, label, random, without) for picture, label in both])


def test_a_rendering_fills_the_picture_and_is_another_one() -> None:
    found = rendered()
    assert (found.shape, found.dtype) == (PICTURES.shape, np.uint8)
    assert (found.reshape(len(found), -1).max(1) > 60).all()  # never an empty picture
    longest = [max(np.ptp(axis) + 1 for axis in np.nonzero(each > 10)) for each in found]
    assert min(longest) >= 25
    assert (found != PICTURES).any((1, 2)).mean() > 0.9


def test_the_same_seed_gives_the_same_on_any_number_of_cores() -> None:
    once = render(PICTURES[:3], LABELS[:3], (0, 5))
    np.testing.assert_array_equal(once, render(PICTURES[:3], LABELS[:3], (0, 5)))
    assert (once != render(PICTURES[:3], LABELS[:3], (0, 6))).any()


def test_without_every_ingredient_only_the_frame_is_new() -> None:
    plain = rendered(frozenset(INGREDIENTS))
    differences = np.abs(plain.astype(int) - PICTURES).mean((1, 2))
    assert np.median(differences) < np.median(
        np.abs(rendered().astype(int) - PICTURES).mean((1, 2))
    )


@pytest.mark.parametrize("ingredient", INGREDIENTS)
def test_each_ingredient_does_something(ingredient: str) -> None:
    assert (rendered() != rendered(frozenset({ingredient}))).any()


def test_drawings_are_prepared_as_the_app_prepares_them(monkeypatch: pytest.MonkeyPatch) -> None:
    prepared: list[bytes] = []

    def spy(pixels: np.ndarray) -> Prepared:
        found = from_drawing(pixels)
        prepared.append(np.rint(found.picture[:, :, 0] * 255).astype(np.uint8).tobytes())
        return found

    monkeypatch.setattr(realworld, "from_drawing", spy)
    found = [picture.tobytes() for picture in rendered()]
    assert 3 <= len(prepared) <= 30  # sketches in pen, and the strokes of the data's garments
    assert set(prepared) <= set(found)
    prepared.clear()
    rendered(frozenset({"sketches", "strokes"}))
    assert not prepared


def test_an_empty_picture_stays_empty() -> None:
    empty = np.zeros((28, 28), np.uint8)
    found = realistic(empty, 0, np.random.default_rng(0), frozenset({"sketches"}))
    np.testing.assert_array_equal(found, empty)
