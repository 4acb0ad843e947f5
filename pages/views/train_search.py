"""Train, Search: which settings are tried, and what came of them, live."""

from __future__ import annotations

import streamlit as st

from fmnist_core.codegen_search import search_script
from fmnist_core.errors import LabError
from fmnist_core.run import Run
from fmnist_core.search import Search
from pages.shared import looks, running, session
from pages.shared.once import once
from pages.views import train_search_live, train_search_settings

_CHOSEN = "lab.search.run"


def show() -> None:
    left, wide = st.columns([3.4, 8.6], gap="large")
    with left.container(key="lab-settings"):
        _settings()
    with wide:
        run = _chosen()
        if run is None:
            looks.caption(
                "Nothing searched yet. Each trial trains a network with other settings and is "
                "judged on validation pictures; the test set stays closed."
            )
            return
        train_search_live.show(run)
        _afterwards(run)


def _settings() -> None:
    search = train_search_settings.edited()
    st.button(
        "Search",
        type="primary",
        width="stretch",
        disabled=search is None,
        on_click=once(_start),
        args=(search,),
    )
    if search is not None:
        _script(search)


def _start(search: Search, earlier: str | None = None) -> None:
    try:
        run = session.backend().submit_search(search, session.owner(), earlier)
    except LabError as error:
        session.warn(str(error))
        return
    running.forget()
    st.session_state[_CHOSEN] = run.id


def _chosen() -> Run | None:
    """The search to look at: chosen here, else the newest."""
    searches = {run.id: run for run in session.store().searches()}
    if not searches:
        return None
    if st.session_state.get(_CHOSEN) not in searches:
        st.session_state[_CHOSEN] = next(iter(searches))
    if len(searches) > 1:
        st.selectbox(
            "Search to look at",
            list(searches),
            format_func=lambda name: running.label(searches[name]),
            key=_CHOSEN,
            persist_state="session",
        )
    return searches[st.session_state[_CHOSEN]]


def _afterwards(run: Run) -> None:
    """A search that was broken off can go on: no trial that has ended is lost."""
    state = running.state(run)
    assert run.search is not None
    done = sum(trial.ended is not None for trial in state.trials.values())
    if state.status in ("stopped", "failed") and done < run.search.trials:
        st.button(
            "Go on with the other trials",
            icon=":material/play_arrow:",
            on_click=once(_start),
            args=(run.search, run.id),
            help="Keras Tuner picks up where it was; the trials that ended are kept.",
        )


def _script(search: Search) -> None:
    try:
        script = search_script(search)
    except LabError as error:
        looks.caption(str(error))
        return
    st.download_button(
        "Keras Tuner script",
        script,
        file_name="search.py",
        mime="text/x-python",
        icon=":material/download:",
        width="stretch",
        on_click="ignore",
        help="The same search in plain Keras, to run without the Lab.",
    )
