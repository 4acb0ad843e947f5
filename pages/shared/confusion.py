"""The confusion matrix as a table whose cells can be chosen."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict

import numpy as np
import streamlit as st

from fmnist_core.figures import confusion_cells
from pages.shared import looks

_component = st.components.v2.component(
    "lab_confusion",
    html="<div class='scroll'><table></table></div>",
    css=looks.component_text("confusion.css"),
    js=looks.component_text("confusion.js"),
)


def confusion_matrix(
    confusion: np.ndarray,
    names: Sequence[str],
    *,
    key: str,
    title: str,
    selected: tuple[int, int] | None,
    on_choose: Callable[[int, int], None],
) -> None:
    """Show the counts (k, k), rows actual, columns predicted.

    ``on_choose`` is called with the actual and the predicted class of the cell that was chosen,
    before the script runs again.
    """
    cells = confusion_cells(confusion, names, looks.palette())

    def chosen() -> None:
        place = st.session_state[key].get("chosen")
        classes = range(len(names))
        if isinstance(place, list) and len(place) == 2 and all(each in classes for each in place):
            on_choose(int(place[0]), int(place[1]))

    _component(
        key=key,
        data=looks.component_data(
            cells=[[asdict(cell) for cell in row] for row in cells],
            names=list(names),
            title=title,
            selected=list(selected) if selected else None,
        ),
        on_chosen_change=chosen,
    )
