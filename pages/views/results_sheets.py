"""Many test pictures, a sheet at a time, and the way to Inside for the one that is pinned."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import streamlit as st

from pages.shared import session
from pages.views.results_actions import look_inside, pin_of

SHOWN = 24
Draw = Callable[[np.ndarray, Callable[[int], None], int | None], None]
"""Draws some pictures: their indices, what to call with the place of the one that was chosen,
and the place of the pinned one."""


def sheets(found: np.ndarray, draw: Draw, *, key: str, networks: Mapping[str, str]) -> None:
    """Show ``found`` (n,), indices into the test set, in this order.

    Args:
        found, draw: what is shown, and how.
        key: of the sheet's number; other pictures begin with their first sheet.
        networks: labels of buttons, and the network with which each opens Inside.
    """
    count = -(-len(found) // SHOWN)
    sheet = min(int(st.session_state.get(key, 1)), max(1, count))
    shown = found[(sheet - 1) * SHOWN : sheet * SHOWN]
    refs = [f"test:{i}" for i in shown]
    pinned = session.picture()
    draw(
        shown,
        lambda i: pin_of(next(iter(networks.values())), refs[i]),
        refs.index(pinned) if pinned in refs else None,
    )
    with st.container(horizontal=True, vertical_alignment="center"):
        if count > 1:
            st.pagination(count, key=key, max_visible_pages=5)
        for label, ref in networks.items():
            if st.button(
                label,
                key=f"{key}.look.{label}",
                icon=":material/visibility:",
                disabled=pinned not in refs,
                help="Click a picture first: it is pinned, and Inside shows what this network "
                "sees.",
            ):
                look_inside(ref)
