"""Results, One run: its accuracies, and one part at a time of what there is to see of it."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import streamlit as st

from fmnist_core import reports
from fmnist_core.figures import Measured
from fmnist_core.run import Run
from fmnist_core.wording import count, percent
from pages.shared import chrome, looks, services, session
from pages.shared.curves import live_curves
from pages.views import (
    results_actions,
    results_facts,
    results_files,
    results_hardest,
    results_labels,
    results_pictures,
    results_sure,
)
from pages.views.results_facts import Facts

OVERVIEW = "Overview"
PARTS: dict[str, Callable[[Run, np.ndarray], None]] = {
    "Hardest pictures": results_hardest.show,
    "Label errors": results_labels.show,
    "How sure": results_sure.show,
}
"""Of a run that has been judged; drawn only while it is chosen."""


def show() -> None:
    runs = {run.id: run for run in services.store().list()}
    if not runs:
        st.info("No runs yet. Train a network; it appears here as soon as it starts.")
        return
    with st.container(horizontal=True, vertical_alignment="bottom"):
        run = _choose(runs)
        results_actions.row(run)
    facts = results_facts.facts(run)
    _status(facts)
    _accuracies(facts)
    part = st.segmented_control(
        "Part",
        [OVERVIEW, *PARTS],
        default=OVERVIEW,
        required=True,
        label_visibility="collapsed",
        key="lab.one.part",
        persist_state="session",
    )
    probabilities = None
    with chrome.explained():  # its pictures may be gone; its curves are not
        labels = services.dataset(run.experiment).test_labels
        probabilities = reports.test_probabilities(run.directory, labels)
    if part == OVERVIEW:
        _overview(facts, probabilities)
    elif probabilities is None:
        st.info("Nothing to judge yet: the test set is opened once, at the end of the run.")
    else:
        PARTS[str(part)](run, probabilities)


def _overview(facts: Facts, probabilities: np.ndarray | None) -> None:
    run = facts.run
    if probabilities is not None:
        results_pictures.confusion(run, probabilities)
        results_pictures.random_pictures(run, probabilities)
    live_curves(run, key="lab.one.curves")
    results_pictures.report(run)
    results_files.show(facts)


def _choose(runs: dict[str, Run]) -> Run:
    """The chosen run, or the newest; and a box to choose another."""
    current = session.run()
    st.session_state["lab.one.run"] = current if current in runs else next(iter(runs))
    chosen = st.selectbox(
        "Run",
        list(runs),
        format_func=lambda run_id: f"{results_facts.title_of(runs[run_id])} · {run_id}",
        key="lab.one.run",
        on_change=lambda: session.use_run(st.session_state["lab.one.run"]),
        help="Newest first; recorded runs came with the app.",
        width=460,
    )
    return runs[str(chosen)]


def _status(facts: Facts) -> None:
    state = facts.state
    if state.ending:
        text = f"{facts.status} after {count(state.step, 'step')}. {state.ending.reason}"
    elif state.started:
        text = f"{facts.status}: step {state.step:,} of {state.total_steps:,}."
    else:
        text = "Waiting for its turn; nothing is known yet."
    if state.status == "failed":
        st.error(text, icon=":material/error:")
    else:
        looks.caption(text)


def _accuracies(facts: Facts) -> None:
    columns = st.columns(4)
    for column, (name, value, note) in zip(
        columns,
        (
            ("Training", facts.train, "What it learned from: too good to be true."),
            ("Validation", facts.validation, "Set aside during training. Choose by this one."),
            ("Test", facts.test, "Opened once, at the end. Choosing by it spoils it."),
        ),
        strict=False,
    ):
        with column:
            _metric(f"{name} accuracy", value, note)
    with columns[3]:
        if facts.published:
            st.metric(
                "Published test accuracy",
                percent(facts.published.accuracy, 2),
                help=facts.published.note or "Reported by somebody else for the same layers.",
            )
        else:
            st.metric("Parameters", f"{facts.parameters:,}", help="Numbers that it learned.")


def _metric(name: str, value: Measured | None, note: str) -> None:
    with st.container(gap=None):
        if value is None:
            st.metric(name, "-", help=note)
            looks.caption("Not measured yet.")
            return
        st.metric(name, percent(value.accuracy, 2), help=note)
        looks.caption(
            f"95 % interval {100 * value.low:.1f} to {percent(value.high)}, n = {value.n:,}"
        )
