"""Train, Search: which settings are tried, and what came of them, live."""

from __future__ import annotations

import streamlit as st

from fmnist_core.codegen_search import search_script
from fmnist_core.run import Run
from fmnist_core.search import Search
from pages.shared import looks, running, services, session, studies
from pages.views import train_search_live, train_search_settings

_CHOSEN = "lab.search.run"


def show() -> None:
    left, wide = st.columns([3.4, 8.6], gap="large")
    with left.container(key="lab-settings"):
        _settings()
    with wide:
        run = studies.chosen(services.store().searches(), _CHOSEN, "Search to look at")
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
        on_click=_start,
        args=(search,),
    )
    if search is not None:
        studies.script(
            "Keras Tuner script",
            lambda: search_script(search),
            "search.py",
            "The same search in plain Keras, to run without the Lab.",
        )


def _start(search: Search, earlier: str | None = None) -> None:
    backend, owner = services.backend(), session.owner()
    studies.start((search, earlier), lambda: backend.submit_search(search, owner, earlier), _CHOSEN)


def _afterwards(run: Run) -> None:
    """A search that was broken off can go on: no trial that has ended is lost."""
    state = running.state(run)
    assert run.search is not None
    done = sum(trial.ended is not None for trial in state.trials.values())
    studies.go_on(
        state,
        "trials",
        run.search.trials - done,
        _start,
        run.search,
        run.id,
        text="Keras Tuner picks up where it was; the trials that ended are kept.",
    )
