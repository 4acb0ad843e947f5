"""Fashion-MNIST made to look like what people really show: photos and drawings, prepared.

The pictures of the data are studio photos. What ``images.prepare`` makes of a snapshot has other
light, a crease, a bite that the cut-out took from it or a piece of floor that it left; what it
makes of a drawing is a flat surface or strokes. ``realistic`` gives a picture of the data such a
look, or puts a sketch of its class in its place. No photo or drawing went into it, so any can be
measured on.
"""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable

import cv2
import numpy as np
import numpy.typing as npt

from fmnist_core.engine.looks import (
    SIDE,
    Grey,
    Mask,
    Random,
    as_it_is,
    as_mask,
    relit,
    strokes,
    surface,
    texture,
    uneven_light,
    wobbled,
)
from fmnist_core.engine.sketches import FOOTWEAR, sketch
from fmnist_core.engine.sketches.parts import Sketch
from fmnist_core.engine.sketches.rendering import cloth, drawing, fitted
from fmnist_core.engine.sketches.rendering import mask as covered
from fmnist_core.images import from_drawing

INGREDIENTS = (
    "light",
    "surface",
    "strokes",
    "sketches",
    "pairs",
    "geometry",
    "cutout",
    "background",
    "hanger",
)
"""What can be left out, to see what it brings."""
SKETCHED = 0.3
"""Of all pictures: a sketch of the same class instead."""
PAIRED = 0.35
"""Of shoes, and turned in any way: nobody photographs one alone from the side."""
_CHUNK = 1_000
_INK = 0.09
"""Grey above which a pixel belongs to the garment."""


def realistic(
    picture: npt.NDArray[np.uint8],
    label: int,
    random: Random,
    without: frozenset[str] = frozenset(),
) -> npt.NDArray[np.uint8]:
    """One picture of the data (28, 28) uint8 as a phone or a pen might have shown it.

    ``label`` is its class, 0 to 9; ``without`` names ingredients to leave out.
    """
    sketched = None
    if "sketches" not in without and random.random() < SKETCHED:
        sketched = sketch(label, random)
        if random.random() < 0.5:
            by_hand = fitted(sketched.moved(_hand(random), np.zeros(2)), SIDE, 6)
            return _as_drawn(
                wobbled(drawing(by_hand, random, SIDE), random, random.uniform(0.3, 1.5))
            )
        sketched = fitted(sketched, SIDE, 6)
    grey, mask = _sewn(sketched, random) if sketched else _enlarged(picture)
    if not mask.any():
        return picture
    look = _look(random, without)
    grey = look(grey, mask, random)
    if "pairs" not in without and label in FOOTWEAR and random.random() < PAIRED:
        grey = _paired(grey, random)
        mask = _garment(grey)
    if look is strokes:
        return _as_drawn(grey if "geometry" in without else _transformed(grey, random))
    return _framed(_photographed(grey, mask, random, without), random)


def _hand(random: Random) -> npt.NDArray[np.float64]:
    """What a hand makes of proportions: a little wider or higher, and tilted."""
    angle = random.normal(0, 0.08)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    return np.asarray(turn @ np.diag(np.exp(random.normal(0, 0.12, 2))))


def _as_drawn(paper: Grey) -> npt.NDArray[np.uint8]:
    """As the app prepares a drawing: what its lines enclose is filled, or not where they gape."""
    prepared = from_drawing(np.rint(np.clip(paper, 0, 1) * 255).astype(np.uint8))
    return np.rint(prepared.picture[:, :, 0] * 255).astype(np.uint8)


def _sewn(sketched: Sketch, random: Random) -> tuple[Grey, Mask]:
    return cloth(sketched, random, SIDE), covered(sketched, SIDE)


def _enlarged(picture: npt.NDArray[np.uint8]) -> tuple[Grey, Mask]:
    large = cv2.resize(picture, (SIDE, SIDE), interpolation=cv2.INTER_CUBIC)
    grey = np.asarray(large, np.float32) / np.float32(255)
    return grey, _garment(grey)


