"""Data, One picture: search by split and number, its pixels, and what scaling does to them."""

from __future__ import annotations

import random
from html import escape

import numpy as np
import streamlit as st

from fmnist_core.datasets import load
from fmnist_core.figures import pixel_histogram
from pages.shared import looks, session
from pages.shared.numbers import numbers
from pages.shared.plots import plot
from pages.views import data_facts

_KEY = "lab.data.picture"
_SPLIT, _INDEX = "lab.one.split", "lab.one.index"


def chosen() -> str:
    """The reference of the picture that this page shows: ``train:17`` or ``test:17``."""
    return str(st.session_state.get(_KEY, "train:0"))


def choose(ref: str) -> None:
    st.session_state[_KEY] = ref


def show() -> None:
    _search()
    ref = chosen()
    left, right = st.columns([7, 6], gap="large")
    with left:
        panel(ref)
    with right:
        _scaling(*_parts(ref))


def panel(ref: str) -> None:
    """One picture: its name, a pin, itself, and its numbers."""
    split, index = _parts(ref)
    images, labels = data_facts.arrays(split)
    picture, name = images[index], load().class_names[labels[index]]
    with st.container(horizontal=True, vertical_alignment="center"):
        st.html(looks.picture_html(picture, name, "56px"), width="content")
        st.html(
            f'<p class="lab-name"><b>{escape(name)}</b><span>{data_facts.SPLITS[split]} picture '
            f"{index:,} of {len(images):,}</span></p>",
            width="stretch",
        )
        pinned = session.picture() == ref
        st.button(
            "Pinned" if pinned else "Pin",
            icon=":material/push_pin:",
            key=f"lab.pin.{ref}",
            disabled=pinned or session.drawing_model() != session.model(),
            on_click=session.pin,
            args=(ref,),
            help="Keeps this picture in hand: Inside and Predict show it.",
        )
    numbers(picture)
    looks.caption("28 x 28 = 784 numbers, 0 (black) to 255 (white). This is all a network gets.")


def _search() -> None:
    split, index = _parts(chosen())
    st.session_state[_SPLIT], st.session_state[_INDEX] = split, index
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.segmented_control(
            "Split",
            list(data_facts.SPLITS),
            format_func=data_facts.SPLITS.__getitem__,
            required=True,
            key=_SPLIT,
            on_change=_search_changed,
            help="The two parts that the dataset's makers published.",
        )
        st.number_input(
            "Number",
            0,
            len(data_facts.arrays(split)[1]) - 1,
            key=_INDEX,
            on_change=_search_changed,
            help="Where the picture stands in its split, from 0.",
            width=180,
        )
        st.button(
            "Any", icon=":material/casino:", on_click=_any, help="A random picture of this split."
        )


def _search_changed() -> None:
    split = st.session_state[_SPLIT]
    last = len(data_facts.arrays(split)[1]) - 1
    choose(f"{split}:{min(st.session_state[_INDEX], last)}")


def _any() -> None:
    split, _ = _parts(chosen())
    choose(f"{split}:{random.randrange(len(data_facts.arrays(split)[1]))}")


def _parts(ref: str) -> tuple[str, int]:
    split, _, index = ref.partition(":")
    return split, int(index)


def _scaling(split: str, index: int) -> None:
    """The same picture in the three number ranges that an experiment can choose."""
    picture = data_facts.arrays(split)[0][index].astype(np.float64)
    mean, std = data_facts.training_moments()
    standardised = (
        f"minus the mean ({mean:.3f}), divided by the standard deviation ({std:.3f}) of all "
        "training pixels."
    )
    scaled = {
        "Divide by 255": (picture / 255, "0 to 1, the usual choice."),
        "Standardise": ((picture / 255 - mean) / std, standardised),
        "Raw": (picture, "0 to 255, the classic mistake: gradients start 255 times as large."),
    }
    looks.section("What scaling does to the numbers")
    st.table(
        {
            "Scaling": list(scaled),
            "Min": [f"{values.min():.3g}" for values, _ in scaled.values()],
            "Max": [f"{values.max():.3g}" for values, _ in scaled.values()],
            "Mean": [f"{values.mean():.3g}" for values, _ in scaled.values()],
            "Standard deviation": [f"{values.std():.3g}" for values, _ in scaled.values()],
        },
        hide_index=True,
        border="horizontal",
        alt="Smallest, largest and mean number and standard deviation for each scaling",
    )
    for name, (values, _) in scaled.items():
        figure = pixel_histogram(values, looks.palette(), f"{name} (n = {values.size} pixels)")
        plot(figure, f"lab.scaling.{name}", f"Histogram of the pixels: {name}")
    for name, (_, note) in scaled.items():
        looks.caption(f"{name}: {note}")
    looks.caption("The shape never changes, only the ruler under it; but steps are in its units.")
