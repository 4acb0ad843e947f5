"""One number of a feature map, written out: the map, what its layer was given, and the sum."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import numpy as np
import streamlit as st

from fmnist_core import figures
from fmnist_core.figures import Legend
from fmnist_core.images import to_png
from fmnist_core.model_server import Origin
from pages.shared import looks, session

_GREY = ("rgb(0,0,0)", "rgb(255,255,255)")
_POOLING = {"MaxPooling2D": "max", "AveragePooling2D": "average"}
_PARTS = ("shades.js", "places.js", "sums.js", "pixel.js")
_component = st.components.v2.component(
    "lab_pixel",
    html="<div class='byhand'></div>",
    css=looks.component_text("byhand.css"),
    js="\n".join(looks.component_text(name) for name in _PARTS),
)


def pixel(
    origin: Origin,
    feature_map: np.ndarray,
    place: tuple[int, int],
    channel: int,
    *,
    name: str,
    before: str,
    key: str,
    on_choose: Callable[[int, int], None],
) -> None:
    """Show where the number at ``place`` of a feature map (h, w) comes from.

    Args:
        channel: the feature map's number among those of its layer.
        name: of the feature map, such as "conv2d_1, filter 3".
        before: the layer that gives what this one gets; "input" is drawn as a picture.
        on_choose: called with the row and column of another number that was chosen, before the
            script runs again.
    """
    rows, columns = feature_map.shape
    pixels, _ = figures.viridis(feature_map, low=min(0.0, float(feature_map.min())))
    row, column = place
    data = {
        **origin.told,
        "key": f"{session.model()} {name}",  # of another network another channel matters
        "title": f"{name}, row {row}, column {column}",
        "place": place,
        "map": channel,
        "pooling": _POOLING.get(origin.kind),
        "output": {
            "title": f"{name} {rows}x{columns}",
            "label": f"{name}, {rows} by {columns}. Click a pixel, or move with the arrow keys",
            "png": looks.data_url(to_png(pixels)),
            "rows": rows,
            "columns": columns,
        },
        "channels": 1,
        "scales": {},
        **{part: origin.arrays[part].ravel().tolist() for part in origin.arrays if part != "given"},
    }
    if origin.arrays:
        data |= _given(origin.arrays["given"], grey=before == "input", title=f"Given: {before}")
        data["side"] = origin.told["field"][2]
    if "kernel" in origin.arrays:
        _, weights = figures.signed(origin.arrays["kernel"])
        data["scales"] |= {"kernel": looks.scale_data(weights)}

    def chosen() -> None:
        other = st.session_state[key].get("chosen")
        if isinstance(other, list) and len(other) == 2:
            at = [int(each) for each in other]
            if 0 <= at[0] < rows and 0 <= at[1] < columns:
                on_choose(at[0], at[1])

    _component(key=key, data=json.dumps(data).encode(), on_chosen_change=chosen)


def _given(given: np.ndarray, *, grey: bool, title: str) -> dict[str, Any]:
    """What the layer got, (h, w) or (h, w, channels), its channels one below the other."""
    channels = 1 if given.ndim == 2 else given.shape[2]
    rows, columns = given.shape[:2]
    sheet = np.moveaxis(given.reshape(rows, columns, channels), -1, 0).reshape(-1, columns)
    pixels, scale = figures.viridis(sheet, low=min(0.0, float(sheet.min())))
    if grey:
        scale = Legend(scale.low, scale.high, _GREY)
        pixels = (sheet - scale.low) / ((scale.high - scale.low) or 1)
    return {
        "inputs": {
            "title": title,
            "label": f"{title}, {rows} by {columns}, with what the chosen number sees",
            "png": looks.data_url(to_png(pixels)),
            "rows": rows,
            "columns": columns,
        },
        "channels": channels,
        "scales": {"input": looks.scale_data(scale)},
    }
