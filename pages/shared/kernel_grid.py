"""A kernel as a table of numbers that can be changed."""

from __future__ import annotations

import json
from collections.abc import Callable

import numpy as np
import streamlit as st

from fmnist_core import figures
from fmnist_core.convolution import MAX_WEIGHT
from pages.shared import looks

_component = st.components.v2.component(
    "lab_kernel",
    html="<table></table>",
    css=looks.component_text("kernel.css"),
    js="\n".join(looks.component_text(name) for name in ("shades.js", "kernel.js")),
)


def kernel_grid(kernel: np.ndarray, *, key: str, on_edit: Callable[[np.ndarray], None]) -> None:
    """Show a kernel (side, side), each weight in its colour.

    ``on_edit`` is called with the whole kernel, float64, after a change and before the script
    runs again.
    """
    side = len(kernel)
    _, scale = figures.signed(kernel)

    def edited() -> None:
        changed = read(st.session_state[key].get("edited"), side)
        if changed is not None:
            on_edit(changed)

    data = {
        "title": f"Kernel, {side} by {side}",
        "side": side,
        "values": kernel.ravel().tolist(),
        "scale": looks.scale_data(scale),
        "limit": MAX_WEIGHT,
    }
    _component(key=key, data=json.dumps(data).encode(), on_edited_change=edited)


def read(weights: object, side: int) -> np.ndarray | None:
    """What a browser sent as a kernel (side, side), float64; None: it is none."""
    if not isinstance(weights, list) or len(weights) != side * side:
        return None
    if not all(isinstance(each, int | float) and abs(each) <= MAX_WEIGHT for each in weights):
        return None
    return np.array(weights, np.float64).reshape(side, side)
