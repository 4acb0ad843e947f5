"""Replay: one slider over the life of a run. What it chooses is a model, so every view follows,
and the address says where."""

from __future__ import annotations

from html import escape

import numpy as np
import streamlit as st

from fmnist_core import evaluation, replay
from fmnist_core.mistakes import surest
from fmnist_core.replay import Station
from fmnist_core.run import Run
from fmnist_core.wording import how_sure, percent
from pages.shared import looks, running, services, session, surveyed, watchers
from pages.shared.confusion import confusion_matrix

_SLIDER, _SHOWN = "lab.replay", "lab.replay.shown"
SECONDS = 1.0
"""Between two looks for a new checkpoint."""


def slider() -> None:
    """Over the checkpoints of the chosen run. Nothing for a network that has none."""
    run = replay.run_of(session.model(), services.store())
    stations = replay.stations(run) if run else []
    if run is None or len(stations) < 2:
        return
    here = replay.station_of(session.model(), run) or stations[-1]
    labels = {each.ref: _label(each) for each in stations}
    # One that shows it already is left alone, as in chrome. A run's plain name stands for another
    # step once there is a new checkpoint; the browser would keep the old step.
    shown = here.ref, labels[here.ref]
    if st.session_state.get(_SLIDER) != here.ref or st.session_state.get(_SHOWN) != shown:
        st.session_state[_SLIDER] = here.ref
    st.session_state[_SHOWN] = shown
    st.select_slider(
        f"Replay {run.title}: step",
        list(labels),
        format_func=lambda ref: labels.get(ref, ref),
        key=_SLIDER,
        on_change=lambda: session.use_model(st.session_state[_SLIDER]),
        help="Moves the whole page to what the network was after this step. Arrow keys work too.",
    )


def standing() -> None:
    """What the network can do at this place of its life. Asks the engine."""
    run = replay.run_of(session.model(), services.store())
    here = replay.station_of(session.model(), run) if run else None
    if run is None or here is None or len(replay.stations(run)) < 2:
        return
    when, pinned, sample = _when(run, here), _pinned(), surveyed.sample()
    if not len(sample):
        st.html(_line(when, "no validation pictures were kept", pinned))
        return
    probabilities = surveyed.probabilities()
    accuracy = float((probabilities.argmax(axis=1) == sample.labels).mean())
    n = f"n = {len(sample):,}"
    with st.container(horizontal=True, vertical_alignment="center"):
        st.html(_line(when, f"validation accuracy <b>{percent(accuracy)}</b> ({n})", pinned))
        title = "Confusion matrix"
        with st.popover(title, key="lab.replay.confusion", on_change="rerun") as box:
            if box.open:
                looks.section(f"Confusion matrix (validation, {n})")
                _confusion(sample, probabilities)


def follow() -> None:
    """While the chosen run trains: the page is drawn anew at each of its checkpoints.

    Whoever has moved the slider to one of them stays there.
    """
    run = replay.run_of(session.model(), services.store())
    if run is None or session.model() != run.id or running.state(run).ended:
        return
    looks.caption(f"Follows {run.title} as it learns: drawn anew at each checkpoint.")
    kept = len(replay.stations(run))
    st.fragment(_wait_for_more, run_every=watchers.interval(SECONDS))(run, kept)


def _wait_for_more(run: Run, kept: int) -> None:
    if running.state(run).ended or len(replay.stations(run)) > kept:
        st.rerun()


def open_at(run: Run, step: int) -> bool:
    """Choose the checkpoint nearest to a step. False if the run has none to choose from."""
    station = replay.nearest(run, step)
    if station is None or len(replay.stations(run)) < 2:
        return False
    session.choose_model(station.ref)
    return True


def _label(station: Station) -> str:
    return "best epoch" if station.step is None else f"{station.step:,}"


def _when(run: Run, here: Station) -> str:
    started = services.store().outline(run.id).started
    if here.step is None:
        return "The weights of the <b>best epoch</b>, to which the run went back at its end"
    if not here.step:
        return "<b>Before the first step</b>: weights drawn by chance"
    text = f"After <b>step {here.step:,}</b>"
    if started is None:
        return text
    epochs = here.step / started.steps_per_epoch
    return f"{text} of {started.total_steps:,} ({epochs:.2g} epochs)"


def _pinned() -> str:
    ref, names = session.picture(), session.models_dataset().class_names
    picture = session.pictures().load(ref)[np.newaxis]
    given = services.server().predict(session.model(), picture)[0]
    top = int(given.argmax())
    described = session.pictures().describe(ref)
    answer = f"<b>{escape(names[top])}</b>, {how_sure(given[top])}"
    return f"{escape(described)}: called {answer}"


def _line(*parts: str) -> str:
    return f'<p class="lab-bar">{" · ".join(parts)}</p>'


def _confusion(sample: surveyed.Sample, probabilities: np.ndarray) -> None:
    names = session.models_dataset().class_names

    def pin_surest(actual: int, predicted: int) -> None:
        found = surest(sample.labels, probabilities, actual, predicted)
        if len(found):
            session.pin(f"validation:{sample.indices[found[0]]}")

    with st.container(width=640):
        confusion_matrix(
            evaluation.confusion(sample.labels, probabilities.argmax(axis=1), len(names)),
            names,
            key="lab.replay.matrix",
            title="Confusion matrix: rows are the actual class, columns the predicted one",
            selected=None,
            on_choose=pin_surest,
        )
        looks.caption(
            "Rows: actual. Columns: predicted. A click on a number pins the surest of its pictures."
        )
