"""Which side of a picture is background, and away with it: light or dark, plain or not."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from PIL import Image

from fmnist_core.images.options import Options

Grey = npt.NDArray[np.float32]
"""(height, width), 0 to 255."""

_NEAR = 32  # levels: what differs less from the background may belong to it
_ROUGH = 6.0  # levels: paper, walls and cameras vary less; floors and blankets more
_EVEN = 0.85  # share of the frame that is within the noise if nothing but background is there
_FAINT = 8  # grey levels: a picture with less contrast is noise, which must not be blown up


@dataclass(frozen=True)
class Background:
    """What the frame of a picture says: its usual grey, how much that varies, whether it is one."""

    level: float
    noise: float
    plain: bool


BLACK = Background(level=0.0, noise=0.0, plain=True)


def composite(image: Image.Image, grey: int) -> Image.Image:
    """Lay an RGBA image on an even grey."""
    canvas = Image.new("RGBA", image.size, (grey, grey, grey, 255))
    return Image.alpha_composite(canvas, image).convert("RGB")


def on_plain_background(image: Image.Image) -> tuple[Image.Image, int | None, str]:
    """Put what is transparent on white or black, whichever differs more from what is visible.

    The number is the grey that was put there, if any.
    """
    if image.mode != "RGBA":
        return image, None, "Nothing in it is transparent."
    alpha = np.asarray(image.getchannel("A"), dtype=np.float64)
    grey = np.asarray(image.convert("RGB").convert("L"), dtype=np.float64)
    is_light = float((grey * alpha).sum()) > 127.5 * float(alpha.sum())
    level, side = (0, "black") if is_light else (255, "white")
    return composite(image, level), level, f"Transparent parts are now {side}."


def measure(grey: Grey) -> Background:
    """Look for the background in the frame of the picture: its most frequent grey."""
    frame = _frame(grey)
    histogram = np.bincount(frame.astype(np.uint8), minlength=256)
    peak = int(np.convolve(histogram, np.hanning(19), mode="same").argmax())
    near = frame[np.abs(frame - peak) <= _NEAR]
    level = float(np.median(near))
    noise = 1.48 * float(np.median(np.abs(near - level)))  # standard deviation, were it normal
    return Background(level, noise, plain=len(near) > len(frame) / 2)


def is_natural(grey: Grey) -> bool:
    """Whether the frame shows more than one plain surface: no threshold can take that away."""
    background, frame = measure(grey), _frame(grey)
    if not background.plain or background.noise > _ROUGH:
        return True
    margin = max(3 * background.noise, _FAINT)
    return bool(np.mean(np.abs(frame - np.float32(background.level)) <= margin) < _EVEN)


def _frame(grey: Grey) -> Grey:
    width = max(1, round(0.04 * min(grey.shape)))
    inner = np.zeros(grey.shape, dtype=bool)
    inner[width:-width, width:-width] = True
    return grey[~inner]


def dark_behind(
    grey: Grey, background: Background, options: Options
) -> tuple[Grey, Background, str]:
    """Invert a picture whose background is lighter than what is in front of it."""
    if options.invert == "auto":
        invert = _is_light(grey, background)
        note = "the background is light" if invert else "the background is dark"
    else:
        invert = options.invert == "yes"
        note = "as chosen"
    if not invert:
        return grey, background, f"Not inverted: {note}."
    inverted = Background(255 - background.level, background.noise, background.plain)
    return 255 - grey, inverted, f"Inverted: {note}."


def _is_light(grey: Grey, background: Background) -> bool:
    if not background.plain:
        return background.level > 127.5
    difference = grey - np.float32(background.level)
    # Squared, so that a garment counts more than the many small differences in what is behind it.
    balance = float((difference * np.abs(difference)).sum())
    return balance < 0 if balance else background.level > 127.5


def without_background(grey: Grey, background: Background, options: Options) -> tuple[Grey, str]:
    """Make the background 0 and keep how much brighter than it everything else is."""
    level = background.level if background.plain else 0.0
    if options.threshold is not None:
        margin, how = options.threshold * 255, "as chosen"
    else:
        margin, how = (min(3 * background.noise, 64.0) if background.plain else 0.0), "measured"
    removed = np.maximum(grey - np.float32(level + margin), 0)
    if removed.max() < _FAINT:
        return np.zeros_like(grey), "Nothing stands out from the background."
    if not background.plain and options.threshold is None:
        return removed, "The frame of the picture is not one plain background: kept."
    return removed, f"Grey {level:.0f} and up to {margin:.0f} above it ({how}) is background."
