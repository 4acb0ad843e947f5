"""Inside, Three pictures: the same filter on three pictures; what do they share?"""

from __future__ import annotations

import numpy as np
import streamlit as st

from fmnist_core import figures
from fmnist_core.architecture import shape_text
from fmnist_core.wording import percent
from pages.shared import looks, services, session
from pages.shared.gallery import gallery
from pages.shared.plots import legend

TILE = 184
FIRST_CHOICE = (0, 23, 28)
"""Three ankle boots in the test set."""


def show() -> None:
    data = session.models_dataset()
    indices = _indices(len(data.test_labels))
    pictures = data.test_images[list(indices)]
    names = [data.class_names[data.test_labels[i]] for i in indices]
    gallery(
        pictures,
        [f"Test picture {i}, {name}" for i, name in zip(indices, names, strict=True)],
        key="lab.three.pictures",
        title="Three test pictures",
        captions=[f"{name} (test {i})" for i, name in zip(indices, names, strict=True)],
        columns=4,
        tile=TILE,
    )
    inputs = pictures.astype(np.float32) / 255
    inputs = inputs if inputs.ndim == 4 else inputs[..., np.newaxis]
    answers = [services.server().feature_maps(session.model(), each) for each in inputs]
    maps = {
        layers[0].layer: np.stack([layer.maps for layer in layers])
        for layers in zip(*answers, strict=True)
        if layers[0].maps.ndim == 3 and layers[0].kind != "InputLayer"
    }
    if not maps:
        st.info("This network has no layer with height and width to compare. Choose a CNN above.")
        return
    layer, channel = _choose(maps)
    _side_by_side(maps[layer][..., channel], layer, channel, indices)


def _indices(n: int) -> tuple[int, ...]:
    chosen = []
    with st.container(horizontal=True, gap="xsmall"):
        for place, default in enumerate(FIRST_CHOICE):
            st.session_state.setdefault(f"lab.three.{place}", min(default, n - 1))
            number = st.number_input(
                f"Test picture {'ABC'[place]}",
                0,
                n - 1,
                key=f"lab.three.{place}",
                persist_state="session",
                help="Any test picture, by its number.",
                width=TILE + 4,
            )
            chosen.append(int(number))
    return tuple(chosen)


def _choose(maps: dict[str, np.ndarray]) -> tuple[str, int]:
    if st.session_state.get("lab.three.layer") not in maps:
        st.session_state["lab.three.layer"] = next(iter(maps))
    with st.container(horizontal=True, vertical_alignment="bottom", gap="large"):
        layer = str(
            st.pills(
                "Layer",
                list(maps),
                format_func=lambda name: f"{name}  {shape_text(maps[name].shape[1:])}",
                required=True,
                key="lab.three.layer",
                persist_state="session",
                help="Early layers keep the shape of the garment; later ones only hint at it.",
            )
        )
        # Until the visitor chooses, the filter that finds something strong in each of the three.
        strength = maps[layer].max(axis=(1, 2)).min(axis=0)
        chosen = st.session_state.setdefault("lab.three.filter", int(strength.argmax()))
        st.session_state["lab.three.filter"] = min(chosen, len(strength) - 1)
        channel = st.number_input(
            "Filter",
            0,
            len(strength) - 1,
            key="lab.three.filter",
            persist_state="session",
            help="The same filter is applied to all three pictures.",
            width=TILE,
        )
    return layer, int(channel)


def _side_by_side(maps: np.ndarray, layer: str, channel: int, indices: tuple[int, ...]) -> None:
    """``maps``: (3, h, w). The fourth is the smallest of the three at each place."""
    shared = maps.min(axis=0)
    four = np.concatenate([maps, shared[np.newaxis]])
    pixels, scale = figures.viridis(four, low=min(0.0, float(four.min())))
    gallery(
        pixels,
        [*(f"Filter {channel} on test picture {i}" for i in indices), "What all three share"],
        key="lab.three.maps",
        title=f"Feature maps of filter {channel} of {layer}",
        captions=[*(f"filter {channel} on test {i}" for i in indices), "in all three"],
        columns=4,
        tile=TILE,
    )
    legend(scale, "activation, one scale for the four")
    active = [percent(share, 0) for share in (maps > 0).mean(axis=(1, 2))]
    everywhere = 100 * (shared > 0).mean()
    looks.caption(
        f"Filter {channel} of {layer} is above zero in {active[0]}, {active[1]} and {active[2]} "
        f"of its places, and in {everywhere:.0f} % of them on all three pictures. Try other "
        "filters: some find soles, some heels, some nothing at all."
    )
