"""Cut the garment out of a photo with a natural background, if somebody can tell where it is.

Who can is given: the segmentation itself runs where OpenCV may be loaded (``engine.separating``).
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
from PIL import Image

from fmnist_core.images.background import is_natural
from fmnist_core.images.options import Options

Colours = npt.NDArray[np.uint8]
"""(height, width, 3), RGB."""
Mask = npt.NDArray[np.uint8]
"""(height, width): 255 where the garment is, 0 elsewhere."""
Separator = Callable[[Colours], Mask | None]
"""None: it cannot be told."""

LOOK_SIDE = 200
"""Pixels of the longest side in which the garment is looked for; 28 are left in the end."""
_SMALLEST = 64
# Of the pixels of garments in the training pictures: mean and standard deviation, in 255 levels.
# Those are negatives, so that a bright garment there is a dark one in a photo.
_BRIGHTNESS, _SPREAD = 155, 50
_MOST_GAIN = 2.0  # more would make a pattern of noise and folds


def cut_out(
    image: Image.Image, options: Options, separate: Separator | None
) -> tuple[Image.Image, bool, str]:
    """Make a natural background transparent: the image, whether it was done, and why.

    Raises what ``separate`` raises.
    """
    if options.threshold is not None:
        return image, False, "Not separated: a threshold was chosen instead."
    if image.mode == "RGBA":
        return image, False, "Not separated: what is transparent is background."
    if min(image.size) < _SMALLEST:
        return image, False, "Not separated: the picture is too small for a photo."
    if not is_natural(np.asarray(image.convert("L"), dtype=np.float32)):
        return image, False, "Not separated: the background is plain."
    if separate is None:
        return image, False, "The background is natural, and nothing here can separate it."
    small = image.convert("RGB")
    small.thumbnail((LOOK_SIDE, LOOK_SIDE), Image.Resampling.BOX)
    mask = separate(np.asarray(small))
    if mask is None:
        return image, False, "No garment could be told from the background: all is kept."
    alpha = Image.fromarray(mask).resize(image.size, Image.Resampling.BILINEAR)
    cut = image.convert("RGB")
    cut.putalpha(alpha)
    share = 100 * float((mask > 127).mean())
    return cut, True, f"A natural background: its colours are cut away, {share:.0f} % are kept."


def exposed(cut: Image.Image) -> tuple[Image.Image, str]:
    """Give a separated garment (RGBA) the brightness and contrast that garments have in the data.

    A lamp and a camera decided about the photo's; product photos are all lit alike.
    """
    pixels = np.asarray(cut, dtype=np.float32)
    inside = pixels[:, :, 3] > 127
    grey = np.asarray(cut.convert("RGB").convert("L"), dtype=np.float32)[inside]
    gain = min(_SPREAD / max(float(grey.std()), 1.0), _MOST_GAIN)
    colours = (pixels[:, :, :3] - grey.mean()) * gain + (255 - _BRIGHTNESS)
    lit = Image.fromarray(np.rint(np.clip(colours, 0, 255)).astype(np.uint8))
    lit.putalpha(cut.getchannel("A"))
    return lit, f"Contrast times {gain:.1f}, and as bright on average as garments in the data."