def _photographed(grey: Grey, mask: Mask, random: Random, without: frozenset[str]) -> Grey:
    """What light, camera and the cutting out of a background do to it."""
    if "light" not in without and random.random() < 0.5:
        grey = grey * uneven_light(random)
    if "hanger" not in without and random.random() < 0.06:
        _hang(grey, mask, random)
    if "cutout" not in without and random.random() < 0.5:
        grey = _badly_cut(grey, mask, random)
    if "geometry" not in without:
        grey = _transformed(grey, random)
    if "background" not in without and random.random() < 0.2:
        grey = np.maximum(grey, texture(random) * random.uniform(0.05, 0.35))
    if "cutout" not in without and random.random() < 0.15:
        grey = _cropped(grey, random)
    return grey


def _look(random: Random, without: frozenset[str]) -> Callable[[Grey, Mask, Random], Grey]:
    looks: list[tuple[float, str, Callable[[Grey, Mask, Random], Grey]]] = [
        (0.45, "", as_it_is),
        (0.25, "light", relit),
        (0.25, "surface", surface),
        (0.2, "strokes", strokes),
    ]
    kept = [(weight, look) for weight, ingredient, look in looks if ingredient not in without]
    weights = np.array([weight for weight, _ in kept])
    return kept[random.choice(len(kept), p=weights / weights.sum())][1]


def render(
    pictures: npt.NDArray[np.uint8],
    labels: npt.NDArray[np.uint8],
    seed: tuple[int, ...],
    without: frozenset[str] = frozenset(),
) -> npt.NDArray[np.uint8]:
    """``realistic`` for all pictures (n, 28, 28), on all cores; the same seed gives the same."""
    tasks = [
        (pictures[first : first + _CHUNK], labels[first : first + _CHUNK], (*seed, first), without)
        for first in range(0, len(pictures), _CHUNK)
    ]
    with multiprocessing.get_context("spawn").Pool() as pool:
        return np.concatenate(pool.starmap(_render_chunk, tasks))


def _render_chunk(
    pictures: npt.NDArray[np.uint8],
    labels: npt.NDArray[np.uint8],
    seed: tuple[int, ...],
    without: frozenset[str],
) -> npt.NDArray[np.uint8]:
    cv2.setNumThreads(1)  # the pool has a process for each core
    random = np.random.default_rng(seed)
    both = zip(pictures, labels.tolist(), strict=True)
    return np.stack([realistic(picture, label, random, without) for picture, label in both])


def _garment(grey: Grey) -> Mask:
    mask = (grey > _INK).astype(np.uint8) * 255
    return as_mask(cv2.morphologyEx(mask, cv2.MORPH_CLOSE, np.ones((5, 5), np.uint8)))


def _hang(grey: Grey, mask: Mask, random: Random) -> None:
    """A hanger's hook above the middle."""
    rows = np.flatnonzero(mask.any(1))
    top, middle = int(rows[0]), SIDE // 2 + int(random.integers(-3, 4))
    tone = random.uniform(0.3, 1)
    cv2.line(grey, (middle, top + 4), (middle, max(0, top - 8)), tone, 2, cv2.LINE_AA)
    arm = int(random.integers(8, 18))
    for side in (-arm, arm):
        cv2.line(grey, (middle, top), (middle + side, top + 6), tone, 2, cv2.LINE_AA)


def _badly_cut(grey: Grey, mask: Mask, random: Random) -> Grey:
    """What cutting out of a background gets wrong: an edge too tight, a bite, a piece of floor."""
    kernel = np.ones((int(random.integers(1, 6)),) * 2, np.uint8)
    kept = cv2.erode(mask, kernel) if random.random() < 0.5 else cv2.dilate(mask, kernel)
    edge = np.argwhere(cv2.Canny(mask, 100, 200) > 0)
    for _ in range(int(random.integers(0, 3))):
        if not len(edge):
            break
        y, x = edge[random.integers(len(edge))].tolist()
        axes = random.integers(3, 13, 2).tolist()
        turn = float(random.uniform(0, 180))
        cv2.ellipse(kept, (x, y), axes, turn, 0, 360, 0 if random.random() < 0.6 else 255, -1)
    floor = random.uniform(0.2, 0.8) * (0.6 + 0.4 * texture(random))
    return np.where(kept > 0, np.where(grey > _INK / 2, grey, floor), 0).astype(np.float32)


