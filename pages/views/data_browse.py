"""Data, Browse: a sheet of samples by class and split; a click opens one."""

from __future__ import annotations

from math import ceil

import numpy as np
import streamlit as st

from fmnist_core.datasets import class_counts, load
from pages.shared import looks
from pages.shared.gallery import gallery
from pages.views import data_facts, data_one

ROWS, COLUMNS = 10, 12
ON_A_SHEET = ROWS * COLUMNS


def show() -> None:
    left, right = st.columns([7, 6], gap="large")
    with left:
        split, label = _filters()
        # A sheet number belongs to its filter: another filter begins with its first sheet.
        _sheet(split, _shuffled(split, label, _seed()), f"lab.browse.{split}.{label}.{_seed()}")
    with right:
        data_one.panel(data_one.chosen())


def _filters() -> tuple[str, int | None]:
    names = load().class_names
    with st.container(horizontal=True, vertical_alignment="bottom"):
        split = st.segmented_control(
            "Split",
            list(data_facts.SPLITS),
            format_func=data_facts.SPLITS.__getitem__,
            default="train",
            required=True,
            key="lab.browse.split",
            persist_state="session",
            help="Networks learn from training pictures and are judged by test pictures.",
        )
        counts = class_counts(data_facts.arrays(str(split))[1])
        label = st.selectbox(
            "Class",
            [None, *range(len(names))],
            format_func=lambda i: "All ten" if i is None else f"{names[i]} ({counts[i]:,})",
            key="lab.browse.class",
            persist_state="session",
            help="Only pictures of one class; in brackets how many there are.",
            width=220,
        )
        st.button(
            "Shuffle",
            icon=":material/shuffle:",
            on_click=_next_seed,
            help="Another order. Each order has a number, so that it can be found again.",
        )
    return str(split), label


def _sheet(split: str, indices: np.ndarray, key: str) -> None:
    images, labels = data_facts.arrays(split)
    names = load().class_names
    sheets = ceil(len(indices) / ON_A_SHEET)
    start = (int(st.session_state.get(key, 1)) - 1) * ON_A_SHEET
    shown = indices[start : start + ON_A_SHEET]
    refs = [f"{split}:{i}" for i in shown]
    current = data_one.chosen()
    gallery(
        images[shown],
        [f"{names[labels[i]]}, {data_facts.SPLITS[split].lower()} picture {i}" for i in shown],
        key="lab.browse.pictures",
        title="Samples. Choose one to see its numbers.",
        columns=COLUMNS,
        tile=52,
        on_choose=lambda i: data_one.choose(refs[i]),
        selected=refs.index(current) if current in refs else None,
    )
    looks.caption(
        f"Pictures {start + 1:,} to {start + len(shown):,} of {len(indices):,} "
        f"({data_facts.SPLITS[split].lower()}, order {_seed()}). Click one to see its numbers."
    )
    st.pagination(sheets, key=key, persist_state="session")


def _shuffled(split: str, label: int | None, seed: int) -> np.ndarray:
    labels = data_facts.arrays(split)[1]
    indices = np.arange(len(labels)) if label is None else np.flatnonzero(labels == label)
    return np.random.default_rng(seed).permutation(indices)


def _seed() -> int:
    return int(st.session_state.get("lab.browse.seed", 0))


def _next_seed() -> None:
    st.session_state["lab.browse.seed"] = _seed() + 1
