"""Below the feature maps: where one number of the map that was clicked comes from."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import streamlit as st

from fmnist_core.model_server import FeatureMaps
from pages.shared import chrome, looks, services, session
from pages.shared.pixel import pixel
from pages.shared.waiting import answered

HINT = "Click a map to see what one of its numbers is made of."
_KEY = "lab.pixel"


@dataclass(frozen=True)
class Chosen:
    """The number that is looked at."""

    layer: str
    channel: int
    row: int
    column: int


def choose(layer: FeatureMaps, channel: int) -> None:
    """Look at a map's largest number; a second click on the same map closes it."""
    if channel == chosen_map(layer):
        close()
        return
    maps = layer.maps[..., channel]
    row, column = np.unravel_index(int(maps.argmax()), maps.shape)
    st.session_state[_KEY] = Chosen(layer.layer, channel, int(row), int(column))


def close() -> None:
    st.session_state.pop(_KEY, None)


def chosen_map(layer: FeatureMaps) -> int | None:
    """The map of this layer that is looked at."""
    chosen = _chosen(layer)
    return chosen.channel if chosen else None


def below(layers: list[FeatureMaps], layer: FeatureMaps) -> None:
    """Where the chosen number comes from, if it is one of this layer's."""
    if _chosen(layer):
        _panel(layers, layer)


@st.fragment
def _panel(layers: list[FeatureMaps], layer: FeatureMaps) -> None:
    """A fragment, so that another pixel costs one question and nothing else."""
    chosen = _chosen(layer)
    if chosen is None:
        st.rerun()  # closed: the map above is no longer marked
    index = next(i for i, each in enumerate(layers) if each is layer)
    with st.container(border=True, key="lab-pixel"), chrome.explained(), answered():
        picture = session.pictures().load(session.picture())
        place = (chosen.row, chosen.column, chosen.channel)
        pixel(
            services.server().pixel(session.model(), picture, index, place),
            layer.maps[..., chosen.channel],
            place[:2],
            chosen.channel,
            name=f"{layer.layer}, filter {chosen.channel}",
            before=layers[index - 1].layer if index else "",
            key=f"lab.pixel.{layer.layer}",
            on_choose=_move,
        )
        with st.container(
            horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"
        ):
            looks.caption(
                "Click another pixel of the map on the right. Numbers are shown to three decimals "
                "and computed with all of them."
            )
            st.button("Close", icon=":material/close:", key="lab.pixel.close", on_click=close)


def _move(row: int, column: int) -> None:
    st.session_state[_KEY] = replace(st.session_state[_KEY], row=row, column=column)


def _chosen(layer: FeatureMaps) -> Chosen | None:
    """None too when the network has changed and there is no such number."""
    chosen = st.session_state.get(_KEY)
    if not isinstance(chosen, Chosen) or chosen.layer != layer.layer or layer.maps.ndim != 3:
        return None
    place = (chosen.row, chosen.column, chosen.channel)
    return chosen if all(a < b for a, b in zip(place, layer.maps.shape, strict=True)) else None
