"""A sketch as pixels: drawn with a pen, or sewn from cloth."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from fmnist_core.engine.sketches.parts import Points, Random, Sketch

_STRAP = 3


def fitted(sketched: Sketch, side: int, margin: int) -> Sketch:
    """In pixels, in the middle of ``side`` x ``side``, the longest side all but the margins."""
    points = np.concatenate([*sketched.outlines, *sketched.lines])
    low, high = points.min(0), points.max(0)
    scale = (side - 2 * margin) / float((high - low).max())
    return sketched.moved(np.eye(2) * scale, side / 2 - scale * (low + high) / 2)


def mask(sketched: Sketch, side: int) -> npt.NDArray[np.uint8]:
    """255 where the garment is, (side, side); ``sketched`` in pixels."""
    found = np.zeros((side, side), np.uint8)
    for outline in sketched.outlines:  # one by one: where two overlap, both are garment
        cv2.fillPoly(found, [_pixels(outline)], 255)
    for line in sketched.lines:  # a strap is as much of a bag as its body
        cv2.polylines(found, [_pixels(line)], False, 255, _STRAP)
    return found


def drawing(sketched: Sketch, random: Random, side: int) -> npt.NDArray[np.float32]:
    """Drawn with a pen, bright on black, (side, side) in [0, 1]; ``images`` fills what it encloses.

    A mouse draws few lines: the last one often stops before it is back where the first began.
    """
    pen = int(random.integers(2, 6))
    paper = np.zeros((side, side), np.float32)
    for outline in sketched.outlines:
        is_closed = random.random() < 0.6
        line = outline if is_closed else _unfinished(outline, random)
        cv2.polylines(paper, [_pixels(line)], is_closed, 1.0, pen, cv2.LINE_AA)
    _draw_lines(paper, sketched, 1.0, pen, random)
    return paper


def _unfinished(outline: Points, random: Random) -> Points:
    """All but a part of it, from anywhere to shortly before."""
    closed = np.concatenate([outline, outline[:1]])
    length = np.concatenate([[0], np.cumsum(np.linalg.norm(np.diff(closed, axis=0), axis=1))])
    drawn = random.uniform(0.8, 1)
    at = (random.random() + np.linspace(0, drawn, 80)) % 1 * length[-1]
    return np.stack([np.interp(at, length, closed[:, axis]) for axis in (0, 1)], 1)


def cloth(sketched: Sketch, random: Random, side: int) -> npt.NDArray[np.float32]:
    """A plain garment with its seams and soft folds, (side, side) in [0, 1]."""
    folds = random.random((5, 5)).astype(np.float32) - 0.5
    grey = random.uniform(0.45, 0.8) + 0.25 * cv2.resize(
        folds, (side, side), interpolation=cv2.INTER_CUBIC
    )
    seam = random.choice([-1, 1]) * random.uniform(0.1, 0.4)
    seams = np.zeros((side, side), np.float32)
    for outline in sketched.outlines:
        cv2.polylines(seams, [_pixels(outline)], True, 1.0, 1, cv2.LINE_AA)
    _draw_lines(seams, sketched, 1.0, int(random.integers(1, 4)), random)
    grey = np.clip(grey + seam * seams, 0.15, 1)
    return np.where(mask(sketched, side) > 0, grey, 0).astype(np.float32)


def _draw_lines(
    canvas: npt.NDArray[np.float32], sketched: Sketch, tone: float, width: int, random: Random
) -> None:
    for line in sketched.lines:
        if random.random() < 0.85:
            cv2.polylines(canvas, [_pixels(line)], False, tone, width, cv2.LINE_AA)


def _pixels(points: Points) -> npt.NDArray[np.int32]:
    return np.rint(points).astype(np.int32)