def _paired(grey: Grey, random: Random) -> Grey:
    """With another of its kind, each turned its own way, one before the other."""
    middle, scene = SIDE / 2, np.zeros_like(grey)
    lean, apart = random.uniform(-75, 75), random.uniform(0.12, 0.3) * SIDE
    for side in (-1, 1):
        angle = lean + random.normal(0, 15)
        turn = cv2.getRotationMatrix2D((middle, middle), angle, random.uniform(0.6, 0.75))
        across = np.radians(angle)  # they stand beside each other, not one after the other
        turn[0, 2] += side * apart * np.sin(across)
        turn[1, 2] += side * apart * np.cos(across)
        shoe = grey[:, ::-1] if random.random() < 0.3 else grey
        placed = cv2.warpAffine(np.ascontiguousarray(shoe), turn, (SIDE, SIDE))
        scene = np.where(placed > _INK, placed, scene)
    return np.asarray(scene, np.float32)


def _transformed(grey: Grey, random: Random) -> Grey:
    """Mirrored, turned, seen at an angle, longer or shorter."""
    if random.random() < 0.5:
        grey = grey[:, ::-1]
    corners = np.array([[0, 0], [1, 0], [1, 1], [0, 1]], np.float32) * (SIDE - 1)
    middle = (SIDE - 1) / 2
    angle = np.radians(random.normal(0, 9))
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    stretch = np.exp(random.normal(0, 0.1, 2)) * 0.8
    moved = (corners - middle) * stretch @ turn.T + middle
    moved += random.normal(0, 0.035 * SIDE, (4, 2))
    matrix = cv2.getPerspectiveTransform(corners, moved.astype(np.float32))
    seen = cv2.warpPerspective(np.ascontiguousarray(grey), matrix, (SIDE, SIDE))
    return np.asarray(seen, np.float32)


def _cropped(grey: Grey, random: Random) -> Grey:
    """A part beyond the picture's edge: up to a quarter, at one side."""
    cut = int(random.uniform(0.05, 0.25) * SIDE)
    side = int(random.integers(4))
    turned = np.rot90(grey, side).copy()
    rows = np.flatnonzero((turned > _INK).any(1))
    if len(rows):
        turned[: rows[0] + cut] = 0
    return np.rot90(turned, -side) if turned.any() else grey


def _framed(grey: Grey, random: Random) -> npt.NDArray[np.uint8]:
    """The longest side to 28 as in ``images.prepare``, or a pixel less; centred, sharpened."""
    ys, xs = np.nonzero(grey > _INK)
    if not len(ys):
        return np.zeros((28, 28), np.uint8)
    part = grey[ys.min() : ys.max() + 1, xs.min() : xs.max() + 1]
    scale = (28 - random.integers(0, 3)) / max(part.shape)
    height, width = (max(1, round(side * scale)) for side in part.shape)
    small = cv2.resize(part, (width, height), interpolation=cv2.INTER_AREA)
    if random.random() < 0.6:
        small = small + random.uniform(0.2, 0.8) * (small - cv2.GaussianBlur(small, (3, 3), 0))
    if random.random() < 0.4:
        small = small + random.normal(0, random.uniform(0.01, 0.06), small.shape) * (small > 0.02)
    sheet = np.zeros((28, 28), np.float32)
    top, left = (28 - height) // 2, (28 - width) // 2
    sheet[top : top + height, left : left + width] = small
    return np.rint(np.clip(sheet, 0, 1) * 255).astype(np.uint8)
