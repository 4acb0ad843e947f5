"""Train, One network: choose an experiment, press Train, watch it learn."""

from __future__ import annotations

import streamlit as st

from fmnist_core import limits
from fmnist_core.errors import LabError
from fmnist_core.estimate import training_seconds
from fmnist_core.experiment import Augmentation, Experiment, check
from fmnist_core.folders import check_folder
from fmnist_core.folders.folder import SMALLEST_SIDE
from fmnist_core.run import Run
from fmnist_core.wording import duration
from pages.shared import looks, running, session
from pages.shared.once import STARTING, once
from pages.views import train_layers, train_live, train_panel, train_settings

EDITING = "lab.editing"
PARENT = "lab.parent"


def shown_run() -> Run | None:
    """The chosen run, else one that is under way, so that a second tab or a refresh finds it."""
    if session.run():
        return session.store().get(session.run())
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
        return session.store().get(parent)
    chosen, folder = session.experiment().preset, session.experiment().data.folder
    if folder:
        own = (run for run in session.store().list() if run.experiment.data.folder == folder)
        return next((run for run in own if not run.study), None)

    def unlike(run: Run) -> tuple[bool, bool, bool]:
        experiment = run.experiment
        plain = all(layer.kind != "Conv2D" for layer in experiment.architecture.layers)
        return experiment.preset != chosen, plain, experiment.data.train_size is not None

    recorded = (run for run in session.store().list() if run.recorded)
    return min(recorded, key=unlike, default=None)


def mistake(experiment: Experiment) -> str | None:
    """Why this cannot be trained, in one sentence."""
    try:
        check(experiment)
        check_folder(experiment, session.store().root)
    except LabError as error:
        return str(error)
    return None


def start(beside: Experiment | None = None) -> None:
    """Submit the experiment; the page then follows the new run. ``beside`` is trained after it,
    and its curves are drawn with it."""
    backend, owner, experiment = session.backend(), session.owner(), session.experiment()
    parent = st.session_state.get(PARENT)

    def submit() -> tuple[Run, Run | None]:
        run = backend.submit(experiment, owner, parent)
        return run, backend.submit(beside, owner, run.id) if beside else None

    try:
        run, other = once((experiment, beside), submit, STARTING)
    except LabError as error:
        session.warn(str(error))
        return
    running.forget()
    st.session_state.pop(PARENT, None)
    if other:
        st.session_state["lab.compare"] = [other.id]
    session.choose_run(run.id)
    st.session_state[EDITING] = False


def edit(experiment: Experiment, parent: str | None = None) -> None:
    """Back to the settings; a parent's curves stay behind the new run's as a ghost."""
    session.set_experiment(experiment)
    st.session_state[EDITING] = True
    if parent:
        st.session_state[PARENT] = parent
        st.session_state["lab.compare"] = [parent]
        session.choose_run(None)


def without_augmentation(experiment: Experiment) -> Experiment | None:
    """The same on pictures that never vary; None where they do not vary anyway."""
    data = experiment.data.changed(augmentation=Augmentation())
    if data == experiment.data:
        return None
    title = f"{experiment.title or 'Own network'}, plain pictures"[: limits.MAX_TITLE_LENGTH]
    return experiment.changed(data=data, title=title)


def at_half_size(experiment: Experiment) -> Experiment | None:
    """The same on pictures of half the side; None for Fashion-MNIST and for small ones."""
    side, _, channels = experiment.architecture.input_shape
    if not experiment.data.folder or side // 2 < SMALLEST_SIDE:
        return None
    shape = (side // 2, side // 2, channels)
    title = f"{experiment.title or 'Own network'}, {side // 2} pixels"[: limits.MAX_TITLE_LENGTH]
    architecture = experiment.architecture.changed(input_shape=shape)
    return experiment.changed(architecture=architecture, title=title)


def settings() -> None:
    experiment = session.experiment()
    train_settings.essentials()
    wrong = mistake(experiment)
    st.button(
        "Train",
        type="primary",
        width="stretch",
        disabled=wrong is not None,
        on_click=start,
    )
    if wrong:
        st.error(wrong, icon=":material/error:")
    else:
        if plain := without_augmentation(experiment):
            st.button(
                "Train with and without",
                width="stretch",
                on_click=start,
                args=(plain,),
                help="Twice from the same start and seed: as set, then on pictures that never "
                "vary. The curves of both are drawn together.",
            )
        half = at_half_size(experiment)
        if half and mistake(half) is None:
            side = experiment.architecture.input_shape[0]
            st.button(
                f"Train at {side} and {side // 2} pixels",
                width="stretch",
                on_click=start,
                args=(half,),
                help="Twice from the same seed: as set, then on pictures of half the side. What "
                "does shrinking cost, and what does it save? Both curves are drawn together.",
            )
        available = len(session.dataset(experiment).train_labels)
        seconds = training_seconds(experiment, available, running.measured())
        took = f"About {duration(seconds)}, as measured here." if seconds else ""
        looks.caption(took or "Time unknown until the first batches: not yet trained here.")
    train_settings.all_settings()


def folded(run: Run) -> None:
    """The settings of the run shown, in one line."""
    with st.container(horizontal=True, vertical_alignment="center", key="lab-folded"):
        st.markdown(f"**{running.description(run)}**", width="content")
        st.button("Edit", icon=":material/edit:", on_click=edit, args=(session.experiment(),))
        st.button(
            "Duplicate, change one thing",
            icon=":material/content_copy:",
            on_click=edit,
            args=(run.experiment, run.id),
            help="Its settings, ready to change; its curves stay behind yours.",
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
            settings()
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
