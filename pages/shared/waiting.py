"""While the engine starts: a countdown, and the answer by itself as soon as it is ready."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import streamlit as st

from fmnist_core.errors import EngineBusyError
from pages.shared import services


@contextmanager
def answered() -> Iterator[None]:
    """Around whatever asks the model server: wait in place instead of failing."""
    try:
        yield
    except EngineBusyError as error:
        if services.backend().ready:
            st.warning(str(error), icon=":material/hourglass_top:")
            st.button("Ask again", key="lab.ask.again")
        else:
            _countdown()


@st.fragment(run_every=0.5)
def _countdown() -> None:
    if services.backend().ready:
        st.rerun()
    seconds = services.backend().seconds_until_ready()
    when = f" in about {max(1, round(seconds))} s" if seconds is not None else ""
    st.info(
        f"The engine is starting. The answer comes by itself{when}.",
        icon=":material/hourglass_top:",
    )
