"""Results, Compare: two runs picture by picture, and whether their difference may be chance."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import streamlit as st

from fmnist_core import reports
from fmnist_core.datasets import Dataset
from fmnist_core.paired import LEVEL, Paired, paired, verdict
from fmnist_core.run import Run
from fmnist_core.wording import how_sure
from pages.shared import looks, services
from pages.shared.gallery import gallery
from pages.views.results_facts import names_of
from pages.views.results_sheets import sheets

A, B = "lab.paired.a", "lab.paired.b"
GROUPS = {
    "mended": "B mends",
    "broken": "New mistakes of B",
    "both_wrong": "Both wrong",
}


def show(runs: list[Run]) -> None:
    """Two of these runs; those that have not been judged are left out."""
    looks.section("Picture by picture")
    about = runs[0].experiment
    if any(run.experiment.data.folder != about.data.folder for run in runs):
        looks.caption(
            "These runs learned from different pictures, so there are no common test pictures to "
            "compare them on. Choose runs of the same data."
        )
        return
    data = services.dataset(about)
    labels = data.test_labels
    given = {run.id: reports.test_probabilities(run.directory, labels) for run in runs}
    judged = {run_id: each for run_id, each in given.items() if each is not None}
    if len(judged) < 2:
        looks.caption(
            "Two runs that have ended are compared on the same test pictures. Choose another one "
            "above."
        )
        return
    names = dict(zip([run.id for run in runs], names_of(runs), strict=True))
    first, second = _choose({run_id: names[run_id] for run_id in judged})
    compared = paired(data.test_labels, judged[first], judged[second])
    st.html(f'<p class="lab-answer lab-number">{verdict(compared)}</p>')
    looks.caption(
        "McNemar's exact test, on the test pictures that only one of the two has right: if both "
        "were equally good, how often would they be shared out so unevenly? Below "
        f"p = {LEVEL:g} that counts as a difference. It is one between these two trained "
        "networks: another seed would have trained others."
    )
    group = _group(compared)
    pair = f"{first}.{second}.{group}"
    _pictures(data, getattr(compared, group), judged[first], judged[second], pair)


def _choose(names: dict[str, str]) -> tuple[str, str]:
    """Two different runs."""
    with st.container(horizontal=True):
        first = _box("Network A", A, names)
        second = _box(
            "Network B", B, {run_id: name for run_id, name in names.items() if run_id != first}
        )
    return first, second


def _box(label: str, key: str, names: dict[str, str]) -> str:
    if st.session_state.get(key) not in names:
        st.session_state[key] = next(iter(names))
    chosen = st.selectbox(
        label,
        list(names),
        format_func=names.__getitem__,
        key=key,
        persist_state="session",
        help="Both are judged on the same test pictures.",
        width=320,
    )
    return str(chosen)


def _group(compared: Paired) -> str:
    chosen = st.segmented_control(
        "Pictures",
        list(GROUPS),
        format_func=lambda group: f"{GROUPS[group]} ({len(getattr(compared, group)):,})",
        default="mended",
        required=True,
        key="lab.paired.group",
        persist_state="session",
        help="B mends: A was wrong, B is right. The surest answers of B come first.",
    )
    return str(chosen)


def _pictures(
    data: Dataset, found: np.ndarray, first: np.ndarray, second: np.ndarray, pair: str
) -> None:
    """What each picture is, and what A and B say; B's mistakes are framed."""
    if not len(found):
        looks.caption("No test picture is among these.")
        return

    def draw(shown: np.ndarray, on_choose: Callable[[int], None], selected: int | None) -> None:
        labels = data.test_labels[shown]
        captions, names = [], []
        for index, label in zip(shown, labels, strict=True):
            actual = data.class_names[label]
            a, b = (_said(each[index], label, data.class_names) for each in (first, second))
            captions.append(f"{actual}\nA {a}\nB {b}")
            names.append(f"Test picture {index}: {actual}. A says {a}, B says {b}")
        gallery(
            data.test_images[shown],
            names,
            key="lab.paired.pictures",
            title="Pictures that A and B judge",
            captions=captions,
            wrong=second[shown].argmax(axis=1) != labels,
            tile=100,
            on_choose=on_choose,
            selected=selected,
        )

    run_a, run_b, _ = pair.split(".")
    networks = {"Look inside A": run_a, "Look inside B": run_b}
    sheets(found, draw, key=f"lab.paired.{pair}", networks=networks)


def _said(probabilities: np.ndarray, label: int, names: Sequence[str]) -> str:
    """``✓ 97 %`` or ``→ Coat 55 %``."""
    answer = int(probabilities.argmax())
    sure = how_sure(float(probabilities[answer]))
    return f"✓ {sure}" if answer == label else f"→ {names[answer]} {sure}"
