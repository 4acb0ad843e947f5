"""Results, One run: where it errs, in numbers and in pictures. Test pictures, final weights."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import streamlit as st

from fmnist_core import evaluation, reports
from fmnist_core.mistakes import surest
from fmnist_core.run import Run
from fmnist_core.wording import percent
from pages.shared import looks, services, session
from pages.shared.confusion import confusion_matrix
from pages.shared.looks import plain
from pages.views.results_actions import pin_of
from pages.views.results_judged import judged_gallery
from pages.views.results_sheets import SHOWN, sheets

PAIRS = 6
ANY = -1
"""In the boxes: any class, but then only mistakes."""
_CELL = "lab.cell"
"""Session state: the chosen (actual, predicted); None in either place means any."""
_ACTUAL, _PREDICTED = "lab.cell.actual", "lab.cell.predicted"


def confusion(run: Run, probabilities: np.ndarray) -> None:
    """The matrix, and beside it the pictures of the chosen cell."""
    data = services.dataset(run.experiment)
    counts = evaluation.confusion(
        data.test_labels, probabilities.argmax(axis=1), len(data.class_names)
    )
    left, right = st.columns(2, gap="large")
    actual, predicted = _cell(data.class_names)
    with left:
        looks.section(f"Confusion matrix (test, n = {len(probabilities):,})")
        confusion_matrix(
            counts,
            data.class_names,
            key="lab.confusion",
            title="Confusion matrix: rows are the actual class, columns the predicted one",
            selected=(actual, predicted) if None not in (actual, predicted) else None,
            on_choose=_choose_cell,
        )
        looks.caption("Rows: actual. Columns: predicted. Click a number to see its pictures.")
        _pairs(counts, data.class_names)
    with right:
        _cell_boxes(data.class_names)
        _cell_pictures(run, probabilities, actual, predicted)


def _cell(names: Sequence[str]) -> tuple[int | None, int | None]:
    """The chosen one; none that a run of fewer classes does not have."""
    actual, predicted = st.session_state.get(_CELL, (None, None))
    known = all(each is None or each < len(names) for each in (actual, predicted))
    return (actual, predicted) if known else (None, None)


def _choose_cell(actual: int | None, predicted: int | None) -> None:
    st.session_state[_CELL] = actual, predicted


def _pairs(counts: np.ndarray, names: Sequence[str]) -> None:
    """The fullest cells off the diagonal, by name."""
    pairs = evaluation.most_confused(counts, PAIRS)
    if not pairs:
        return
    looks.section("Most confused pairs")
    with st.container(horizontal=True, gap="small"):
        for pair in pairs:
            st.button(
                f"{plain(names[pair.actual])} → {plain(names[pair.predicted])}: {pair.count:,}",
                key=f"lab.pair.{pair.actual}.{pair.predicted}",
                on_click=_choose_cell,
                args=(pair.actual, pair.predicted),
                help=f"{names[pair.actual]} taken for {names[pair.predicted]}: "
                f"{percent(pair.share)} of {counts[pair.actual].sum():,}. Opens the pictures.",
            )


def _cell_boxes(names: Sequence[str]) -> None:
    """The cell by name: for the keyboard, for phones, and for "any"."""
    for key, chosen in zip((_ACTUAL, _PREDICTED), _cell(names), strict=True):
        st.session_state[key] = ANY if chosen is None else chosen
    columns = st.columns(2)
    for column, label, key in zip(
        columns, ("Actual", "Predicted"), (_ACTUAL, _PREDICTED), strict=True
    ):
        column.selectbox(
            label,
            [ANY, *range(len(names))],
            format_func=lambda i: "Any other" if i == ANY else names[i],
            key=key,
            on_change=_boxes_changed,
            help="Which cell of the matrix. Any other: all mistakes of the row or column.",
        )


def _boxes_changed() -> None:
    actual, predicted = st.session_state[_ACTUAL], st.session_state[_PREDICTED]
    _choose_cell(None if actual == ANY else actual, None if predicted == ANY else predicted)


def _cell_pictures(
    run: Run, probabilities: np.ndarray, actual: int | None, predicted: int | None
) -> None:
    data = services.dataset(run.experiment)
    found = surest(data.test_labels, probabilities, actual, predicted)
    looks.section(_cell_title(data.class_names, actual, predicted, len(found)))
    if not len(found):
        looks.caption("No test picture is in this cell.")
        return

    def draw(shown: np.ndarray, on_choose: Callable[[int], None], selected: int | None) -> None:
        judged_gallery(
            shown,
            probabilities,
            data,
            key="lab.cell.pictures",
            title="Pictures of the chosen cell",
            on_choose=on_choose,
            selected=selected,
        )

    key = f"lab.cell.{run.id}.{actual}.{predicted}"
    sheets(found, draw, key=key, networks={"Look inside": run.id})


def _cell_title(names: Sequence[str], actual: int | None, predicted: int | None, n: int) -> str:
    if actual is None and predicted is None:
        return f"Surest mistakes (n = {n:,})"
    if actual is not None and actual == predicted:
        return f"{names[actual]}, right (n = {n:,})"
    who = names[actual] if actual is not None else "Another class"
    called = names[predicted] if predicted is not None else "something else"
    return f"{who} taken for {called} (n = {n:,})"


def report(run: Run) -> None:
    """Precision, recall, F1 and support of each class."""
    path = run.directory / "report.json"
    if not path.is_file():
        return
    judged = reports.test_report(path)
    looks.section(f"Report per class (test, n = {judged.n:,})")
    st.table(
        {
            "Class": [plain(each.name) for each in judged.classes],
            "Precision": [f"{each.precision:.3f}" for each in judged.classes],
            "Recall": [f"{each.recall:.3f}" for each in judged.classes],
            "95 % interval of recall": [
                f"{each.interval.low:.3f} to {each.interval.high:.3f}" for each in judged.classes
            ],
            "F1": [f"{each.f1:.3f}" for each in judged.classes],
            "Support": [f"{each.support:,}" for each in judged.classes],
        },
        hide_index=True,
        border="horizontal",
        alt="Precision, recall, F1 and support of each class",
    )
    looks.caption(
        "Precision: of those called so, how many are. Recall: of those that are, how many were "
        "called so. F1 is their harmonic mean, support the number of test pictures."
    )


def random_pictures(run: Run, probabilities: np.ndarray) -> None:
    """24 test pictures drawn at random: the honest sample, not the best ones."""
    data, n = services.dataset(run.experiment), min(SHOWN, len(probabilities))
    seed = int(st.session_state.get("lab.random.seed", 0))
    chosen = np.random.default_rng(seed).choice(len(probabilities), n, replace=False)
    right = int((probabilities[chosen].argmax(axis=1) == data.test_labels[chosen]).sum())
    with st.container(horizontal=True, vertical_alignment="center"):
        looks.section(f"{n} random test pictures: {right} right")
        st.button(
            "Other 24",
            icon=":material/casino:",
            on_click=_next_seed,
            help="Drawn again, without looking at the answers.",
        )
    refs = [f"test:{i}" for i in chosen]
    judged_gallery(
        chosen,
        probabilities,
        data,
        key="lab.random.pictures",
        title="Random test pictures",
        on_choose=lambda i: pin_of(run.id, refs[i]),
        selected=refs.index(session.picture()) if session.picture() in refs else None,
    )
    looks.caption("Check mark: right. Thick frame: wrong, and what it was taken for.")


def _next_seed() -> None:
    st.session_state["lab.random.seed"] = int(st.session_state.get("lab.random.seed", 0)) + 1
