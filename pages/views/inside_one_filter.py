"""Inside, Filters: the one that is chosen, and what is asked about it."""

from __future__ import annotations

import streamlit as st

from fmnist_core.model_server import Filters
from pages.shared import looks
from pages.views import inside_best_input, inside_exciting, inside_surgery

LAYER, NUMBER = "lab.filter.layer", "lab.filter.number"
"""Session state: the chosen filter."""


def choose(layer: str, number: int) -> None:
    st.session_state[LAYER], st.session_state[NUMBER] = layer, number


def chosen(layers: list[Filters]) -> tuple[Filters, int]:
    """The chosen filter, or the nearest that this network has."""
    by_name = {layer.layer: layer for layer in layers}
    name = st.session_state.get(LAYER)
    layer = by_name.get(name, layers[0]) if isinstance(name, str) else layers[0]
    number = int(st.session_state.get(NUMBER) or 0)
    return layer, min(number, layer.kernels.shape[-1] - 1)


def show(layers: list[Filters]) -> None:
    layer, number = chosen(layers)
    if (st.session_state.get(LAYER), st.session_state.get(NUMBER)) != (layer.layer, number):
        choose(layer.layer, number)
    names = [each.layer for each in layers]
    questions = {
        "Most exciting pictures": inside_exciting.show,
        "Surgery": inside_surgery.show,
        "Best input": inside_best_input.show,
    }
    looks.section(f"Filter {number} of {layer.layer}")
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        st.selectbox(
            "Layer",
            names,
            key=LAYER,
            persist_state="session",
            help="Or click any filter in the list.",
            width=max(140, 50 + 8 * max(map(len, names))),
        )
        st.number_input(
            "Filter",
            0,
            layer.kernels.shape[-1] - 1,
            key=NUMBER,
            persist_state="session",
            help="Its number in the layer, from 0.",
            width=130,
        )
        question = st.segmented_control(
            "Question",
            list(questions),
            required=True,
            default="Most exciting pictures",
            key="lab.filter.question",
            persist_state="session",
            help="What excites it, what happens without it, and what it would like to see.",
        )
    questions[str(question)](layer, number)
