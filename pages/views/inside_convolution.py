"""Inside, Convolution: a kernel slides over the pinned picture, every sum written out."""

from __future__ import annotations

import numpy as np
import streamlit as st
from PIL import Image

from fmnist_core.architecture import PICTURE_SHAPE
from fmnist_core.convolution import Convolution, explain_sizes
from fmnist_core.folders import picture_for
from pages.shared import chrome, looks, session
from pages.shared.by_hand import by_hand
from pages.shared.plots import legend
from pages.shared.waiting import answered
from pages.views import inside_kernel

POOLINGS = {"none": "None", "max": "Max 2x2", "average": "Average 2x2"}


@st.fragment
def show() -> None:
    """A fragment, so that a changed number costs this view and nothing else."""
    left, right = st.columns([3, 10], gap="large")
    with left, st.container(key="lab-settings"), chrome.explained(), answered():
        kernel = inside_kernel.choose()
        if kernel is None:
            return
        convolution = _settings(kernel)
        with right, chrome.explained():
            _shown(convolution)


def _shown(convolution: Convolution) -> None:
    ref = session.picture()
    picture = session.pictures().load(ref)
    described = session.pictures().describe(ref)
    if picture.shape != PICTURE_SHAPE:
        picture = picture_for(Image.fromarray(looks.levels(picture)), PICTURE_SHAPE)
        described += ", in grey and shrunk to 28 x 28"
    picture = picture[..., 0]
    looks.caption(
        f"{described}, as numbers from 0 (black) to 1 (white). Point at a pixel of the feature "
        "map; a click keeps it. Pin another picture above, in Data or in Predict."
    )
    scale = by_hand(picture, convolution, described, key="lab.convolution.maps")
    legend(scale, "feature map, the same colours after pooling")
    sizes = " ".join(explain_sizes(convolution, len(picture)))
    looks.caption(f"Height and width: {sizes}")
    looks.caption(
        "Numbers are shown to three decimals and computed with all of them. As in every network, "
        "the kernel is laid on as it is, not flipped."
    )


def _settings(kernel: np.ndarray) -> Convolution:
    """What happens beside the kernel."""
    stride = st.segmented_control(
        "Stride",
        [1, 2, 3],
        default=1,
        required=True,
        key="lab.convolution.stride",
        persist_state="session",
        help="How many pixels the kernel moves on. 2 halves height and width.",
    )
    padding = st.segmented_control(
        "Padding",
        ["valid", "same"],
        default="valid",
        required=True,
        key="lab.convolution.padding",
        persist_state="session",
        help="valid: the kernel stays inside. same: zeros around, so that the edge counts too.",
    )
    bias = st.slider(
        "Bias",
        -3.0,
        3.0,
        0.0,
        0.1,
        key="lab.convolution.bias",
        persist_state="session",
        help="Added to every sum. Below zero, only strong answers survive ReLU.",
    )
    relu = st.toggle(
        "ReLU",
        True,
        key="lab.convolution.relu",
        persist_state="session",
        help="Whatever is below zero becomes zero.",
    )
    pooling = st.segmented_control(
        "Pooling",
        list(POOLINGS),
        format_func=POOLINGS.__getitem__,
        default="max",
        required=True,
        key="lab.convolution.pooling",
        persist_state="session",
        help="One number for every 2x2: the largest, or the mean.",
    )
    return Convolution(
        kernel,
        stride=stride,
        padding=padding,
        bias=bias,
        relu=relu,
        pooling=None if pooling == "none" else pooling,
    )
