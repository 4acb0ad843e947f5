"""Convolution by hand: a kernel slides over a picture, step by step, in plain NumPy.

As in every network library the kernel is not flipped: what is multiplied is what lies under it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from fmnist_core.errors import ExperimentError

Floats = npt.NDArray[np.float64]
Padding = Literal["valid", "same"]
Pooling = Literal["max", "average"]
MAX_WEIGHT = 100.0
"""Of a visitor's own kernel, above and below zero."""


@dataclass(frozen=True, eq=False)
class Named:
    """A kernel that has a name, and what it does."""

    title: str
    about: str
    kernel: Floats


def _named(title: str, about: str, *rows: tuple[float, ...], scale: float = 1.0) -> Named:
    return Named(title, about, np.array(rows, np.float64) * scale)


KERNELS: Mapping[str, Named] = MappingProxyType(
    {
        "vertical": _named(
            "Vertical lines",
            "Right minus left: large where a picture grows brighter from left to right.",
            *[(-1, 0, 1)] * 3,
        ),
        "sobel": _named(
            "Sobel",
            "Vertical lines again; the row in the middle counts twice.",
            (-1, 0, 1),
            (-2, 0, 2),
            (-1, 0, 1),
        ),
        "horizontal": _named(
            "Horizontal lines",
            "Below minus above: soles, hems and waistbands.",
            (-1, -1, -1),
            (0, 0, 0),
            (1, 1, 1),
        ),
        "blur": _named(
            "Blur",
            "The mean of nine pixels: details go, shapes stay.",
            *[(1, 1, 1)] * 3,
            scale=1 / 9,
        ),
        "sharpen": _named(
            "Sharpen",
            "Five times itself minus its four neighbours: differences grow.",
            (0, -1, 0),
            (-1, 5, -1),
            (0, -1, 0),
        ),
        "emboss": _named(
            "Emboss",
            "Light from the upper left, as if the picture were pressed into paper.",
            (-2, -1, 0),
            (-1, 1, 1),
            (0, 1, 2),
        ),
        "identity": _named(
            "Identity",
            "One in the middle, zero around: the picture itself.",
            (0, 0, 0),
            (0, 1, 0),
            (0, 0, 0),
        ),
    }
)
"""In the order in which they are offered."""


