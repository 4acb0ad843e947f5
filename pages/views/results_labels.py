"""Results, One run, Label errors: test pictures that probably carry the wrong label, and why."""

from __future__ import annotations

from html import escape
from pathlib import Path

import numpy as np
import streamlit as st

from fmnist_core import reports
from fmnist_core.datasets import data_dir
from fmnist_core.images import montage
from fmnist_core.label_errors import AGREEING, NEIGHBOURS, Suspect, Suspicion, suspicion
from fmnist_core.run import Run
from fmnist_core.wording import count
from pages.shared import looks, services
from pages.views.results_actions import look_inside, pin_of

ON_A_SHEET = 8


def show(run: Run, probabilities: np.ndarray) -> None:
    path = run.directory / "test_probabilities.npy"
    found = _suspicion(run, str(run.directory), path.stat().st_mtime_ns, str(data_dir()))
    looks.section(f"Probable label errors (test, {len(found.suspects)} of n = {found.n:,})")
    looks.caption(
        f"The network contradicts the label of {count(found.doubted, 'picture')}: it gives "
        "another class more than it usually gives to pictures labelled so. It may be the one that "
        f"errs, so a picture is listed only if {AGREEING} or more of the {NEIGHBOURS} other test "
        "pictures most like it (of all, where there are fewer) carry that other label, too. "
        "Probable, not proven: look for yourself. No label is changed."
    )
    if not found.suspects:
        return
    key = f"lab.labels.{run.id}"
    sheets = -(-len(found.suspects) // ON_A_SHEET)
    sheet = min(int(st.session_state.get(key, 1)), sheets)
    shown = found.suspects[(sheet - 1) * ON_A_SHEET : sheet * ON_A_SHEET]
    for row in range(0, len(shown), 2):
        for column, suspect in zip(st.columns(2, gap="large"), shown[row : row + 2], strict=False):
            with column:
                _suspect(suspect, run)
    if sheets > 1:
        st.pagination(sheets, key=key, max_visible_pages=5)


@st.cache_data(max_entries=16, show_spinner="Comparing the doubtful pictures with all others")
def _suspicion(_run: Run, directory: str, changed: int, data: str) -> Suspicion:
    """Of the run in ``directory``, whose predictions were written at ``changed``."""
    dataset = services.dataset(_run.experiment)
    labels = dataset.test_labels
    probabilities = reports.test_probabilities(Path(directory), labels)
    assert probabilities is not None, "the caller has seen them"
    return suspicion(labels, probabilities, dataset.test_images)


def _suspect(suspect: Suspect, run: Run) -> None:
    """The picture, the reason in words, its neighbours, and the way to Inside."""
    data = services.dataset(run.experiment)
    label, probable = data.class_names[suspect.label], data.class_names[suspect.probable]
    near = list(suspect.neighbours)
    picture = looks.picture_html(
        data.test_images[suspect.index], f"Test picture {suspect.index}, labelled {label}", "96px"
    )
    neighbours = looks.picture_html(
        montage(looks.small(data.test_images[near], 96), 5),
        f"The {len(near)} most like it: "
        + ", ".join(data.class_names[data.test_labels[i]] for i in near),
        "min(100%, 220px)",
    )
    st.html(
        f'<div class="lab-suspect">{picture}<div><h3>Test picture {suspect.index}: labelled '
        f"{escape(label)}, probably {escape(probable)}</h3>"
        f"<p>{escape(suspect.reason(data.class_names))}</p>{neighbours}</div></div>"
    )
    if st.button(
        "Look inside",
        key=f"lab.labels.look.{suspect.index}",
        type="tertiary",
        icon=":material/visibility:",
        help=f"Pins test picture {suspect.index} and shows what this network sees in it.",
    ):
        pin_of(run.id, f"test:{suspect.index}")
        look_inside(run.id)
