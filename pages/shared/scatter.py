"""Maps of many pictures: a dot for each, its picture on hover, a click to choose it."""

from __future__ import annotations

import json
import struct
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import ceil, sqrt
from typing import Literal

import numpy as np
import streamlit as st

from fmnist_core.images import montage, to_png
from pages.shared import looks

GUTTER = 2
DIGITS = 4
SHOWN = 84
"""Pixels of a side that are shown of a picture that is pointed at: larger ones are shrunk."""
_component = st.components.v2.component(
    "fmnist_lab_scatter",
    html="<div><canvas role='img' tabindex='0'></canvas><p role='status'></p></div>",
    css=looks.component_text("scatter.css"),
    js=looks.component_text("scatter.js"),
)


@dataclass(frozen=True, eq=False)
class Panel:
    """One map: ``points`` (n, 2), with a title and a line that says how it was made."""

    title: str
    note: str
    points: np.ndarray


def scatter(
    panels: Sequence[Panel],
    pictures: np.ndarray,
    labels: np.ndarray,
    predicted: np.ndarray,
    indices: np.ndarray,
    names: Sequence[str],
    *,
    key: str,
    by: Literal["class", "right"],
    pinned: int | None,
    on_choose: Callable[[int], None],
) -> None:
    """The maps side by side (one above the other on a phone).

    Args:
        panels: the same n pictures in each.
        pictures: uint8 (n, h, w) or RGB (n, h, w, 3), square.
        labels: (n,) classes, and ``predicted`` what they were called.
        indices: (n,) their numbers in the training set, for those who point at them.
        names: of the classes.
        key: of the component on this page.
        by: what colour and shape say.
        pinned: the one that is pinned.
        on_choose: called with the place of the one that was chosen, before the script runs again.
    """
    wrong = int((labels != predicted).sum())
    titles = " and ".join(panel.title for panel in panels)
    across = ceil(sqrt(len(pictures)))
    pictures = looks.small(pictures, SHOWN)
    head = {
        "panels": [_drawn(panel) for panel in panels],
        "labels": labels.tolist(),
        "predicted": predicted.tolist(),
        "indices": indices.tolist(),
        "names": list(names),
        "colours": [looks.palette().classes[i % 10] for i in range(len(names))],
        "by": by,
        "pinned": pinned,
        "across": across,
        "side": pictures.shape[1],
        "gutter": GUTTER,
        "summary": f"Maps of {len(pictures):,} validation pictures, {wrong:,} of them called "
        f"wrongly: {titles}. Arrow keys go from picture to picture, Enter pins one.",
    }
    text = json.dumps(head, separators=(",", ":")).encode()
    sheet = to_png(montage(pictures, across, GUTTER, 0))

    def chosen() -> None:
        place = st.session_state[key].get("chosen")
        if isinstance(place, int) and 0 <= place < len(indices):
            on_choose(place)

    # Bytes, because Streamlit writes the JSON of anything else twice.
    _component(key=key, data=struct.pack("<I", len(text)) + text + sheet, on_chosen_change=chosen)


def _drawn(panel: Panel) -> dict[str, object]:
    """Coordinates with as many digits as a screen can show."""
    reach = float(np.abs(panel.points).max()) or 1.0
    plane = np.zeros((len(panel.points), 2))
    plane[:, : panel.points.shape[1]] = panel.points[:, :2]  # of one number alone: on a line
    x, y = np.round(plane.T / reach, DIGITS)
    return {"title": panel.title, "note": panel.note, "x": x.tolist(), "y": y.tolist()}
