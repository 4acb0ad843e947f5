"""Many small pictures as one image, each with its name; a click or the keyboard chooses one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import ceil, sqrt
from typing import Any

import numpy as np
import streamlit as st

from fmnist_core.images import montage, to_png
from pages.shared import looks

GUTTER = 2
LARGEST = 160
"""Pixels of a side: larger pictures are shrunk, so that a sheet of them stays light."""
_component = st.components.v2.component(
    "lab_gallery",
    html='<div class="gallery"></div>',
    css=looks.component_text("gallery.css"),
    js=looks.component_text("gallery.js"),
)


def gallery(
    pictures: np.ndarray,
    labels: Sequence[str],
    *,
    key: str,
    title: str,
    captions: Sequence[str] | None = None,
    wrong: Sequence[bool] | None = None,
    columns: int | None = None,
    tile: int = 64,
    on_choose: Callable[[int], None] | None = None,
    selected: int | None = None,
) -> None:
    """Show pictures in rows, each pixel sharp.

    Args:
        pictures: (n, h, w), (n, h, w, 1) or RGB uint8 (n, h, w, 3).
        labels: what each one is, for pointing at it and for screen readers.
        key: of the component on this page.
        title: what they are together, for screen readers.
        captions: a line under each.
        wrong: which ones get a thick frame of ink.
        columns: how many to a row, at most ``tile`` CSS pixels wide each; None: as many as fit,
            at least ``tile`` wide.
        on_choose: called with the index of the picture that was chosen, before the script runs
            again; None: they cannot be chosen.
        selected: the one that is chosen.
    """
    if not len(pictures):
        return
    data = _sprite(pictures) | {
        "labels": list(labels),
        "captions": list(captions) if captions is not None else None,
        "wrong": [bool(each) for each in wrong] if wrong is not None else None,
        "columns": columns,
        "tile": tile,
        "title": title,
        "clickable": on_choose is not None,
        "selected": selected,
    }

    def chosen() -> None:
        index = st.session_state[key].get("chosen")
        if on_choose and isinstance(index, int) and 0 <= index < len(labels):
            on_choose(index)

    _component(key=key, data=looks.component_data(**data), on_chosen_change=chosen)


def _sprite(pictures: np.ndarray) -> dict[str, Any]:
    """One image that holds all pictures, and where in it they are."""
    if pictures.dtype == np.uint8 and pictures.shape[1] > LARGEST:
        pictures = looks.small(pictures, LARGEST)
    height, width = pictures.shape[1:3]
    across = ceil(sqrt(len(pictures)))
    return {
        "sprite": looks.data_url(to_png(montage(pictures, across, GUTTER, 0))),
        "across": across,
        "down": ceil(len(pictures) / across),
        "width": width,
        "height": height,
        "gutter": GUTTER,
    }
