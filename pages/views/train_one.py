"""Train, One network: choose an experiment, press Train, watch it learn."""

from __future__ import annotations

import streamlit as st

from fmnist_core.errors import RunNotFoundError
from fmnist_core.experiment import Experiment
from fmnist_core.run import Run
from pages.shared import looks, running, services, session
from pages.views import train_layers, train_live, train_panel, train_start
from pages.views.train_start import EDITING, PARENT


def shown_run() -> Run | None:
    """The chosen run, else one that is under way, so that a second tab or a refresh finds it."""
    if chosen := session.run():
        try:
            return services.store().get(chosen)
        except RunNotFoundError as error:  # somebody has deleted it: the settings are still there
            session.choose_run(None)
            session.warn(str(error))
            st.rerun()
    run = running.current()
    if run and not run.study and not st.session_state.get(EDITING):
        session.choose_run(run.id)
        return run
    return None


def preview() -> Run | None:
    """While nothing is trained yet: the run that is repeated with one change, or a recorded one:
    of the chosen network if there is one, else a CNN's; rather of all pictures than of a few. On
    a folder of one's own the last run on it."""
    if parent := st.session_state.get(PARENT):
        try:
            return services.store().get(parent)
        except RunNotFoundError:  # deleted meanwhile: then the new run has none
            st.session_state.pop(PARENT)
    chosen, folder = session.experiment().preset, session.experiment().data.folder
    if folder:
        own = (run for run in services.store().list() if run.experiment.data.folder == folder)
        return next((run for run in own if not run.study), None)

    def unlike(run: Run) -> tuple[bool, bool, bool]:
        experiment = run.experiment
        plain = not experiment.architecture.convolves
        return experiment.preset != chosen, plain, experiment.data.train_size is not None

    recorded = (run for run in services.store().list() if run.recorded)
    return min(recorded, key=unlike, default=None)


def edit(experiment: Experiment, parent: str | None = None) -> None:
    """Back to the settings; a parent's curves stay behind the new run's as a ghost."""
    session.set_experiment(experiment)
    st.session_state[EDITING] = True
    if parent:
        session.choose_run(None)
        try:
            session.compare_with([parent])
            st.session_state[PARENT] = parent
        except RunNotFoundError as error:
            session.warn(str(error))


def folded(run: Run) -> None:
    """The settings of the run shown, in one line."""
    with st.container(horizontal=True, vertical_alignment="center", key="lab-folded"):
        st.markdown(f"**{looks.plain(running.description(run))}**", width="content")
        st.button("Edit", icon=":material/edit:", on_click=edit, args=(session.experiment(),))
        st.button(
            "Duplicate, change one thing",
            icon=":material/content_copy:",
            on_click=edit,
            args=(run.experiment, run.id),
            help="Its settings, ready to change; its curves stay behind yours.",
        )
        if half := train_start.missing_half(run):
            name, other = half
            st.button(
                name,
                icon=":material/difference:",
                on_click=train_start.start_beside,
                args=(run, other),
                help="Once more from the same seed with this one difference; the curves of both "
                "are drawn together.",
            )


def watch(run: Run | None) -> None:
    train_live.show(run)
    train_live.compare_picker(run)


def show() -> None:
    run = shown_run()
    if run and not st.session_state.get(EDITING):
        folded(run)
        wide, narrow = st.columns([9, 3], gap="medium")
    else:
        left, wide, narrow = st.columns([3, 6, 3], gap="medium")
        with left.container(key="lab-settings"):
            train_start.settings()
        run = run or preview()
        if run:
            with wide:
                looks.caption(running.description(run))
    with wide:
        watch(run)
    with narrow:
        train_panel.show(run)
    if st.session_state.get(EDITING) or not session.run():
        with st.expander("Layers and what they cost", key="lab.layers", on_change="rerun") as box:
            if box.open:  # forty fields that nobody sees would cost every rerun a third more
                train_layers.editor()
