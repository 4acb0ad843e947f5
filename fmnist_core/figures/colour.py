"""Numbers -> colours: viridis for activations, PRGn for signed weights, each with its legend."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from plotly import colors

Rgb = npt.NDArray[np.uint8]


@dataclass(frozen=True, eq=False)
class Legend:
    """What the colours mean: the numbers at both ends, and the colours between them."""

    low: float
    high: float
    stops: tuple[str, ...]
    """CSS colours, evenly spaced from ``low`` to ``high``."""

    @property
    def gradient(self) -> str:
        """The scale as a CSS background."""
        return f"linear-gradient(to right, {', '.join(self.stops)})"


def viridis(
    values: npt.ArrayLike, low: float | None = None, high: float | None = None
) -> tuple[Rgb, Legend]:
    """Colour real numbers (...) from dark blue (``low``) to yellow (``high``).

    The ends are the smallest and the largest value unless they are given; what lies outside gets
    the colour of the end. Returns uint8 (..., 3) and the legend.
    """
    numbers = np.asarray(values, dtype=np.float64)
    start = float(numbers.min()) if low is None else low
    end = float(numbers.max()) if high is None else high
    return _paint(numbers, start, end, colors.sequential.Viridis, flat=0.0)


def signed(values: npt.ArrayLike, reach: float | None = None) -> tuple[Rgb, Legend]:
    """Colour real numbers (...) purple below zero, white at zero, green above.

    ``reach`` is the number at either end, by default the largest absolute value. Returns uint8
    (..., 3) and the legend.
    """
    numbers = np.asarray(values, dtype=np.float64)
    end = float(np.abs(numbers).max()) if reach is None else reach
    return _paint(numbers, -end, end, colors.diverging.PRGn, flat=0.5)


def _paint(
    numbers: npt.NDArray[np.float64], low: float, high: float, scale: Any, flat: float
) -> tuple[Rgb, Legend]:
    """``flat`` is the place on the scale, 0 to 1, of numbers that are all equal."""
    triples, _ = colors.convert_colors_to_same_type(list(scale), "tuple")
    anchors = np.asarray(triples, dtype=np.float64) * 255
    span = high - low
    place = (numbers - low) / span if span > 0 else np.full(numbers.shape, flat)
    place = np.clip(place, 0, 1) * (len(anchors) - 1)
    left = np.minimum(place.astype(np.int64), len(anchors) - 2)
    part = (place - left)[..., np.newaxis]
    pixels = anchors[left] * (1 - part) + anchors[left + 1] * part
    stops = tuple("rgb({:.0f},{:.0f},{:.0f})".format(*anchor) for anchor in anchors)
    return np.rint(pixels).astype(np.uint8), Legend(low, high, stops)
