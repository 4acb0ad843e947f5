"""A picture as its numbers."""

from __future__ import annotations

import numpy as np
import streamlit as st

from fmnist_core.figures import numbers_html
from pages.shared import looks


def numbers(picture: np.ndarray) -> None:
    """Every pixel of a uint8 picture (h, w), as a number on its own grey."""
    style = looks.component_text("numbers.css")
    # It scrolls on a phone, so the keyboard must reach it.
    st.html(
        f"<style>{style}</style><div class='lab-numbers' tabindex='0' role='group'"
        f" aria-label='The picture as numbers'>{numbers_html(picture)}</div>"
    )
