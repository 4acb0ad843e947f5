"""Predict, Camera: one photo, prepared like any other picture."""

from __future__ import annotations

import streamlit as st

from pages.shared import looks
from pages.views import predict_answers, predict_detail


def show() -> None:
    predict_answers.who()
    photo = st.camera_input(
        "Photograph a garment",
        key="lab.camera",
        help="The photo goes to the computer that runs this app, and nowhere else.",
        width=480,
    )
    if photo is None:
        looks.caption(
            "Lay one garment on a plain floor or hold it before a wall. From a busy background it "
            "is cut out first, which does not always succeed."
        )
        return
    predict_detail.show(photo.getvalue(), "The photo", "camera")
