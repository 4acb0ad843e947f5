"""Searches and comparisons: runs of many trainings, chosen, watched and written out alike."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import streamlit as st

from fmnist_core.errors import LabError, RunNotFoundError
from fmnist_core.run import Run
from fmnist_core.run_state import RunState
from pages.shared import controls, looks, running, session, watchers
from pages.shared.once import STARTING, once


def start(study: object, submit: Callable[[], Run], key: str) -> None:
    """Queue one and show it; a refusal is explained on top of the page."""
    try:
        run = once((key, study), submit, STARTING)
    except LabError as error:
        session.warn(str(error))
        return
    running.forget()
    st.session_state[key] = run.id


def chosen(newest_first: list[Run], key: str, label: str) -> Run | None:
    """The one to look at: chosen here, else the newest; None while there are none."""
    runs = {run.id: run for run in newest_first}
    if not runs:
        return None
    if st.session_state.get(key) not in runs:
        st.session_state[key] = next(iter(runs))
    if len(runs) > 1:
        st.selectbox(
            label,
            list(runs),
            format_func=lambda name: running.label(runs[name]),
            key=key,
            persist_state="session",
        )
    return runs[st.session_state[key]]


def watch(run: Run, draw: Callable[[Run, RunState], None], seconds: float) -> None:
    """Draw it, again and again only while it waits or runs."""
    live = not running.state(run).ended
    st.fragment(_tick, run_every=watchers.interval(seconds) if live else None)(run, live, draw)


def _tick(run: Run, was_live: bool, draw: Callable[[Run, RunState], None]) -> None:
    watchers.seen(session.owner())
    try:
        state = running.state(run)
    except RunNotFoundError:
        st.rerun()  # deleted since the page was drawn, which shows another one then
    if was_live and state.ended:
        running.forget()
        st.rerun()
    draw(run, state)


def controls_or_failure(run: Run, state: RunState, kind: str) -> None:
    """Its buttons while it runs; why it failed, if it did. ``kind`` is a noun: search."""
    if not state.ended:
        with st.container(horizontal=True, key=f"lab-{kind}-controls"):
            controls.buttons(run, state, kind)
    elif state.status == "failed" and state.ending:
        st.error(f"This {kind} failed. {state.ending.reason}", icon=":material/error:")


def go_on(
    state: RunState, others: str, left: int, on_click: Callable[..., None], *args: Any, text: str
) -> None:
    """A button that starts ``others``, the ``left`` ones that a broken off study did not get to."""
    if state.status in ("stopped", "failed") and left > 0:
        st.button(
            f"Go on with the other {others}",
            icon=":material/play_arrow:",
            on_click=on_click,
            args=args,
            help=text,
        )


def status(run: Run, state: RunState) -> str:
    if state.status == "queued":
        return controls.waiting_text(run)
    if controls.stopping(run) and not state.ended:
        return "stopping"
    return {"finished": "done"}.get(state.status, state.status)


def script(label: str, make: Callable[[], str], file_name: str, text: str) -> None:
    """A button that downloads it; or, in a sentence, why there is none."""
    try:
        source = make()
    except LabError as error:
        looks.caption(str(error))
        return
    st.download_button(
        label,
        source,
        file_name=file_name,
        mime="text/x-python",
        icon=":material/download:",
        width="stretch",
        on_click="ignore",
        help=text,
    )
