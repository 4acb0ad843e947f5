"""Fill a drawn outline: the data show garments as surfaces, and people draw their edges."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw, ImageFilter

Grey = npt.NDArray[np.float32]
Marks = npt.NDArray[np.bool_]

_FILLING = 0.75  # of the pen's brightness; of garments drawn around in the training pictures
_LOOK_SIDE = 112  # pixels in which to look: enough for 28, and filters stay fast
_PEN = 0.8  # share of the brightest pixel: a pen knows no shades
_TWO_TONED = 0.6  # of all that is not black is as bright as the pen; edges are smoothed
_THIN = 0.12  # of the longest side: what is wider is a surface already
_GAPS = (0.04, 0.08, 0.16, 0.24)  # of the longest side: lines that nearly meet are meant to
_ENOUGH = 0.4  # of its box: less is a sleeve, or a leg, of something whose lines do not meet
_WORTH = 0.15  # of the whole shape: smaller enclosed areas are details


def filled(grey: Grey) -> tuple[Grey, str]:
    """Fill what lines enclose in a line drawing, bright on black (h, w), 0 to 255.

    Anything that is no line drawing, or encloses nothing, comes back as it was.
    """
    peak = float(grey.max())
    small = _shrunk(grey)
    content = small > 0.1 * peak
    if not content.any():
        return grey, "Nothing is drawn."
    rows, columns = np.flatnonzero(content.any(axis=1)), np.flatnonzero(content.any(axis=0))
    longest = int(max(rows[-1] - rows[0], columns[-1] - columns[0])) + 1
    pen = grey >= _PEN * peak
    two_toned = pen.sum() >= _TWO_TONED * (grey > 0.1 * peak).sum()
    if not two_toned or _is_wide(small > 0.5 * peak, longest):
        return grey, "Not filled: it is no line drawing."
    shape = _enclosed(small > 0.3 * peak, longest)
    if (shape & ~content).sum() < _WORTH * shape.sum():
        return grey, "Not filled: its lines enclose nothing."
    surface = Image.fromarray(shape.astype(np.float32) * np.float32(_FILLING * peak))
    enlarged = surface.resize(grey.shape[::-1], Image.Resampling.BILINEAR)
    note = "A line drawing: what its lines enclose is filled, because garments are surfaces."
    return np.maximum(grey, np.asarray(enlarged)), note


def _shrunk(grey: Grey) -> Grey:
    scale = min(1.0, _LOOK_SIDE / max(grey.shape))
    size = (max(1, round(grey.shape[1] * scale)), max(1, round(grey.shape[0] * scale)))
    return np.asarray(Image.fromarray(grey).resize(size, Image.Resampling.BOX), np.float32)


def _is_wide(pen: Marks, longest: int) -> bool:
    """Whether more than specks remain when everything thinner than a pen's line is taken away."""
    size = max(3, round(_THIN * longest) | 1)
    eroded = Image.fromarray(pen).convert("L").filter(ImageFilter.MinFilter(size))
    return bool((np.asarray(eroded) > 0).sum() > 0.02 * pen.sum())


def _enclosed(lines: Marks, longest: int) -> Marks:
    """What the lines enclose when gaps are closed, no wider ones than it takes to find a body.

    Wide gaps are closed last, because between two legs there is one, too.
    """
    box = np.ptp(np.flatnonzero(lines.any(axis=1))) * np.ptp(np.flatnonzero(lines.any(axis=0)))
    shapes = []
    for gap in _GAPS:
        shapes.append(_shape_of(lines, round(gap * longest / 2)))
        if shapes[-1].sum() >= _ENOUGH * box:
            return shapes[-1]
    return shapes[0]


def _shape_of(lines: Marks, reach: int) -> Marks:
    """The lines, and what cannot be reached from outside once they are ``reach`` pixels wider."""
    margin = reach + 1
    wide = _widened(np.pad(lines, margin), reach)
    ImageDraw.floodfill(wide, (0, 0), 128)
    # The flood stops short of the lines by as much as they were widened.
    outside = np.asarray(_widened(np.asarray(wide) == 128, reach)) > 0
    return lines | ~outside[margin:-margin, margin:-margin]


def _widened(marks: Marks, reach: int) -> Image.Image:
    return Image.fromarray(marks).convert("L").filter(ImageFilter.MaxFilter(2 * reach + 1))
