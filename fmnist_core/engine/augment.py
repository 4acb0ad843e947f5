"""Training pictures that vary: one batch moved, turned, mirrored, dimmed, covered or mixed.

NumPy and OpenCV on bytes. ``ahead`` does it for the next steps while the present ones are learned.
The random numbers follow from seed and step, so the same run sees the same pictures again.
"""

from __future__ import annotations

from collections.abc import Callable

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
_PLACE, _LIGHT, _COVER, _MIX = range(4)  # streams of random numbers


def augment(augmentation: Augmentation, seed: int) -> Augment | None:
    """What varies each picture of a batch by itself; None where nothing does."""
    kinds = (
        (augmentation.moves, _moved, _PLACE),
        (augmentation.brightness, _lit, _LIGHT),
        (augmentation.erase, _covered, _COVER),
    )
    parts = [(part, stream) for asked, part, stream in kinds if asked]
    if not parts:
        return None

    def varied(pictures: Levels, step: int) -> Levels:
        for part, stream in parts:
            pictures = part(pictures, augmentation, _random(seed, stream, step))
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
    return float(_random(seed, _MIX, step).beta(augmentation.mixup, augmentation.mixup))


def mixed(pictures: Levels, others: Levels, share: float) -> Levels:
    """``share`` of each picture and the rest of its partner."""
    one, other = (each.reshape(len(pictures), -1) for each in (pictures, others))
    blended = cv2.addWeighted(one, share, other, 1 - share, 0)
    return blended.reshape(pictures.shape).astype(np.uint8, copy=False)


def _moved(pictures: Levels, augmentation: Augmentation, random: np.random.Generator) -> Levels:
    """Mirror, shift, turn and zoom about the middle; what comes in from outside is black."""
    _, height, width = pictures.shape[:3]
    mirror, turn_over, right, down, angle, wider, taller = random.uniform(-1, 1, (7, len(pictures)))
    # Whole pixels: a shift by half a pixel would blur, and blurred is what no test picture is.
    right = np.round(right * augmentation.width_shift * width)
    down = np.round(down * augmentation.height_shift * height)
    if augmentation.flip:
        pictures = _mirrored(pictures, mirror < 0, 2)
    if augmentation.upside_down:
        pictures = _mirrored(pictures, turn_over < 0, 1)
    if augmentation.rotation or augmentation.zoom:
        angle *= np.radians(augmentation.rotation)
        wider, taller = (1 / (1 + augmentation.zoom * each) for each in (wider, taller))
        return _turned(pictures, right, down, angle, wider, taller)
    if right.any() or down.any():
        return _shifted(pictures, right.astype(int), down.astype(int))
    return pictures


def _mirrored(pictures: Levels, chosen: npt.NDArray[np.bool_], axis: int) -> Levels:
    """The chosen ones in reverse along an axis."""
    mirrored = pictures.copy()
    mirrored[chosen] = np.flip(pictures[chosen], axis)
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
    """Turned, stretched and shifted, in one transformation: every picture is read once."""
    _, height, width = pictures.shape[:3]
    cosine, sine = np.cos(angle), np.sin(angle)
    middle_x, middle_y = (width - 1) / 2, (height - 1) / 2
    x, y = middle_x + right, middle_y + down
    # For each picture the map from its new (x, y, 1) to the old (x, y) that is read there.
    rows = [
        (cosine * wider, -sine * wider, middle_x - wider * (cosine * x - sine * y)),
        (sine * taller, cosine * taller, middle_y - taller * (sine * x + cosine * y)),
    ]
    maps = np.moveaxis(np.array(rows, np.float32), -1, 0)
    together = max(1, _PIXELS // (height * width))
    parts = [slice(k, k + together) for k in range(0, len(pictures), together)]
    return np.concatenate([_read(pictures[part], maps[part]) for part in parts])


def _read(pictures: Levels, maps: npt.NDArray[np.float32]) -> Levels:
    """Each picture as its map (n, 2, 3) reads it: all in one call, which for small pictures takes
    less time than a call for each. They lie below one another, with a black line in between."""
    n, height, width = pictures.shape[:3]
    column = np.zeros((n * (height + 1) + 1, *pictures.shape[2:]), np.uint8)
    column[1:].reshape(n, height + 1, *pictures.shape[2:])[:, :height] = pictures
    x, y = np.arange(width, dtype=np.float32), np.arange(height, dtype=np.float32)[:, None]
    by_x, by_y, start = np.moveaxis(maps, -1, 0)[..., None, None]  # (n, 2, 1, 1) each
    old_x = by_x[:, 0] * x + (by_y[:, 0] * y + start[:, 0])
    old_y = by_x[:, 1] * x + (by_y[:, 1] * y + start[:, 1])
    np.clip(old_y, -1, height, out=old_y)  # no farther than its own black lines
    old_y += (np.arange(n, dtype=np.float32) * (height + 1) + 1)[:, None, None]
    read = cv2.remap(column, old_x.reshape(-1, width), old_y.reshape(-1, width), cv2.INTER_LINEAR)
    return np.asarray(read, np.uint8).reshape(pictures.shape)


def _lit(pictures: Levels, augmentation: Augmentation, random: np.random.Generator) -> Levels:
    """Each picture brighter or darker; black stays black."""
    change = augmentation.brightness
    light = random.uniform(1 - change, 1 + change, (len(pictures), 1)).astype(np.float32)
    lit = cv2.convertScaleAbs(pictures.reshape(len(pictures), -1) * light)
    return np.asarray(lit, np.uint8).reshape(pictures.shape)


def _covered(pictures: Levels, augmentation: Augmentation, random: np.random.Generator) -> Levels:
    """A black square on each, its middle anywhere: cutout, DeVries & Taylor 2017."""
    side = augmentation.erase
    middles = random.integers((0, 0), pictures.shape[1:3], (len(pictures), 2))
    covered, begin = pictures.copy(), middles - side // 2
    end = begin + side
    for picture, (top, left), (bottom, right) in zip(
        covered, np.maximum(begin, 0).tolist(), end.tolist(), strict=True
    ):
        picture[top:bottom, left:right] = 0
    return covered


def _random(seed: int, stream: int, step: int) -> np.random.Generator:
    """One for each kind of change, so that one more leaves the others as they were."""
    return np.random.default_rng([seed, stream, step])
