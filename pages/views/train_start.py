"""Train, One network, the settings' buttons: what can be started, and what starting does."""

from __future__ import annotations

import streamlit as st

from fmnist_core import pairs
from fmnist_core.errors import LabError
from fmnist_core.estimate import training_seconds
from fmnist_core.experiment import Experiment, check
from fmnist_core.folders import check_data
from fmnist_core.run import Run
from fmnist_core.wording import duration
from pages.shared import looks, running, services, session
from pages.shared.once import STARTING, once
from pages.views import train_settings

EDITING = "lab.editing"
PARENT = "lab.parent"


def mistake(experiment: Experiment) -> str | None:
    """Why this cannot be trained, in one sentence."""
    try:
        check(experiment)
        check_data(experiment, services.store().root)
    except LabError as error:
        return str(error)
    return None


def start(beside: Experiment | None = None) -> None:
    """Submit the experiment; the page then follows the new run. ``beside`` is trained after it,
    and its curves are drawn with it."""
    backend, owner, experiment = services.backend(), session.owner(), session.experiment()
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
        session.compare_with([other.id])
    session.choose_run(run.id)
    st.session_state[EDITING] = False


def start_beside(run: Run, other: Experiment) -> None:
    """Train the other half of a pair; the run stays the one shown, both curves are drawn."""
    try:
        started = once(
            (run.id, other),
            lambda: services.backend().submit(other, session.owner(), run.id),
            STARTING,
        )
    except LabError as error:
        session.warn(str(error))
        return
    running.forget()
    session.compare_with([started.id])


def missing_half(run: Run) -> tuple[str, Experiment] | None:
    """What would make a pair of a run, and its name: the same with one thing taken away. None
    while it is trained, and where it has been and did not fail."""
    if not running.state(run).ended:
        return None
    halves = {
        "On plain pictures, too": pairs.on_plain_pictures(run.experiment),
        "At half the size, too": pairs.at_half_size(run.experiment),
    }
    there = [
        each.experiment
        for each in services.store().list()
        if each.parent == run.id and running.outcome(each).status != "failed"
    ]
    for name, half in halves.items():
        if half and half not in there and mistake(half) is None:
            return name, half
    return None


def buttons() -> None:
    """Train, with what would make a pair, and for how long."""
    experiment = session.experiment()
    wrong = mistake(experiment)
    st.button("Train", type="primary", width="stretch", disabled=wrong is not None, on_click=start)
    if wrong:
        st.error(wrong, icon=":material/error:")
        return
    if plain := pairs.on_plain_pictures(experiment):
        st.button(
            "Train with and without",
            width="stretch",
            on_click=start,
            args=(plain,),
            help="Twice from the same start and seed: as set, then on pictures that never "
            "vary. The curves of both are drawn together.",
        )
    half = pairs.at_half_size(experiment)
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
    available = len(services.dataset(experiment).train_labels)
    seconds = training_seconds(experiment, available, running.measured())
    took = f"About {duration(seconds)}, as measured here." if seconds else ""
    looks.caption(took or "Time unknown until the first batches: not yet trained here.")


def settings() -> None:
    train_settings.essentials()
    buttons()
    train_settings.all_settings()
