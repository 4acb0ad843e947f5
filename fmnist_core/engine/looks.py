"""What a garment's surface may look like in a photo or a drawing: cloth, light, strokes.

Each takes the garment, (SIDE, SIDE) in [0, 1] and bright on black, with the mask of where it is,
and draws what differs at random.
"""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

Grey = npt.NDArray[np.float32]
"""(SIDE, SIDE) in [0, 1]."""
Mask = npt.NDArray[np.uint8]
"""255 where the garment is."""
Random = np.random.Generator
SIDE = 84
"""Three times the data's: lines and edges are drawn here, then shrunk as a photo is."""


def as_it_is(grey: Grey, mask: Mask, random: Random) -> Grey:
    return grey


def relit(grey: Grey, mask: Mask, random: Random) -> Grey:
    """Another exposure and contrast; what was dark may be bright."""
    inside = mask > 0
    mean = float(grey[inside].mean())
    contrast = random.choice([-1, 1], p=[0.3, 0.7]) * random.uniform(0.3, 1.4)
    new = random.uniform(0.35, 0.9) + contrast * (grey - mean)
    return np.where(inside, np.clip(new, 0.08, 1), 0).astype(np.float32)


def surface(grey: Grey, mask: Mask, random: Random) -> Grey:
    """A flat or printed cloth in the garment's outline: colour is all that changed."""
    tone = random.uniform(0.45, 1)
    cloth = np.full((SIDE, SIDE), tone, np.float32)
    kind = random.random()
    if kind < 0.25:
        cloth += texture(random) * random.uniform(-0.4, 0.4)
    elif kind < 0.4:  # stripes
        period, angle = random.uniform(5, 16), random.choice([0, np.pi / 2, random.uniform(0, 3)])
        y, x = np.mgrid[:SIDE, :SIDE]
        stripes = np.sin((x * np.cos(angle) + y * np.sin(angle)) * 2 * np.pi / period)
        cloth += (stripes * random.uniform(0.05, 0.3)).astype(np.float32)
    elif kind < 0.5:  # a print on the chest
        centre = random.integers(30, 54, 2)
        cv2.circle(cloth, centre.tolist(), int(random.integers(6, 16)), random.random(), -1)
    if random.random() < 0.5:  # some of the real folds
        cloth += (grey - grey[mask > 0].mean()) * random.uniform(0.1, 0.7)
    if random.random() < 0.4:
        _outline(cloth, mask, random.uniform(0, 1), int(random.integers(1, 5)))
    return np.where(mask > 0, np.clip(cloth, 0.08, 1), 0).astype(np.float32)


def strokes(grey: Grey, mask: Mask, random: Random) -> Grey:
    """A drawing: the outline and, often, some of the lines inside; thin or thick, never exact."""
    paper = np.zeros((SIDE, SIDE), np.float32)
    thickness = int(random.integers(2, 9))
    tone = random.uniform(0.75, 1)
    smooth = int(random.choice([3, 7, 11, 15]))
    rounded = as_mask(cv2.threshold(cv2.GaussianBlur(mask, (smooth, smooth), 0), 127, 255, 0)[1])
    _outline(paper, rounded, tone, thickness)
    if random.random() < 0.5:
        low = random.uniform(40, 90)
        blurred = cv2.GaussianBlur((grey * 255).astype(np.uint8), (5, 5), 0)
        inside = cv2.erode(mask, np.ones((9, 9), np.uint8))
        lines = cv2.bitwise_and(cv2.Canny(blurred, low, 2.5 * low), inside)
        lines = cv2.dilate(lines, np.ones((max(1, thickness // 2),) * 2, np.uint8))
        paper = np.maximum(paper, lines.astype(np.float32) / 255 * tone)
    if random.random() < 0.35:  # hatched or filled in by hand
        paper = np.maximum(paper, (mask > 0) * np.float32(random.uniform(0.2, 0.9)))
    return wobbled(paper, random, random.uniform(0.5, 3))


def wobbled(grey: Grey, random: Random, strength: float) -> Grey:
    """Bent as by an unsteady hand, by at most some pixels."""
    bend = random.standard_normal((2, 6, 6)).astype(np.float32) * strength
    dy, dx = (cv2.resize(each, (SIDE, SIDE), interpolation=cv2.INTER_CUBIC) for each in bend)
    y, x = np.mgrid[:SIDE, :SIDE].astype(np.float32)
    return np.asarray(cv2.remap(grey, x + dx, y + dy, cv2.INTER_LINEAR), np.float32)


def uneven_light(random: Random) -> Grey:
    """Darker to one side, as beside a window; between 0.4 and 1."""
    angle, depth = random.uniform(0, 2 * np.pi), random.uniform(0.1, 0.6)
    y, x = np.mgrid[-1 : 1 : SIDE * 1j, -1 : 1 : SIDE * 1j]
    slope = (x * np.cos(angle) + y * np.sin(angle)) / np.sqrt(2)
    return (1 - depth * (slope + 1) / 2).astype(np.float32)


def texture(random: Random) -> Grey:
    """Noise of some grain size, in [0, 1]: carpet, wood, grass."""
    cells = int(random.choice([6, 12, 28, 84]))
    noise = random.random((cells, cells), np.float32)
    return np.clip(cv2.resize(noise, (SIDE, SIDE), interpolation=cv2.INTER_CUBIC), 0, 1)


def as_mask(found: npt.ArrayLike) -> Mask:
    return np.asarray(found, np.uint8)


def _outline(canvas: Grey, mask: Mask, tone: float, thickness: int) -> None:
    contours, _ = cv2.findContours(mask, cv2.RETR_CCOMP, cv2.CHAIN_APPROX_NONE)
    kept = [contour for contour in contours if cv2.contourArea(contour) > 30]
    cv2.drawContours(canvas, kept, -1, tone, thickness, cv2.LINE_AA)
