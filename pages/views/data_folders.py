"""Data, My folders: which data sets of one's own there are, what is in them, and in what state."""

from __future__ import annotations

from datetime import datetime

import numpy as np
import streamlit as st

from fmnist_core.errors import LabError
from fmnist_core.folders import Folder
from fmnist_core.folders.folder import SIDE
from fmnist_core.wording import count
from pages.shared import looks, services, session
from pages.shared.gallery import gallery
from pages.shared.tables import table
from pages.views import data_import, train_pictures

SHOWN = 48
TILE = 84
_CHOSEN, _LEAVING = "lab.folder", "lab.folder.leaving"
PARTS = {"train": "Training", "validation": "Validation", "test": "Test"}


def show() -> None:
    left, right = st.columns([4, 9], gap="large")
    with left:
        if imported := data_import.show():
            st.session_state[_CHOSEN] = imported.id
        folder = _choose()
    with right:
        if folder is None:
            _empty()
        else:
            _about(folder)


def _choose() -> Folder | None:
    folders = {folder.id: folder for folder in services.folders().list()}
    if not folders:
        return None
    if st.session_state.get(_CHOSEN) not in folders:
        st.session_state[_CHOSEN] = next(iter(folders))
    chosen = st.selectbox(
        "My folders",
        list(folders),
        format_func=lambda name: f"{folders[name].name} · {_when(folders[name])}",
        key=_CHOSEN,
        persist_state="session",
        help="Newest first.",
    )
    folder = folders[str(chosen)]
    with st.container(horizontal=True):
        st.button(
            "Train on it",
            type="primary",
            icon=":material/play_arrow:",
            key="lab.folder.train",
            on_click=_train,
            args=(folder,),
        )
        if st.button("Delete", icon=":material/delete:"):
            _confirm(folder)
    # In a callback and a flag: what a button returns is lost when a live update breaks the run off.
    if st.session_state.pop(_LEAVING, False):
        st.switch_page("pages/train.py")
    return folder


def _train(folder: Folder) -> None:
    train_pictures.begin(folder)
    st.session_state["lab.editing"] = True
    session.choose_run(None)
    session.show_view("One network", on="train")
    st.session_state[_LEAVING] = True


@st.dialog("Delete these pictures here?")
def _confirm(folder: Folder) -> None:
    st.text(f"{folder.name}: {count(folder.total, 'picture')} as they were imported.")
    st.write(
        "Runs that learned from them keep their weights and curves, but can no longer show the "
        "pictures. Your own files stay where they are."
    )
    args = (folder,)
    if st.button(
        "Delete", type="primary", key="lab.folder.delete.yes", on_click=_delete, args=args
    ):
        st.rerun()


def _delete(folder: Folder) -> None:
    """A refusal is explained on top of the page."""
    store = services.store()
    learning = [
        run
        for run in store.list()
        if run.experiment.data.folder == folder.id and not store.state(run.id).ended
    ]
    if learning:
        session.warn(f"{learning[0].title} still learns from {folder.name}. Stop it first.")
        return
    try:
        services.folders().delete(folder.id)
    except LabError as error:
        session.warn(str(error))


def _when(folder: Folder) -> str:
    return datetime.fromtimestamp(folder.created).astimezone().strftime("%d %b, %H:%M")


def _empty() -> None:
    looks.section("How to sort them")
    st.code(
        "my-pictures/\n  cats/  1.jpg  2.png ...\n  dogs/  1.jpg  2.jpg ...\n\n"
        "or\n\nmy-pictures/\n  train/       cats/ ...  dogs/ ...\n"
        "  validation/  cats/ ...  dogs/ ...",
        language=None,
    )
    looks.caption(
        "A folder's name becomes the class. Pictures may have any size and be grey or in colour; "
        "they are squeezed to a square. Two classes end in one sigmoid unit, more in a softmax. "
        f"Each picture is kept once, as {SIDE} x {SIDE} pixels on disk; a network in training "
        "holds at most 64 MB of them, or one batch, in memory."
    )


def _about(folder: Folder) -> None:
    looks.section(folder.name)
    looks.caption(
        f"{count(folder.total, 'picture')} in {len(folder.class_names)} classes, "
        f"{'in colour' if folder.colour else 'grey'}. Test pictures: {folder.test_from}. "
        + (
            "Validation pictures: from validation/."
            if folder.own_validation
            else "Validation pictures: each run sets some of the training pictures aside."
        )
    )
    for warning in folder.warnings:
        st.warning(looks.plain(warning), icon=":material/warning:")
    _counts(folder)
    if folder.problem_count:
        _problems(folder)
    _samples(folder)


def _counts(folder: Folder) -> None:
    parts = [part for part in PARTS if folder.n(part)]  # type: ignore[arg-type]
    rows = [
        (name, *(f"{folder.counts[part][i]:,}" for part in parts))  # type: ignore[index]
        for i, name in enumerate(folder.class_names)
    ]
    rows.append(("All", *(f"{folder.n(part):,}" for part in parts)))  # type: ignore[arg-type]
    table(
        ("Class", *(PARTS[part] for part in parts)),
        rows,
        title="Pictures of each class in each split",
        numbers=tuple(range(1, len(parts) + 1)),
        last=True,
    )


def _problems(folder: Folder) -> None:
    n = folder.problem_count
    with st.expander(f"{count(n, 'file')} left out", icon=":material/broken_image:"):
        for problem in folder.problems:
            st.text(f"{problem.name}: {problem.reason}")
        if n > len(folder.problems):
            looks.caption(f"The first {len(folder.problems)} of {n:,}.")


def _samples(folder: Folder) -> None:
    data = services.folders().dataset(folder.id, (SIDE, SIDE, 3))
    names = services.folders().names(folder.id)
    seed = int(st.session_state.get("lab.folder.seed", 0))
    n = min(SHOWN, len(data.train_labels))
    chosen = np.sort(np.random.default_rng(seed).choice(len(data.train_labels), n, replace=False))
    with st.container(horizontal=True, vertical_alignment="center"):
        looks.section(f"{n} of {len(data.train_labels):,} training and validation pictures")
        st.button(
            "Others",
            icon=":material/shuffle:",
            on_click=lambda: st.session_state.update({"lab.folder.seed": seed + 1}),
            help="Drawn again at random.",
        )
    labels = [data.class_names[data.train_labels[i]] for i in chosen]
    gallery(
        looks.small(data.train_images[chosen], TILE * 2),
        [names[i] for i in chosen],
        key="lab.folder.pictures",
        title="Some of these pictures",
        captions=labels,
        tile=TILE,
    )
