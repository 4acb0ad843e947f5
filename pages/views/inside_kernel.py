"""The kernel of the Convolution view: named, learned, or one's own numbers."""

from __future__ import annotations

import numpy as np
import streamlit as st

from fmnist_core.convolution import KERNELS, resized
from pages.shared import chrome, looks, services, session
from pages.shared.kernel_grid import kernel_grid

LEARNED, OWN = "learned", "own"
TITLES = {name: kernel.title for name, kernel in KERNELS.items()} | {
    LEARNED: "A learned filter",
    OWN: "Own numbers",
}
SIDES = (3, 5)
_KERNEL, _OWN, _SIDE = "lab.convolution.kernel", "lab.convolution.own", "lab.convolution.side"
_LAYER = "lab.convolution.layer"


def choose() -> np.ndarray | None:
    """The kernel (side, side) that was chosen; None: this network has none."""
    name = st.selectbox(
        "Kernel",
        list(TITLES),
        format_func=TITLES.__getitem__,
        key=_KERNEL,
        persist_state="session",
        help="Change any number below, and it is your own.",
    )
    if name == LEARNED:
        kernel = _learned()
        if kernel is None:
            return None
    elif name == OWN:
        kernel = _own()
    else:
        kernel = KERNELS[name].kernel
        looks.caption(KERNELS[name].about)
    kernel_grid(kernel, key=f"lab.convolution.grid.{len(kernel)}", on_edit=_edited)
    return kernel


def _learned() -> np.ndarray | None:
    layers = {layer.layer: layer.kernels for layer in services.server().filters(session.model())}
    if not layers:
        st.info("This network has no convolution layer: no filters to show. Choose a CNN above.")
        return None
    if st.session_state.get(_LAYER) not in layers:
        st.session_state[_LAYER] = next(iter(layers))
    layer = st.selectbox("Layer", list(layers), key=_LAYER, help="Of the network above.")
    kernels = layers[layer]
    with st.container(horizontal=True, gap="small"):
        filter_ = _number("Filter", kernels.shape[3], "Which of the layer's filters.")
        channel = 0
        if kernels.shape[2] > 1:
            text = "A filter has a slice for every map of the layer before; this is one slice."
            channel = _number("Input channel", kernels.shape[2], text)
    looks.caption(
        f"Learned by {chrome.model_title(session.model())}; laid on the picture itself, with the "
        "bias below. What the layer really sees is under Feature maps: click a map there."
    )
    return kernels[:, :, channel, filter_].astype(np.float64)


def _number(label: str, n: int, text: str) -> int:
    key = f"lab.convolution.{label}"
    # Written only if it must be: writing goes over the clicks that are made meanwhile.
    if st.session_state.get(key, n) >= n:
        st.session_state[key] = 0
    return int(
        st.number_input(label, 0, n - 1, key=key, persist_state="session", help=text, width=120)
    )


def _own() -> np.ndarray:
    kernel = st.session_state.setdefault(_OWN, KERNELS["vertical"].kernel)
    if st.session_state.get(_SIDE) != len(kernel):
        st.session_state[_SIDE] = len(kernel)
    st.segmented_control(
        "Size",
        sorted({*SIDES, len(kernel)}),
        format_func=lambda side: f"{side}x{side}",
        required=True,
        key=_SIDE,
        on_change=_resize,
        help="Larger: zeros are added around. Smaller: the middle stays.",
    )
    return np.asarray(kernel)


def _resize() -> None:
    st.session_state[_OWN] = resized(st.session_state[_OWN], st.session_state[_SIDE])


def _edited(kernel: np.ndarray) -> None:
    st.session_state[_OWN] = kernel
    st.session_state[_KERNEL] = OWN
