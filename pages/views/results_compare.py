"""Results, Compare: curves and accuracies of several runs together, and two picture by picture."""

from __future__ import annotations

import streamlit as st

from pages.shared import looks, services, session
from pages.shared.curves import live_curves
from pages.views import results_chart, results_facts, results_paired
from pages.views.results_facts import Facts, names_of, with_interval


def show() -> None:
    runs = services.store().list()
    titles = dict(zip([run.id for run in runs], names_of(runs), strict=True))
    if not titles:
        st.info("There is nothing to compare yet. Train two networks first.")
        return
    asked = session.side_by_side()
    session.compare_side_by_side(list(titles) if asked is None else asked)
    chosen = st.multiselect(
        "Runs",
        list(titles),
        format_func=titles.__getitem__,
        max_selections=session.MAX_COMPARED,
        key=session.SIDE_BY_SIDE,
        persist_state="session",
        help=f"Up to {session.MAX_COMPARED}. Colour is the run; thin lines are training, thick "
        "validation.",
    )
    if not chosen:
        return
    all_facts = [results_facts.facts(services.store().get(run_id)) for run_id in chosen]
    first, *others = [each.run for each in all_facts]
    live_curves(first, others, key="lab.compare.curves")
    left, right = st.columns([4, 5], gap="large", vertical_alignment="center")
    with left:
        results_chart.accuracies(all_facts, "lab.compare.accuracies")
    with right:
        _table(all_facts)
    if len(all_facts) > 1:
        results_paired.show([each.run for each in all_facts])


def _table(all_facts: list[Facts]) -> None:
    st.table(
        {
            "Network": [looks.plain(name) for name in names_of([each.run for each in all_facts])],
            "Parameters": [f"{each.parameters:,}" for each in all_facts],
            "Validation": [looks.plain(with_interval(each.validation)) for each in all_facts],
            "Test": [looks.plain(with_interval(each.test)) for each in all_facts],
        },
        hide_index=True,
    )
