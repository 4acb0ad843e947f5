"""Ten probabilities as bars, in class order."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import streamlit as st

from fmnist_core.datasets import CLASS_NAMES
from pages.shared import looks

_component = st.components.v2.component(
    "fmnist_lab_bars",
    html="<ol aria-label='Probability of each class'></ol>",
    css=looks.component_text("bars.css"),
    js=looks.component_text("bars.js"),
)


def probability_bars(
    probabilities: np.ndarray | None, key: str, names: Sequence[str] = CLASS_NAMES
) -> None:
    """Bars that keep their place; only their lengths move.

    Args:
        probabilities: (classes,) in [0, 1]; None while an answer is awaited: the previous one
            stays, dimmed.
        key: unique on the page.
    """
    kept = f"lab.bars.{key}"
    if probabilities is not None:
        st.session_state[kept] = [round(float(p), 4) for p in probabilities]
    values = st.session_state.get(kept)
    known = values is not None and len(values) == len(names)
    colours = looks.palette().classes
    _component(
        key=key,
        data=looks.component_data(
            names=list(names),
            values=values if known else [0.0] * len(names),
            colours=[colours[i % len(colours)] for i in range(len(names))],
            known=known,
            waiting=probabilities is None,
        ),
    )
