"""Make a garment in any picture look like the data: 28 x 28, bright on black, every step kept.

The steps follow those by which Zalando made Fashion-MNIST of its product photos: grey, background
away, trimmed, longest side 28, sharpened, centred, inverted. What differs is that a background
must be found first, and that each step leaves alone what is right already: a picture of the data
set comes out as it went in.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from PIL import Image

from fmnist_core.images.background import (
    BLACK,
    Background,
    Grey,
    composite,
    dark_behind,
    measure,
    on_plain_background,
    without_background,
)
from fmnist_core.images.opening import from_array, open_picture, standardise
from fmnist_core.images.options import Options
from fmnist_core.images.outlines import filled
from fmnist_core.images.separating import Separator, cut_out, exposed

SIDE = 28

_CONTENT = 0.02  # share of the brightest pixel from which on something is there
_FILLS = 25  # a 28 x 28 picture whose content is this long is framed as in the data
# The 3 x 3 kernel of ImageMagick's "-sharpen 1.0x1.0": a negated Gaussian, its centre set so that
# twice the sum is taken back, and scaled to keep the mean.
_SHARPEN = ((-0.0624, -0.1028, -0.0624), (-0.1028, 1.6608, -0.1028), (-0.0624, -0.1028, -0.0624))


@dataclass(frozen=True, eq=False)
class Step:
    """One step: its name, the picture after it (uint8, (h, w) or RGB (h, w, 3)), and why."""

    name: str
    image: npt.NDArray[np.uint8]
    note: str


@dataclass(frozen=True, eq=False)
class Prepared:
    """All steps in order, and the model input: ``picture``, float32 (28, 28, 1) in [0, 1]."""

    steps: tuple[Step, ...]
    picture: npt.NDArray[np.float32]


def prepare(
    image: Image.Image | npt.NDArray[np.generic],
    options: Options | None = None,
    separate: Separator | None = None,
) -> Prepared:
    """Turn any image or array (see ``opening.from_array``) into model input, keeping every step.

    ``separate`` finds the garment in front of a natural background, such as
    ``ModelServer.separate``; without it such a background stays.
    Raises PictureError if it has no pixels or is no picture, and what ``separate`` raises.
    """
    opened = from_array(image) if isinstance(image, np.ndarray) else standardise(image)
    return _prepare(opened, options or Options(), separate)


def prepare_bytes(
    data: bytes,
    name: str,
    options: Options | None = None,
    separate: Separator | None = None,
) -> Prepared:
    """Open the bytes of the picture file ``name`` and prepare it; see ``prepare``."""
    return _prepare(open_picture(data, name), options or Options(), separate)


def from_drawing(pixels: npt.NDArray[np.uint8], options: Options | None = None) -> Prepared:
    """Prepare a drawing of white strokes on black: uint8 (h, w), such as 28 x 28 or 280 x 280.

    The steps are those of a photo, but the background is known. Raises PictureError.
    """
    return _prepare(from_array(np.asarray(pixels)), options or Options(), background=BLACK)


def _prepare(
    opened: Image.Image,
    options: Options,
    separate: Separator | None = None,
    background: Background | None = None,
) -> Prepared:
    steps: list[Step] = []

    def keep(name: str, pixels: npt.NDArray[np.generic], note: str) -> None:
        steps.append(Step(name, np.rint(np.clip(pixels, 0, 255)).astype(np.uint8), note))

    keep("Opened", _shown(opened), _describe_opened(opened))
    if background:
        separated, note = False, "Not separated: the background is known."
    else:
        opened, separated, note = cut_out(opened, options, separate)
    keep("Garment separated", _shown(opened), note)
    if separated:
        opened, note = exposed(opened)
    else:
        note = "Kept: the light of a plain background is that of the garment."
    keep("Light of the data", _shown(opened), note)
    flat, level, note = on_plain_background(opened)
    keep("On a plain background", np.asarray(flat), note)
    grey = np.asarray(flat.convert("L"), dtype=np.float32)
    keep("Grey", grey, "Brightness alone: the model knows no colours.")
    if separated and level is not None:
        background = Background(level, noise=0.0, plain=True)
    background = background or measure(grey)
    grey, background, note = dark_behind(grey, background, options)
    keep("Background dark", grey, note)
    grey, note = without_background(grey, background, options)
    keep("Background removed", grey, note)
    grey, note = (grey, "Not filled: it is a photo.") if separated else filled(grey)
    keep("Outline filled", grey, note)
    grey, note = _rotated(grey, options)
    keep("Rotated", grey, note)
    grey, note = _cropped(grey, options)
    keep("Cropped to content", grey, note)
    shrunk = max(grey.shape) > SIDE
    grey, note = _resized(grey)
    keep(f"Longest side {SIDE}", grey, note)
    grey, note = _sharpened(grey, shrunk)
    keep("Sharpened", grey, note)
    grey, note = _centred(grey)
    keep("Centred", grey, note)
    grey, note = _stretched(grey)
    keep("Contrast of the data", grey, note)
    return Prepared(tuple(steps), grey[:, :, np.newaxis] / np.float32(255))


def _shown(image: Image.Image) -> npt.NDArray[np.uint8]:
    """Return the pixels for display; what is transparent lies on grey."""
    return np.asarray(composite(image, 128) if image.mode == "RGBA" else image)


def _describe_opened(image: Image.Image) -> str:
    return f"{image.width} x {image.height} pixels. {image.info.get('note', '')}".strip()


def _rotated(grey: Grey, options: Options) -> tuple[Grey, str]:
    angle = options.rotate % 360
    if angle == 0:
        return grey, "Not rotated."
    turned = Image.fromarray(grey).rotate(angle, Image.Resampling.BICUBIC, expand=True)
    return np.clip(np.asarray(turned), 0, 255), f"Turned by {options.rotate:g} degrees."


def _cropped(grey: Grey, options: Options) -> tuple[Grey, str]:
    if not options.crop:
        return grey, "Not cropped, as chosen."
    box = _content_box(grey)
    if box is None:
        return grey, "There is nothing to crop to."
    cropped = grey[box]
    if grey.shape == (SIDE, SIDE) and max(cropped.shape) >= _FILLS:
        return grey, f"It fills {SIDE} x {SIDE} pixels already."
    return cropped, f"{cropped.shape[1]} x {cropped.shape[0]} pixels hold all that stands out."


def _content_box(grey: Grey) -> tuple[slice, slice] | None:
    """Find the rows and columns with more in them than a few specks."""
    content = grey > _CONTENT * grey.max()
    slices = []
    for axis in (1, 0):
        counts = content.sum(axis=axis)
        found = np.flatnonzero(counts >= max(1, round(0.005 * content.shape[axis])))
        if len(found) == 0:
            return None
        slices.append(slice(int(found[0]), int(found[-1]) + 1))
    return slices[0], slices[1]


def _resized(grey: Grey) -> tuple[Grey, str]:
    height, width = grey.shape
    longest = max(height, width)
    if longest == SIDE:
        return grey, "It has that size already."
    size = (max(1, round(width * SIDE / longest)), max(1, round(height * SIDE / longest)))
    small = np.asarray(Image.fromarray(grey).resize(size, Image.Resampling.LANCZOS))
    return np.clip(
        small, 0, 255
    ), f"{width} x {height} became {size[0]} x {size[1]}, in proportion."


def _sharpened(grey: Grey, shrunk: bool) -> tuple[Grey, str]:
    """Bring back the edges that were lost in shrinking, as the makers of the data did."""
    if not shrunk:
        return grey, "Not sharpened: it was not made smaller."
    height, width = grey.shape
    padded = np.pad(grey, 1, mode="edge")
    sharp = np.zeros_like(grey)
    for row, weights in enumerate(_SHARPEN):
        for column, weight in enumerate(weights):
            sharp += np.float32(weight) * padded[row : row + height, column : column + width]
    return np.clip(sharp, 0, 255), "Edges that shrinking had softened are sharper."


def _centred(grey: Grey) -> tuple[Grey, str]:
    height, width = grey.shape
    # An odd pixel goes above and to the left, as in the data: half a pixel matters to a model.
    top, left = (SIDE - height + 1) // 2, (SIDE - width + 1) // 2
    square = np.zeros((SIDE, SIDE), dtype=np.float32)
    square[top : top + height, left : left + width] = grey
    return square, f"In the middle of {SIDE} x {SIDE} pixels, the rest black."


def _stretched(grey: Grey) -> tuple[Grey, str]:
    """Make the brightest pixel white: it is 254 or 255 in nearly every picture of the data."""
    peak = float(grey.max())
    if peak <= 0:
        return grey, "The picture is empty."
    if peak >= 254:
        return grey, "Its brightest pixel is white already, as in the data."
    # Divided first, so that rounding cannot lift the peak above 255.
    return grey / np.float32(peak) * np.float32(
        255
    ), f"Its brightest pixel was {peak:.0f} and is white now."
