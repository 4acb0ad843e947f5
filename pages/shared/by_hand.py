"""A convolution whose every output pixel can be pointed at, and is then written out."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import streamlit as st

from fmnist_core import figures
from fmnist_core.convolution import Convolution
from fmnist_core.figures import Legend
from fmnist_core.images import to_png
from pages.shared import looks

GREY = Legend(0.0, 1.0, ("rgb(0,0,0)", "rgb(255,255,255)"))
_PARTS = ("shades.js", "places.js", "sums.js", "convolution.js")
_component = st.components.v2.component(
    "lab_convolution",
    html="<div class='byhand'></div>",
    css=looks.component_text("byhand.css"),
    js="\n".join(looks.component_text(name) for name in _PARTS),
)


def by_hand(picture: np.ndarray, convolution: Convolution, name: str, key: str) -> Legend:
    """Show a picture (h, w) in [0, 1], its feature map and, where there is pooling, what that
    leaves; return the scale of the colours of both.

    Raises ExperimentError: the kernel or the pooling does not fit.
    """
    maps = convolution.feature_map(picture)
    pooled = convolution.pooled(maps) if convolution.pooling else None
    coloured, scale = figures.viridis(maps, low=min(0.0, float(maps.min())))
    _, weights = figures.signed(convolution.kernel)
    data = {
        "input": _input(picture, convolution, name),
        "output": _grid(maps, coloured, "Feature map"),
        "pooled": None,
        "kernel": convolution.kernel.ravel().tolist(),
        "side": len(convolution.kernel),
        "stride": convolution.stride,
        "bias": convolution.bias,
        "relu": convolution.relu,
        "pool": convolution.pool_size,
        "pooling": convolution.pooling,
        "scales": {
            "input": looks.scale_data(GREY),
            "kernel": looks.scale_data(weights),
            "output": looks.scale_data(scale),
        },
    }
    if pooled is not None:
        title = f"{str(convolution.pooling).capitalize()} pooling"
        pixels, _ = figures.viridis(pooled, scale.low, scale.high)
        data["pooled"] = _grid(pooled, pixels, title)
    _component(key=key, data=json.dumps(data).encode())
    return scale


def _input(picture: np.ndarray, convolution: Convolution, name: str) -> dict[str, Any]:
    """The picture with the zeros around it, and where in them it is."""
    height, width = picture.shape
    padded = convolution.window.padded(picture)
    grid = _grid(padded, padded, "Picture", clickable=False)
    if padded.shape == picture.shape:
        return grid | {"inner": None, "label": name}
    top, left = (convolution.window.pads(size)[0] for size in picture.shape)
    rows, columns = padded.shape
    return grid | {
        "inner": [top, left, height, width],
        "title": f"Picture {height}x{width}, with its zeros {rows}x{columns}",
        "label": f"{name}, with zeros around it",
    }


def _grid(
    values: np.ndarray, pixels: np.ndarray, title: str, clickable: bool = True
) -> dict[str, Any]:
    rows, columns = values.shape
    how = ". Point at a pixel, or move with the arrow keys" if clickable else ""
    return {
        "name": title,
        "title": f"{title} {rows}x{columns}",
        "label": f"{title}, {rows} by {columns}{how}",
        "png": looks.data_url(to_png(pixels)),
        "rows": rows,
        "columns": columns,
        "values": np.round(values.astype(np.float64), 7).ravel().tolist(),
    }
