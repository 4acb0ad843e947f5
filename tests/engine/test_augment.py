"""Pictures are varied as the settings say, and only then; by hand where that can be done."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from fmnist_core.datasets import fashion_mnist
from fmnist_core.engine.augment import ALIKE, Levels, augment, mixed, mixing_share, training_batch
from fmnist_core.engine.varied import varied as preview
from fmnist_core.experiment import Augmentation

N = 200
RANDOM = np.random.default_rng(0)
PICTURES = RANDOM.integers(20, 256, (N, 28, 28), dtype=np.uint8)


def varied(pictures: Levels = PICTURES, step: int = 0, seed: int = 0, **settings: Any) -> Levels:
    vary = augment(Augmentation(**settings), seed)
    assert vary is not None
    return vary(pictures, step)


def test_nothing_asked_is_nothing_done() -> None:
    assert augment(Augmentation(), 0) is None
    assert training_batch(Augmentation(), 0) is None
    assert augment(Augmentation(mixup=0.4), 0) is None  # of a batch, with its labels


@pytest.mark.parametrize("shape", [(28, 28), (30, 22), (20, 24, 3)])
def test_every_kind_keeps_shape_and_kind_and_leaves_the_pictures_alone(
    shape: tuple[int, ...],
) -> None:
    pictures = RANDOM.integers(0, 256, (5, *shape), dtype=np.uint8)
    before = pictures.copy()
    vary = training_batch(
        Augmentation(flip=True, rotation=20, zoom=0.2, brightness=0.3, erase=8, mixup=0.4), 0
    )
    assert vary is not None
    found, share = vary(pictures, 3)
    assert (found.shape, found.dtype) == (pictures.shape, np.uint8)
    assert 0 <= share <= 1
    np.testing.assert_array_equal(pictures, before)


def test_a_mixture_is_so_much_of_each() -> None:
    others = PICTURES[::-1]
    expected = 0.3 * PICTURES.astype(float) + 0.7 * others
    np.testing.assert_allclose(mixed(PICTURES, others, 0.3), expected, atol=0.51)


def test_the_same_step_gives_the_same_pictures_and_another_does_not() -> None:
    settings: dict[str, Any] = {"flip": True, "rotation": 20, "brightness": 0.2, "erase": 8}
    first = varied(step=7, **settings)
    np.testing.assert_array_equal(first, varied(step=7, **settings))
    assert (first != varied(step=8, **settings)).any()
    assert (first != varied(step=7, seed=1, **settings)).any()


def test_a_flip_mirrors_about_every_second_picture() -> None:
    flipped = varied(flip=True)
    mirrored = PICTURES[:, :, ::-1]
    is_mirrored = (flipped == mirrored).all((1, 2))
    assert ((flipped == PICTURES).all((1, 2)) ^ is_mirrored).all()
    assert 0.35 < is_mirrored.mean() < 0.65


def test_upside_down_goes_its_own_way() -> None:
    both = varied(flip=True, upside_down=True)
    ways = [PICTURES, PICTURES[:, :, ::-1], PICTURES[:, ::-1], PICTURES[:, ::-1, ::-1]]
    found = [(both == way).all((1, 2)).sum() for way in ways]
    assert sum(found) == N
    assert min(found) > N / 8


@pytest.mark.parametrize("flip", [False, True])
def test_a_shift_is_by_whole_pixels_to_all_sides_and_black_comes_in(flip: bool) -> None:
    side, ways = 28, (1, -1) if flip else (1,)
    shifts = set()
    moved = varied(width_shift=2 / side, height_shift=1 / side, flip=flip)
    for index, picture in enumerate(moved):
        found = [
            (way, down, right)
            for way in ways
            for down in (-1, 0, 1)
            for right in (-2, -1, 0, 1, 2)
            if (picture == by_hand(PICTURES[index, :, ::way], down, right)).all()
        ]
        assert len(found) == 1
        shifts.update(found)
    assert len(shifts) == 15 * len(ways)


def by_hand(picture: Levels, down: int, right: int) -> Levels:
    """First mirrored, then shifted; black comes in."""
    return np.pad(picture, ((1, 1), (2, 2)))[1 - down :, 2 - right :][:28, :28]


def test_turned_by_nothing_is_shifted() -> None:
    """Both ways of moving a picture mean the same by right and down."""
    settings: dict[str, Any] = {"flip": True, "width_shift": 0.1, "height_shift": 0.2}
    shifted, turned = varied(**settings), varied(**settings, zoom=1e-9)
    places = N // ALIKE  # of those that follow, every so many-th is turned alike
    np.testing.assert_allclose(shifted[:places].astype(int), turned[:places], atol=1)


@pytest.mark.parametrize("n", [1, 3, 4, 7, 8])
def test_some_pictures_of_a_batch_are_turned_alike(n: int) -> None:
    same = np.repeat(PICTURES[:1], n, axis=0)
    turned = varied(same, rotation=20, zoom=0.2, width_shift=0.1)
    places = -(-n // ALIKE)
    for index, picture in enumerate(turned):
        np.testing.assert_array_equal(picture, turned[index % places])
    assert len({picture.tobytes() for picture in turned}) == places


@pytest.mark.parametrize("shape", [(181, 181), (182, 182), (300, 300), (300, 300, 3)])
def test_large_pictures_are_turned_like_small_ones(shape: tuple[int, ...]) -> None:
    dark = np.full((3, *shape), 90, np.uint8)
    turned = varied(dark, rotation=20)
    assert (turned[:, 140:160, 140:160] == 90).all()
    assert (turned[:, 0, 0] == 0).all()


def test_how_a_picture_is_turned_does_not_depend_on_the_others() -> None:
    settings: dict[str, Any] = {"rotation": 20, "zoom": 0.2, "height_shift": 0.2}
    others = np.zeros_like(PICTURES)
    others[77] = PICTURES[77]
    np.testing.assert_array_equal(varied(others, **settings)[77], varied(**settings)[77])


def test_a_turn_keeps_the_middle_and_moves_the_edge_by_the_angle() -> None:
    dot = np.zeros((N, 28, 28), np.uint8)
    dot[:, 12:16, 24:28] = 200  # to the right of the middle, 12 pixels away
    turned = varied(dot, rotation=30).astype(float)
    weight = turned.sum((1, 2))
    y = (turned * (np.arange(28)[:, np.newaxis] - 13.5)).sum((1, 2)) / weight
    x = (turned * (np.arange(28) - 13.5)).sum((1, 2)) / weight
    angle = np.degrees(np.arctan2(y, x))
    assert 25 < np.abs(angle).max() <= 30.5
    assert abs(angle.mean()) < 4
    np.testing.assert_allclose(np.hypot(x, y), 12, atol=0.8)


def test_nothing_comes_in_from_a_neighbour() -> None:
    striped = np.zeros((N, 28, 28), np.uint8)
    striped[::2] = 255
    moved = varied(striped, rotation=45, zoom=0.5, width_shift=0.4, height_shift=0.4)
    assert not moved[1::2].any()
    assert moved[::2].any((1, 2)).all()


@pytest.mark.parametrize(
    "settings",
    [
        {"flip": True, "width_shift": 0.2, "height_shift": 0.2},
        {"rotation": 20, "zoom": 0.2, "height_shift": 0.2},
        {"brightness": 0.4, "erase": 8},
    ],
)
def test_each_colour_is_varied_as_grey_is(settings: dict[str, Any]) -> None:
    colour = RANDOM.integers(0, 256, (N, 30, 22, 3), dtype=np.uint8)
    found = varied(colour, **settings)
    assert (found != colour).any()
    for channel in range(3):
        grey = varied(np.ascontiguousarray(colour[..., channel]), **settings)
        np.testing.assert_allclose(found[..., channel].astype(int), grey, atol=1)


def test_a_zoom_makes_wider_and_narrower() -> None:
    block = np.zeros((N, 28, 28), np.uint8)
    block[:, 9:19, 9:19] = 200
    area = varied(block, zoom=0.3).sum((1, 2)) / (200 * 100)
    assert 0.45 < area.min() < 0.7
    assert 1.3 < area.max() < 1.75
    assert (varied(block, zoom=0.3)[:, 14, 14] == 200).all()


def test_brightness_is_one_factor_for_a_picture() -> None:
    dim = np.full((N, 28, 28), 100, np.uint8)
    dim[:, :, 14:] = 160
    factors = varied(dim, brightness=0.5) / dim
    assert np.ptp(factors, axis=(1, 2)).max() < 0.01
    means = factors.mean((1, 2))
    assert 0.5 <= means.min() < 0.6
    assert 1.4 < means.max() <= 1.5
    assert varied(PICTURES, brightness=0.5).max() == 255  # never brighter than white


def test_an_erased_square_is_black_and_may_leave_the_picture() -> None:
    covered = varied(erase=8) == 0
    areas = covered.sum((1, 2))
    assert areas.max() == 64
    assert 0 < areas.min() < 64
    for picture in covered:
        rows, columns = picture.any(1), picture.any(0)
        assert (picture == rows[:, np.newaxis] & columns).all()  # one rectangle
        assert max(rows.sum(), columns.sum()) <= 8


def test_an_erased_square_has_its_middle_anywhere_in_the_picture() -> None:
    low = np.full((2000, 5, 9), 200, np.uint8)
    middles = (varied(low, erase=1) == 0).nonzero()
    assert len(middles[0]) == len(low)
    assert set(zip(middles[1].tolist(), middles[2].tolist(), strict=True)) == set(np.ndindex(5, 9))


@pytest.mark.parametrize("alpha", [0.2, 1.0])
def test_the_mixing_share_follows_its_distribution(alpha: float) -> None:
    shares = np.array([mixing_share(Augmentation(mixup=alpha), 0, step) for step in range(300)])
    assert ((shares >= 0) & (shares <= 1)).all()
    assert abs(shares.mean() - 0.5) < 0.08
    expected = 1 / (4 * (2 * alpha + 1))  # the variance of Beta(alpha, alpha)
    assert abs(shares.var() - expected) < 0.03


def test_a_preview_blends_each_with_a_picture_of_its_own_by_its_own_share() -> None:
    augmentation, black = Augmentation(mixup=0.4), np.zeros((28, 28, 1), np.float32)
    data = fashion_mnist.load()
    found = preview(black, augmentation, 3, 4, data)
    chosen = np.random.default_rng(3).choice(len(data.train_images), 4, replace=False)
    for step, (shown, other) in enumerate(zip(found, data.train_images[chosen], strict=True)):
        share = mixing_share(augmentation, 3, step)
        np.testing.assert_allclose(shown[..., 0], (1 - share) * other / 255, atol=0.51 / 255)
    assert preview(black, Augmentation(flip=True), 3, 4, data).max() == 0


def test_a_preview_shows_as_many_variations_as_were_asked_for() -> None:
    picture = PICTURES[0, ..., np.newaxis].astype(np.float32) / 255
    found = preview(picture, Augmentation(rotation=20), 3, 24, fashion_mnist.load())
    assert len({shown.tobytes() for shown in found}) == 24
