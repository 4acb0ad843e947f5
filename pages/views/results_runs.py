"""Results, Runs: the table of all runs; select to open, compare or delete."""

from __future__ import annotations

import hashlib
import time
from typing import Any

import streamlit as st

from fmnist_core.errors import LabError
from fmnist_core.run import Run
from fmnist_core.run_state import RunState
from fmnist_core.wording import count, percent
from pages.shared import looks, running, services, session
from pages.views import results_actions, results_chart, results_facts
from pages.views.results_facts import Facts, with_interval

CHARTED = 30


def show() -> None:
    runs = services.store().list()
    if not runs:
        st.info("No runs yet. Train a network; it appears here as soon as it starts.")
        st.page_link("pages/train.py", label="Train a network", icon=":material/play_arrow:")
        return
    all_facts = [results_facts.facts(run, _outcome(run)) for run in runs]
    event = st.dataframe(
        _columns(all_facts),
        key=_key(runs),
        on_select="rerun",
        selection_mode="multi-row",
        hide_index=True,
        alt=f"{len(runs)} runs with status, parameters and accuracies",
        column_config={
            "Parameters": st.column_config.NumberColumn(format="localized"),
            "Training, s": st.column_config.NumberColumn(format="localized"),
            "Images/s": st.column_config.NumberColumn(format="localized"),
            "Published": st.column_config.TextColumn(
                help="Test accuracy that somebody else reported for the same layers."
            ),
            "Validation": st.column_config.TextColumn(
                help="Accuracy with its 95 % interval. Choose by this one."
            ),
            "Test": st.column_config.TextColumn(
                help="Opened once, at the end. Choosing by it spoils it."
            ),
        },
    )
    looks.caption(
        f"{count(len(runs), 'run')}. Accuracies with 95 % Wilson intervals. Two intervals "
        "that overlap widely mean: perhaps no difference."
    )
    rows = [row for row in event.selection.rows if row < len(runs)]
    _actions([runs[row] for row in rows])
    if len(runs) > CHARTED:
        looks.caption(f"Below: those of the newest {CHARTED} runs that have been judged.")
    results_chart.accuracies(all_facts[:CHARTED], "lab.runs.accuracies")
    _notes(all_facts)


def _outcome(run: Run) -> RunState:
    """Without each step where its ending says what it took; a failed run's does not."""
    state = running.outcome(run)
    return running.state(run) if state.status == "failed" else state


def _key(runs: list[Run]) -> str:
    """Rows are ticked by their place: where others take their places, none is ticked."""
    ids = "\n".join(run.id for run in runs)
    return f"lab.runs.{hashlib.sha256(ids.encode()).hexdigest()[:12]}"


def _columns(all_facts: list[Facts]) -> dict[str, list[Any]]:
    return {
        "Network": [each.title for each in all_facts],
        "Status": [each.status for each in all_facts],
        "Parameters": [each.parameters for each in all_facts],
        "Validation": [with_interval(each.validation) for each in all_facts],
        "Test": [with_interval(each.test) for each in all_facts],
        "Published": [
            percent(each.published.accuracy, 2) if each.published else "-" for each in all_facts
        ],
        "Training, s": [
            round(each.seconds) if each.seconds is not None else None for each in all_facts
        ],
        "Images/s": [
            round(each.images_per_second) if each.images_per_second else None for each in all_facts
        ],
        "Started (UTC)": [
            time.strftime("%Y-%m-%d %H:%M", time.gmtime(each.run.created)) for each in all_facts
        ],
    }


def _actions(chosen: list[Run]) -> None:
    if not chosen:
        st.html('<p class="lab-caption">Tick a run to open or delete it, several to compare.</p>')
        return
    with st.container(horizontal=True):
        if len(chosen) == 1:
            st.button(
                f"Open {looks.plain(chosen[0].title)}",
                type="primary",
                on_click=open_run,
                args=(chosen[0].id,),
                help="Its report, confusion matrix, mistakes and files.",
            )
        else:
            n, most = len(chosen), session.MAX_COMPARED
            st.button(
                f"Compare {n} runs" if n <= most else f"Compare the first {most} of {n} runs",
                type="primary",
                on_click=_compare,
                args=([run.id for run in chosen],),
                help="Their curves and accuracies side by side.",
            )
        results_actions.delete_button(chosen, "lab.runs.delete")


def open_run(run_id: str) -> None:
    if session.use_run(run_id):
        session.show_view("One run")


def _compare(run_ids: list[str]) -> None:
    try:
        session.compare_side_by_side(run_ids)
    except LabError as error:  # somebody has just deleted them
        session.warn(str(error))
        return
    session.show_view("Compare")


def _notes(all_facts: list[Facts]) -> None:
    """Why a published number may not be comparable."""
    notes = {each.run.title: each.published.note for each in all_facts if each.published}
    for title, note in notes.items():
        if note:
            looks.caption(f"Published accuracy of {title}: {note}")
