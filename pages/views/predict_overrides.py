"""What a visitor decides about the preparing instead of the program."""

from __future__ import annotations

import streamlit as st

from fmnist_core.images import Options


def overrides(key: str) -> Options:
    """Controls for what the program decides by itself unless it is told otherwise.

    ``key`` keeps those of several pictures apart.
    """
    invert = st.segmented_control(
        "Invert",
        ["auto", "yes", "no"],
        default="auto",
        required=True,
        key=f"lab.invert.{key}",
        help="Swaps light and dark. The data have bright garments on black.",
    )
    crop = st.toggle(
        "Crop to content",
        value=True,
        key=f"lab.crop.{key}",
        help="Cuts away what is empty, so that the garment fills the frame.",
    )
    rotate = st.slider(
        "Rotate, degrees",
        -180,
        180,
        0,
        5,
        key=f"lab.rotate.{key}",
        help="Against the clock. The data show garments upright and shoes pointing left.",
    )
    automatic = st.toggle(
        "Measure the background",
        value=True,
        key=f"lab.measure.{key}",
        help="Off: you say how far from the background something must be to be kept.",
    )
    threshold = None
    if not automatic:
        threshold = st.slider(
            "Threshold",
            0.0,
            1.0,
            0.2,
            0.01,
            key=f"lab.threshold.{key}",
            help="0 keeps everything; 1 keeps only what is far brighter than the background.",
        )
    return Options(invert=invert, crop=crop, rotate=float(rotate), threshold=threshold)
