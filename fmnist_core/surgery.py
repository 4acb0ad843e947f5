"""Kernels to put in the place of a learned filter: none at all, or a named one."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]
SILENCE = "Silence"


def _vertical(side: int) -> npt.NDArray[np.float64]:
    return np.tile(np.linspace(-1, 1, side), (side, 1))


def _copy(side: int) -> npt.NDArray[np.float64]:
    kernel = np.zeros((side, side))
    kernel[side // 2, side // 2] = 1
    return kernel


def _spot(side: int) -> npt.NDArray[np.float64]:
    return _copy(side) * side**2 - 1


KERNELS: dict[str, Callable[[int], npt.NDArray[np.float64]]] = {
    "Vertical edge": _vertical,
    "Horizontal edge": lambda side: _vertical(side).T,
    "Spot": _spot,
    "Blur": lambda side: np.ones((side, side)),
    "Copy": _copy,
}
"""Side -> kernel (side, side), of any size: ``repaint`` gives it the strength of the old one."""


def changes(side: int) -> list[str]:
    """What can be done to a filter of this side; a single number finds no edges."""
    return [SILENCE, *(name for name in KERNELS if side > 1 or name == "Copy")]


def repaint(kernel: Floats, change: str) -> Floats:
    """What takes the place of a filter's ``kernel`` (h, w, channels in), of the same shape.

    Silence is zeros. A named kernel is the same for every channel and as strong as the old one
    (the same root of its sum of squares), so that the layers behind meet numbers of a size they
    know.
    """
    side, _, channels = kernel.shape
    if change == SILENCE:
        return np.zeros_like(kernel)
    painted = np.repeat(KERNELS[change](side)[..., np.newaxis], channels, axis=-1)
    painted *= np.linalg.norm(kernel) / np.linalg.norm(painted)
    return painted.astype(np.float32)
