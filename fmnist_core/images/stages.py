"""What a model would have been given, had the preparing of a picture stopped earlier."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from PIL import Image

from fmnist_core.images.preparing import SIDE, Prepared


def stages(prepared: Prepared) -> npt.NDArray[np.float32]:
    """Every step's picture as model input, float32 (steps, 28, 28, 1) in [0, 1].

    Those that have another shape yet are made grey and squeezed into 28 x 28, as a program does
    that knows nothing better. The last one is the prepared picture itself.
    """
    squeezed = [_squeezed(step.image) for step in prepared.steps[:-1]]
    return np.stack([*squeezed, prepared.picture])


def _squeezed(pixels: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
    image = Image.fromarray(pixels).convert("L")
    if image.size != (SIDE, SIDE):
        image = image.resize((SIDE, SIDE), Image.Resampling.BILINEAR)
    return np.asarray(image, np.float32)[:, :, np.newaxis] / np.float32(255)
