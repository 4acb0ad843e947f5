"""How things look: the palette of the visitor's theme, and small layout helpers."""

from __future__ import annotations

import base64
import re
from functools import cache
from html import escape
from pathlib import Path
from typing import Any

import numpy as np
import streamlit as st
from PIL import Image

from fmnist_core.figures import Legend
from fmnist_core.images import montage, to_png
from fmnist_core.palette import DARK, LIGHT, Palette

COMPONENTS = Path(__file__).parent / "components"


def palette() -> Palette:
    """Of the theme that the visitor's browser shows now."""
    return DARK if st.context.theme.type == "dark" else LIGHT


@cache
def component_text(name: str) -> str:
    """A JavaScript or CSS file of ``pages/shared/components``."""
    return (COMPONENTS / name).read_text()


def component_data(**data: Any) -> dict[str, Any]:
    """Data for a component, its lists as tuples: the same to JavaScript, but to see whether a list
    is a table Streamlit imports pandas, half a second of the first page."""
    return {name: tuple(v) if isinstance(v, list) else v for name, v in data.items()}


def data_url(png: bytes) -> str:
    return "data:image/png;base64," + base64.b64encode(png).decode()


def picture_html(picture: np.ndarray, alt: str, size: str = "100%") -> str:
    """An ``<img>`` of one picture or montage whose pixels are never smoothed.

    Args:
        picture: (h, w), (h, w, 1) or RGB (h, w, 3), uint8 or float in [0, 1].
        alt: what it shows, for those who cannot see it.
        size: its CSS width.
    """
    url = data_url(to_png(levels(picture)))
    return f'<img class="lab-pixels" style="width:{size}" alt="{escape(alt)}" src="{url}">'


def levels(picture: np.ndarray) -> np.ndarray:
    """A picture (h, w), (h, w, 1) or (h, w, 3), uint8 or float in [0, 1] -> uint8, (h, w) if it
    is grey."""
    pixels = np.asarray(picture)
    if pixels.dtype != np.uint8:
        pixels = (np.clip(pixels, 0, 1) * 255).round().astype(np.uint8)
    return pixels[..., 0] if pixels.ndim == 3 and pixels.shape[-1] == 1 else pixels


def small(pictures: np.ndarray, side: int) -> np.ndarray:
    """Pictures uint8 (n, h, w) or (n, h, w, 3), none larger than ``side``: for the screen."""
    if pictures.shape[1] <= side:
        return pictures
    shrunk = [Image.fromarray(each).resize((side, side)) for each in pictures]
    return np.stack([np.asarray(each) for each in shrunk])


def pictures_montage(pictures: np.ndarray, columns: int, alt: str, size: str = "100%") -> None:
    """Many small pictures, as ``montage`` takes them, as one image, unsmoothed, 2 px gutters."""
    st.html(picture_html(montage(pictures, columns), alt, size))


def section(text: str) -> None:
    """The heading of a part of a page: below the page's own, in size and for screen readers."""
    st.html(f'<h2 class="lab-h3">{escape(text)}</h2>')


def caption(text: str) -> None:
    """A line of second rank: units, n, split."""
    st.html(f'<p class="lab-caption">{escape(text)}</p>')


def plain(text: str) -> str:
    """Text for where Streamlit takes Markdown: names that people gave are none."""
    escaped = re.sub(r"([\\`*_\[\]<>|~:$])", r"\\\1", text)
    return re.sub(r"^(\s*\d*)([-+#.)])(?=#*(\s|$))", r"\1\\\2", escaped)  # lists and headings


def scale_data(scale: Legend) -> dict[str, Any]:
    """A scale for a component that colours numbers itself."""
    return {"low": scale.low, "high": scale.high, "stops": scale.stops}
