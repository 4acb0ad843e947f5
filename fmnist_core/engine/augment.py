"""Training pictures that vary: one batch moved, turned, mirrored, dimmed, covered or mixed.

NumPy and OpenCV on bytes. ``ahead`` does it for the next steps while the present ones are learned.
The random numbers follow from seed and step, so the same run sees the same pictures again.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

import cv2
import numpy as np
import numpy.typing as npt
from numpy.lib.stride_tricks import sliding_window_view

from fmnist_core.experiment import Augmentation

Levels = npt.NDArray[np.uint8]
"""Pictures uint8 (n, h, w), or (n, h, w, 3) in colour."""
Floats = npt.NDArray[np.float64]
Augment = Callable[[Levels, int], Levels]
"""(pictures, number of the step) -> the same, varied."""
Vary = Callable[[Levels, int], tuple[Levels, float]]
"""The same, and the share of each picture that is left after ``mixed``: 1 without mixup."""
_PIXELS = 2**16
"""Read in one call, about: a large picture, or most of a batch of small ones. Twice as many take
longer: their coordinates are then arrays for which the system finds new memory every time."""
_LONGEST_ROW = 2**15 - 2  # of what OpenCV reads; it refuses more
ALIKE = 4
"""Pictures of a batch that are turned, zoomed and shifted alike, when they are turned or zoomed:
OpenCV reads four channels in twice the time of one. A batch is in random order, so they have
nothing else in common. In colour it saves nothing; both are varied alike."""
_VARIED, _MIXED = range(2)  # streams of random numbers
_PLACE, _LIGHT, _COVER = slice(0, 7), 7, slice(8, 10)
"""Of the ten numbers that are drawn for each picture, whatever is asked for: one kind more leaves
the others as they were."""


def augment(augmentation: Augmentation, seed: int) -> Augment | None:
    """What varies each picture of a batch by itself; None where nothing does."""
    kinds = (
        (augmentation.moves, _moved, _PLACE),
        (augmentation.brightness, _lit, _LIGHT),
        (augmentation.erase, _covered, _COVER),
    )
    parts = [(part, which) for asked, part, which in kinds if asked]
    if not parts:
        return None

    def varied(pictures: Levels, step: int) -> Levels:
        drawn = np.random.default_rng([seed, _VARIED, step]).uniform(-1, 1, (10, len(pictures)))
        for part, which in parts:
            pictures = part(pictures, augmentation, drawn[which])
        return pictures

    return varied


def training_batch(augmentation: Augmentation, seed: int) -> Vary | None:
    """What a step learns from, mixup included; None where it learns pictures as they are."""
    vary = augment(augmentation, seed)
    if not vary and not augmentation.mixup:
        return None

    def varied(pictures: Levels, step: int) -> tuple[Levels, float]:
        if vary:
            pictures = vary(pictures, step)
        if not augmentation.mixup:
            return pictures, 1.0
        share = mixing_share(augmentation, seed, step)
        return mixed(pictures, pictures[::-1], share), share

    return varied


def mixing_share(augmentation: Augmentation, seed: int, step: int) -> float:
    """How much of each picture stays when a batch is mixed with its reverse: Beta(a, a).

    Zhang et al. 2018, arXiv:1710.09412; one share for the batch, as in the authors' code. The
    reverse is as good a partner as any: the order of a batch is random.
    """
    return float(
        np.random.default_rng([seed, _MIXED, step]).beta(augmentation.mixup, augmentation.mixup)
    )


def mixed(pictures: Levels, others: Levels, share: float) -> Levels:
    """``share`` of each picture and the rest of its partner."""
    one, other = (each.reshape(len(pictures), -1) for each in (pictures, others))
    blended = cv2.addWeighted(one, share, other, 1 - share, 0)
    return blended.reshape(pictures.shape).astype(np.uint8, copy=False)


def _moved(pictures: Levels, augmentation: Augmentation, drawn: Floats) -> Levels:
    """Mirror, shift, turn and zoom about the middle; what comes in from outside is black."""
    height, width = pictures.shape[1:3]
    if augmentation.flip:
        pictures = _mirrored(pictures, drawn[0] < 0, 2)
    if augmentation.upside_down:
        pictures = _mirrored(pictures, drawn[1] < 0, 1)
    turned = augmentation.rotation or augmentation.zoom
    right, down, angle, wider, taller = drawn[2:, : -(-len(pictures) // (ALIKE if turned else 1))]
    # Whole pixels: a shift by half a pixel would blur, and blurred is what no test picture is.
    right = np.round(right * (augmentation.width_shift * width))
    down = np.round(down * (augmentation.height_shift * height))
    if turned:
        angle = angle * np.radians(augmentation.rotation)
        wider, taller = 1 / (1 + augmentation.zoom * wider), 1 / (1 + augmentation.zoom * taller)
        return _turned(pictures, right, down, angle, wider, taller)
    if augmentation.width_shift or augmentation.height_shift:
        return _shifted(pictures, right.astype(int), down.astype(int))
    return pictures


def _mirrored(pictures: Levels, chosen: npt.NDArray[np.bool_], axis: int) -> Levels:
    """The chosen ones in reverse along an axis."""
    if not chosen.any():
        return pictures
    mirrored, some = pictures.copy(), pictures[chosen]
    if axis == 2:  # from left to right OpenCV is several times as fast
        rows = some.reshape(-1, *some.shape[2:])
        mirrored[chosen] = cv2.flip(rows, 1).reshape(some.shape)
    else:
        mirrored[chosen] = np.flip(some, axis)
    return mirrored


def _shifted(pictures: Levels, right: npt.NDArray[np.int_], down: npt.NDArray[np.int_]) -> Levels:
    """By whole pixels, in less time than a transformation takes."""
    n, height, width = pictures.shape[:3]
    y, x = int(np.abs(down).max()), int(np.abs(right).max())
    framed = np.zeros((n, height + 2 * y, width + 2 * x, *pictures.shape[3:]), np.uint8)
    framed[:, y : y + height, x : x + width] = pictures
    windows = sliding_window_view(framed, (height, width), axis=(1, 2))
    shifted = windows[np.arange(n), y - down, x - right]
    return np.moveaxis(shifted, 1, -1) if pictures.ndim == 4 else shifted  # colours come first


def _turned(
    pictures: Levels, right: Floats, down: Floats, angle: Floats, wider: Floats, taller: Floats
) -> Levels:
    """Turned, stretched and shifted, in one transformation: every picture is read once.

    Each place is for every so many-th picture, as many as there are places.
    """
    height, width = pictures.shape[1:3]
    cosine, sine = np.cos(angle), np.sin(angle)
    middle_x, middle_y = (width - 1) / 2, (height - 1) / 2
    x, y = middle_x + right, middle_y + down
    # For each place the map from its new (x, y, 1) to the old (x, y) that is read there.
    maps = np.empty((len(angle), 2, 3), np.float32)
    maps[:, 0, 0], maps[:, 0, 1] = wider * cosine, -wider * sine
    maps[:, 1, 0], maps[:, 1, 1] = taller * sine, taller * cosine
    maps[:, 0, 2] = middle_x - wider * (cosine * x - sine * y)
    maps[:, 1, 2] = middle_y - taller * (sine * x + cosine * y)
    grey = pictures.ndim == 3
    packed = _packed(pictures, len(maps)) if grey else pictures
    maps = maps if grey else np.tile(maps, (ALIKE, 1, 1))[: len(pictures)]
    together = max(1, _PIXELS // (height * width))
    parts = [slice(k, k + together) for k in range(0, len(packed), together)]
    read = [_read(packed[part], maps[part]) for part in parts]
    turned = np.concatenate(read) if len(read) > 1 else read[0]
    return _unpacked(turned, len(pictures)) if grey else turned


def _packed(pictures: Levels, count: int) -> Levels:
    """Grey pictures (n, h, w) as the channels of ``count``: (count, h, w, ALIKE)."""
    _, height, width = pictures.shape
    missing = ALIKE * count - len(pictures)
    if missing:
        pictures = np.concatenate([pictures, np.zeros((missing, height, width), np.uint8)])
    packed = cv2.merge(list(pictures.reshape(ALIKE, count * height, width)))
    return np.asarray(packed, np.uint8).reshape(count, height, width, ALIKE)


def _unpacked(packed: Levels, n: int) -> Levels:
    """The first ``n`` of what was packed: (n, h, w)."""
    count, height, width = packed.shape[:3]
    pictures = np.empty((ALIKE, count * height, width), np.uint8)
    cv2.split(packed.reshape(count * height, width, ALIKE), list(pictures))
    return pictures.reshape(-1, height, width)[:n]


def _read(pictures: Levels, maps: npt.NDArray[np.float32]) -> Levels:
    """Each picture as its map (n, 2, 3) reads it: all in one call, which for small pictures takes
    less time than a call for each. They lie below one another, with a black line in between."""
    n, height, width = pictures.shape[:3]
    column = np.zeros((n * (height + 1) + 1, *pictures.shape[2:]), np.uint8)
    column[1:].reshape(n, height + 1, *pictures.shape[2:])[:, :height] = pictures
    places = _places(height, width)
    old_x, old_y = maps[:, 0] @ places, maps[:, 1] @ places
    np.clip(old_y, -1, height, out=old_y)  # no farther than its own black lines
    old_y += (np.arange(n, dtype=np.float32) * (height + 1) + 1)[:, None]
    # What is read, and where, lies a picture a row: rows of 28 pixels are slow. OpenCV has a limit.
    row = height * width if height * width <= _LONGEST_ROW else width
    read = cv2.remap(column, old_x.reshape(-1, row), old_y.reshape(-1, row), cv2.INTER_LINEAR)
    return np.asarray(read, np.uint8).reshape(pictures.shape)


@lru_cache(maxsize=4)
def _places(height: int, width: int) -> npt.NDArray[np.float32]:
    """(x, y, 1) of every pixel, row by row: float32 (3, height * width)."""
    y, x = np.indices((height, width), np.float32).reshape(2, -1)
    return np.stack([x, y, np.ones_like(x)])


def _lit(pictures: Levels, augmentation: Augmentation, drawn: Floats) -> Levels:
    """Each picture brighter or darker; black stays black."""
    # In 128ths: at most twice as bright fits into 16 bits, which multiply faster than floats.
    light = np.round(128 * (1 + augmentation.brightness * drawn)).astype(np.uint16)
    flat = pictures.reshape(len(pictures), -1)
    times = np.multiply(flat, light[:, np.newaxis], dtype=np.uint16)
    lit = cv2.convertScaleAbs(times, alpha=1 / 128)
    return np.asarray(lit, np.uint8).reshape(pictures.shape)


def _covered(pictures: Levels, augmentation: Augmentation, drawn: Floats) -> Levels:
    """A black square on each, its middle anywhere: cutout, DeVries & Taylor 2017."""
    height, width = pictures.shape[1:3]
    from_below, from_right = (
        side - ((1 + each) * (side / 2)).astype(int)
        for side, each in zip((height, width), drawn, strict=True)
    )
    kept = _windows(height, width, augmentation.erase)[from_below, from_right]
    return pictures & kept.reshape(*kept.shape, *([1] * (pictures.ndim - 3)))


@lru_cache(maxsize=4)
def _windows(height: int, width: int, side: int) -> Levels:
    """What a black square leaves, as bits: 0 within it and 255 elsewhere.

    All windows (height + 1, width + 1, height, width) of one frame that has the square in its
    middle: the one at (height - y, width - x) has it at (y, x).
    """
    frame = np.full((2 * height, 2 * width), 255, np.uint8)
    top, left = height - side // 2, width - side // 2
    frame[top : top + side, left : left + side] = 0
    return sliding_window_view(frame, (height, width))
