"""The drawing pad."""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass

import numpy as np
import streamlit as st

from pages.shared import looks

SIDE = 28
_HTML = """
<canvas width="280" height="280" role="img" tabindex="-1"></canvas>
<div class="tools">
  <button name="undo" type="button">Undo</button>
  <button name="clear" type="button">Clear</button>
  <button name="erase" type="button" aria-pressed="false">Erase</button>
  <label>Brush <input type="range" min="1" max="8" step="0.5" value="2.5"></label>
</div>
"""
_component = st.components.v2.component(
    "fmnist_lab_pad",
    html=_HTML,
    css=looks.component_text("pad.css"),
    js=looks.component_text("pad.js"),
)


@dataclass(frozen=True)
class PadResult:
    """What is on the pad."""

    pixels: np.ndarray
    """(28, 28) uint8, white strokes on black; ``images.from_drawing`` takes it."""
    drawn: bool
    """The visitor changed it; False: it is the picture that the pad began with."""
    pasted: bytes | None
    """The file of an image that was pasted anywhere on the page, once, for
    ``images.prepare_bytes``."""

    @property
    def empty(self) -> bool:
        return not self.pixels.any()


def drawing_pad(key: str, start: np.ndarray | None = None, token: str = "") -> PadResult:
    """A pad for mouse, touch and pen. Use it inside a fragment: it reports while one draws.

    Args:
        key: unique on the page.
        start: what is on it at first, (28, 28) or (28, 28, 1), uint8 or float in [0, 1].
        token: change it to put ``start`` on the pad again.
    """
    before = _pixels(start)
    name = f"lab.pad.{key}"
    kept = st.session_state.get(name)
    # A page change unmounts the pad; what was drawn for this token is put back.
    mounted = kept[1] if kept and kept[0] == token else _encode(before)
    result = _component(
        key=f"{key}.{token}",
        data={
            "start": mounted,
            "token": token,
            "label": "Drawing pad, 28 by 28. Draw a garment in white on black.",
        },
        on_grid_change=_nothing,
        on_pasted_change=_nothing,
    )
    grid = result.grid if isinstance(result.grid, str) else None
    if grid:
        st.session_state[name] = token, grid
    drawn = grid or (kept[1] if kept and kept[0] == token else None)
    pixels = _decode(drawn) if drawn else before
    return PadResult(pixels, drawn is not None, _pasted(result.pasted))


def _nothing() -> None:
    """Components report a state only if it has a callback."""


def _pixels(picture: np.ndarray | None) -> np.ndarray:
    if picture is None or picture.size != SIDE * SIDE:  # of another network's size, or in colour
        return np.zeros((SIDE, SIDE), np.uint8)
    array = np.asarray(picture).reshape(SIDE, SIDE)
    if array.dtype == np.uint8:
        return array
    return np.asarray((np.clip(array, 0, 1) * 255).round(), np.uint8)


def _encode(pixels: np.ndarray) -> str:
    return base64.b64encode(pixels.tobytes()).decode()


def _decode(grid: str) -> np.ndarray:
    """Whatever a browser sends that is not 784 bytes counts as an empty pad."""
    try:
        data = base64.b64decode(grid, validate=True)
    except binascii.Error:
        data = b""
    if len(data) != SIDE * SIDE:
        return np.zeros((SIDE, SIDE), np.uint8)
    return np.frombuffer(data, np.uint8).reshape(SIDE, SIDE)


def _pasted(value: object) -> bytes | None:
    data = value.get("data") if isinstance(value, dict) else None
    if not isinstance(data, str):
        return None
    try:
        return base64.b64decode(data, validate=True)
    except binascii.Error:
        return None
