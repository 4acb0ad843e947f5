"""What a visitor may decide about the preparing of a picture."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

from fmnist_core.errors import PictureError


@dataclass(frozen=True)
class Options:
    """What a visitor may decide instead of the program.

    ``invert`` says whether light and dark change places, ``rotate`` turns by degrees against the
    clock, ``threshold`` (0 to 1) is how far from the background something must be in brightness
    to be kept, None to measure it. Raises PictureError for a value out of range.
    """

    invert: Literal["auto", "yes", "no"] = "auto"
    crop: bool = True
    rotate: float = 0.0
    threshold: float | None = None

    def __post_init__(self) -> None:
        if self.invert not in ("auto", "yes", "no"):
            raise PictureError(f'Invert is "{self.invert}"; give auto, yes or no.')
        if not math.isfinite(self.rotate):
            raise PictureError(f"The rotation is {self.rotate}; give degrees, such as 90.")
        if self.threshold is not None and not 0 <= self.threshold <= 1:
            raise PictureError(f"The threshold is {self.threshold}; give 0 to 1.")
