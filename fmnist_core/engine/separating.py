"""Find the garment in a photo with a natural background: OpenCV's GrabCut.

GrabCut learns the colours of two sides and cuts between them; it needs a first guess. Here the
frame of the picture is the guess for the background: what has colours that the frame does not
have, and what lies nearer to the middle, is more likely the garment.
"""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

Mask = npt.NDArray[np.uint8]  # (height, width), 0 or 255
Floats = npt.NDArray[np.float32]
Colours = npt.NDArray[np.uint8]  # (height, width, 3), RGB

_ITERATIONS = 6
_FRAME = 0.04  # width of the frame, as a share of the shorter side
_FRAME_COLOURS = 6  # a floor, a wall, a carpet's pattern: more would describe the garment too
_RARE = 0.05  # share of the frame: less is dirt
_MIDDLE = 0.3  # squared radius
_MUCH_MORE = 2.0  # a colour so much more frequent in the middle belongs to the garment
_SMALLEST, _LARGEST = 0.03, 0.92  # shares of the picture that a garment takes up
_PIECE = 0.15  # less may be no more than the print of a garment that has the floor's colours
_HOLE = 0.04  # of the garment
_PART = 0.15  # of the largest part: what is smaller is no second shoe


def separate(picture: Colours) -> Mask | None:
    """Return where the garment is, None when nothing can be told from the background.

    ``picture`` has at least 16 pixels a side, and should have few hundred: the time grows with
    them. The same picture always gives the same mask.
    """
    cv2.setRNGSeed(0)
    values = cv2.cvtColor(cv2.GaussianBlur(picture, (0, 0), 1.5), cv2.COLOR_RGB2LAB)
    by_colour = _tidied(_cut(picture, _by_colour(values.astype(np.float32))))
    if _PIECE <= _share(by_colour) <= _LARGEST:
        return by_colour
    by_place = _tidied(_cut(picture, _by_place(picture.shape[:2])))
    for mask in (by_place, by_colour):
        if _SMALLEST <= _share(mask) <= _LARGEST:
            return mask
    return None


def _share(mask: Mask) -> float:
    return float((mask > 0).mean())


def _cut(picture: Colours, likely: Floats) -> Mask:
    """Let GrabCut decide, beginning with what is likely garment: (h, w), from 0 on."""
    highest = float(np.percentile(likely, 98))
    if highest <= 0:
        return np.zeros(likely.shape, np.uint8)
    levels = np.clip(255 * likely / highest, 0, 255).astype(np.uint8)
    level, _ = cv2.threshold(levels, 0, 255, cv2.THRESH_OTSU)
    marks = np.where(levels > level, cv2.GC_PR_FGD, cv2.GC_PR_BGD).astype(np.uint8)
    if marks.min() == marks.max():
        return np.zeros(likely.shape, np.uint8)
    background, foreground = np.zeros((1, 65)), np.zeros((1, 65))
    bgr = np.ascontiguousarray(picture[:, :, ::-1])
    decided, _, _ = cv2.grabCut(
        bgr, marks, (0, 0, 0, 0), background, foreground, _ITERATIONS, cv2.GC_INIT_WITH_MASK
    )
    return np.where(decided == cv2.GC_PR_FGD, 255, 0).astype(np.uint8)


def _by_colour(values: Floats) -> Floats:
    """Likely garment: colours (h, w, 3) far from the frame's, and rather in the middle."""
    height, width = values.shape[:2]
    usual = _frame_colours(values)
    if not len(usual):
        return np.zeros((height, width), np.float32)
    apart = np.linalg.norm(values[:, :, np.newaxis] - usual, axis=3).min(axis=2)
    return (apart * np.exp(-_from_middle((height, width)))).astype(np.float32)


def _by_place(shape: tuple[int, int]) -> Floats:
    """Likely garment: the middle, as photographers have it."""
    return np.maximum(1 - _from_middle(shape), 0).astype(np.float32)


def _from_middle(shape: tuple[int, int]) -> Floats:
    """Squared distance from the middle: 1 in the middle of each side."""
    y, x = np.mgrid[-1 : 1 : shape[0] * 1j, -1 : 1 : shape[1] * 1j]
    return (x * x + y * y).astype(np.float32)


def _frame_colours(values: Floats) -> Floats:
    """The usual colours of the frame (n, 3), without those of a garment that reaches into it."""
    height, width = values.shape[:2]
    edge = max(2, round(_FRAME * min(height, width)))
    inner = np.zeros((height, width), bool)
    inner[edge:-edge, edge:-edge] = True
    frame, middle = values[~inner], values[_from_middle((height, width)) < _MIDDLE]
    criteria = (cv2.TERM_CRITERIA_EPS + cv2.TERM_CRITERIA_MAX_ITER, 20, 1.0)
    count = min(_FRAME_COLOURS, len(frame))
    unknown = np.zeros((len(frame), 1), np.int32)
    _, labels, centres = cv2.kmeans(frame, count, unknown, criteria, 1, cv2.KMEANS_PP_CENTERS)
    nearest = np.asarray(labels).ravel()
    usual = []
    for number, centre in enumerate(centres):
        own = frame[nearest == number]
        reach = 2 * float(np.sqrt(np.mean((own - centre) ** 2) * 3)) + 2
        at_edge, inside = (
            float(np.mean(np.linalg.norm(part - centre, axis=1) <= reach))
            for part in (frame, middle)
        )
        if len(own) >= _RARE * len(frame) and inside <= _MUCH_MORE * at_edge:
            usual.append(centre)
    return np.array(usual, np.float32)


def _tidied(mask: Mask) -> Mask:
    """Without specks and threads; only the largest part and what is nearly as large."""
    side = max(3, round(0.012 * max(mask.shape)) | 1)
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side))
    opened = cv2.morphologyEx(mask, cv2.MORPH_OPEN, disc)
    closed = cv2.morphologyEx(opened, cv2.MORPH_CLOSE, disc)
    count, labels, stats, _ = cv2.connectedComponentsWithStats(closed, connectivity=4)
    if count < 2:
        return np.zeros_like(mask)
    areas = stats[:, cv2.CC_STAT_AREA]
    kept = np.flatnonzero(areas >= _PART * areas[1:].max())
    return _filled(np.where(np.isin(labels, kept[kept > 0]), 255, 0).astype(np.uint8))


def _filled(mask: Mask) -> Mask:
    """With its small holes closed: prints and buttons. A sandal's or a handle's are larger."""
    count, labels, stats, _ = cv2.connectedComponentsWithStats(255 - mask, connectivity=4)
    areas = stats[:, cv2.CC_STAT_AREA]
    small = [n for n in range(1, count) if areas[n] < _HOLE * np.count_nonzero(mask)]
    return np.where(np.isin(labels, small), 255, mask).astype(np.uint8)