@dataclass(frozen=True)
class Window:
    """How a square window slides over a picture. Nothing here depends on what is in it."""

    side: int
    stride: int = 1
    padding: Padding = "valid"

    def pads(self, size: int) -> tuple[int, int]:
        """Zeros before and after a row of ``size`` numbers; the odd one comes after, as in
        Keras."""
        if self.padding == "valid":
            return 0, 0
        missing = max(0, (-(-size // self.stride) - 1) * self.stride + self.side - size)
        return missing // 2, missing - missing // 2

    def places(self, size: int) -> int:
        """Where the window fits: the size of what comes out."""
        return max(0, (size + sum(self.pads(size)) - self.side) // self.stride + 1)

    def start(self, place: int, size: int) -> int:
        """The first number under the window at a place; negative: in the zeros before."""
        return place * self.stride - self.pads(size)[0]

    def padded(self, picture: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """A picture (h, w) or (h, w, channels) with its zeros around."""
        around = [self.pads(size) for size in picture.shape[:2]]
        return np.pad(picture, around + [(0, 0)] * (picture.ndim - 2))

    def at(self, picture: npt.NDArray[Any], row: int, column: int) -> npt.NDArray[Any]:
        """What lies under the window: (side, side) or (side, side, channels), zeros included."""
        top, left = row * self.stride, column * self.stride
        return self.padded(picture)[top : top + self.side, left : left + self.side]

    def slide(self, picture: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """What lies under the window at each place: (h, w) -> (rows, columns, side, side).

        Raises:
            ExperimentError: the window is larger than the picture.
        """
        if min(self.places(size) for size in picture.shape[:2]) < 1:
            height, width = picture.shape[:2]
            raise ExperimentError(
                f"A window of {self.side}x{self.side} does not fit into {height}x{width}. "
                "Use padding 'same', a smaller window, or leave it out."
            )
        shape = (self.side, self.side)
        windows = np.lib.stride_tricks.sliding_window_view(self.padded(picture), shape)
        return windows[:: self.stride, :: self.stride]


@dataclass(frozen=True, eq=False)
class Written:
    """One output pixel, written out."""

    window: Floats
    """(side, side): what lies under the kernel."""
    products: Floats
    """(side, side): each number times its weight."""
    total: float
    """The sum of the products."""
    with_bias: float
    value: float
    """What the feature map holds: after ReLU, where there is one."""


@dataclass(frozen=True, eq=False)
class Convolution:
    """One filter, and what follows it."""

    kernel: Floats
    """(side, side)."""
    stride: int = 1
    padding: Padding = "valid"
    bias: float = 0.0
    relu: bool = True
    pooling: Pooling | None = None
    pool_size: int = 2

    @property
    def window(self) -> Window:
        return Window(len(self.kernel), self.stride, self.padding)

    @property
    def pool_window(self) -> Window:
        return Window(self.pool_size, self.pool_size)

    def feature_map(self, picture: npt.NDArray[Any]) -> Floats:
        """(h, w) -> (rows, columns). Raises ExperimentError: the kernel is larger than that."""
        windows = self.window.slide(picture.astype(np.float64))
        sums = np.tensordot(windows, self.kernel, axes=2) + self.bias
        return np.asarray(np.maximum(sums, 0) if self.relu else sums, np.float64)

    def pooled(self, feature_map: Floats) -> Floats:
        """The largest or the mean of each window. Raises ExperimentError: there is none."""
        windows = self.pool_window.slide(feature_map)
        pool = np.mean if self.pooling == "average" else np.max
        return np.asarray(pool(windows, axis=(2, 3)), np.float64)

    def written(self, picture: npt.NDArray[Any], row: int, column: int) -> Written:
        """How one pixel of the feature map came about."""
        window = self.window.at(picture.astype(np.float64), row, column)
        products = window * self.kernel
        total = float(products.sum())
        with_bias = total + self.bias
        return Written(
            window, products, total, with_bias, max(0.0, with_bias) if self.relu else with_bias
        )

    def receptive_field(self, place: int, size: int, pooled: bool = False) -> tuple[int, int]:
        """The first row (or column) of the picture that a place of the feature map sees, and the
        one after the last; of the pooled map with ``pooled``. Zeros around it are not counted."""
        first = last = place
        if pooled:
            first = place * self.pool_size
            last = first + self.pool_size - 1
        start = self.window.start(first, size)
        end = self.window.start(last, size) + self.window.side
        return max(0, start), min(size, end)


def resized(kernel: Floats, side: int) -> Floats:
    """A kernel of another side: zeros around the old one, or its middle."""
    new = np.zeros((side, side))
    n = min(side, len(kernel))
    to, of = (side - n) // 2, (len(kernel) - n) // 2
    new[to : to + n, to : to + n] = kernel[of : of + n, of : of + n]
    return new


def explain_sizes(convolution: Convolution, size: int) -> list[str]:
    """The way of a side through the convolution and the pooling: ``28 → 26: ...``."""
    window = convolution.window
    out = window.places(size)
    lines = [f"{size} → {out}: {_places(window, size)}"]
    if convolution.pooling:
        pooled, side = convolution.pool_window.places(out), convolution.pool_size
        text = f"{out} → {pooled}: windows of {side}, side by side: {out} / {side} = {out / side:g}"
        if out % side:
            left = out % side
            what = "row and column are" if left == 1 else f"{left} rows and columns are"
            text += f", rounded down; the last {what} left out"
        lines.append(f"{text}.")
    return lines


def _places(window: Window, size: int) -> str:
    before, after = window.pads(size)
    full = size + before + after
    noun = "zero" if before == 1 else "zeros"
    zeros = f"{before} {noun} before and {after} after make it {full}; " if full > size else ""
    free = f"{full} - {window.side}"
    if window.stride == 1:
        places = full - window.side + 1
        return f"{zeros}a window of {window.side} fits at {free} + 1 = {places} places."
    steps = (full - window.side) / window.stride
    rounded = "" if steps.is_integer() else f", so {int(steps)}"
    return (
        f"{zeros}a window of {window.side} can go ({free}) / {window.stride} = {steps:g}{rounded} "
        f"steps of {window.stride}; with its first place that makes {window.places(size)}."
    )
