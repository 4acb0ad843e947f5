"""Train, New classes: the pad, the examples of each class, and what the new head says."""

from __future__ import annotations

from html import escape
from typing import Any

import numpy as np
import streamlit as st

from fmnist_core import head
from fmnist_core.errors import LabError, PictureError
from fmnist_core.images import from_drawing
from fmnist_core.images.opening import MAX_FILE_BYTES
from fmnist_core.new_classes import MOST_EXAMPLES, NewClasses, OwnClass
from fmnist_core.wording import count, how_sure
from pages.shared import chrome, looks, services, session
from pages.shared.bars import probability_bars
from pages.shared.gallery import gallery
from pages.shared.pad import drawing_pad
from pages.shared.waiting import answered
from pages.views import predict_answers

_TOKEN, _UPLOADS, _FEATURES = "lab.new.pad", "lab.new.uploads", "lab.new.features"


def show(chosen: NewClasses) -> None:
    _work(chosen.id)
    _files(chosen)


@st.fragment
def _work(name: str) -> None:
    """A fragment, so that a stroke costs one prediction and nothing else."""
    chosen = services.own_classes().get(name)
    left, middle, right = st.columns([4, 4, 5], gap="large")
    with left:
        pad = drawing_pad("new-classes", token=f"{name}.{st.session_state.get(_TOKEN, 0)}")
        drawn = None if pad.empty else from_drawing(pad.pixels).picture
        _add_buttons(chosen, drawn)
    with right:
        _examples(chosen)
    with middle, chrome.explained(), answered():
        _answer(chosen, drawn)


def _add_buttons(chosen: NewClasses, drawn: np.ndarray | None) -> None:
    looks.caption("Draw one, then say what it is. Or only draw, and see what the network says.")
    with st.container(horizontal=True):
        for number, each in enumerate(chosen.classes):
            if st.button(
                f"It is: {each.name}", key=f"lab.new.add.{number}", disabled=drawn is None
            ):
                assert drawn is not None
                _add(chosen, number, [session.pictures().save(drawn)])
                st.session_state[_TOKEN] = st.session_state.get(_TOKEN, 0) + 1
                st.rerun()  # the download below has something new to offer, too


def _add(chosen: NewClasses, number: int, refs: list[str]) -> None:
    try:
        now = services.own_classes().get(chosen.id)  # others may have added some meanwhile
        changed = now.with_examples(number, (*now.classes[number].pictures, *refs))
        services.own_classes().save(changed)
    except LabError as error:
        session.warn(str(error))


def _examples(chosen: NewClasses) -> None:
    for number, each in enumerate(chosen.classes):
        looks.section(f"{each.name} (n = {len(each.pictures)})")
        if not each.pictures:
            looks.caption("No example yet.")
            continue
        gallery(
            pictures_of(each),
            [f"Example {i + 1} of {each.name}" for i in range(len(each.pictures))],
            key=f"lab.new.examples.{chosen.id}.{number}",
            title=f"Examples of {each.name}",
            tile=48,
            on_choose=lambda place, number=number: _remove(chosen, number, place),
        )
    if chosen.n:
        looks.caption("A click on an example removes it.")


def _remove(chosen: NewClasses, number: int, place: int) -> None:
    gone = chosen.classes[number].pictures[place]
    try:
        now = services.own_classes().get(chosen.id)  # others may have added some meanwhile
        kept = list(now.classes[number].pictures)
        if gone in kept:
            kept.remove(gone)
        services.own_classes().save(now.with_examples(number, tuple(kept)))
    except LabError as error:
        session.warn(str(error))


def _answer(chosen: NewClasses, drawn: np.ndarray | None) -> None:
    if not all(each.pictures for each in chosen.classes):
        missing = [each.name for each in chosen.classes if not each.pictures]
        looks.caption(f"It needs at least one example of each class: {', '.join(missing)}.")
        return
    learned, labels = _learned(chosen)
    found = head.fit(learned, labels, len(chosen.classes))
    looks.section("What it says")
    if drawn is None:
        looks.caption("The pad is empty. Draw, and the answer follows the stroke.")
        probabilities = None
    else:
        features = services.server().features(chosen.model, drawn[np.newaxis])
        probabilities = found.probabilities(features)[0]
        st.html(f'<h2 class="lab-answer">{_said(chosen, probabilities)}</h2>')
    probability_bars(probabilities, f"lab.new.bars.{chosen.id}", chosen.names)
    looks.caption(_honest(chosen, learned, labels))


def _said(chosen: NewClasses, probabilities: np.ndarray) -> str:
    top = int(probabilities.argmax())
    return f"{escape(chosen.names[top])}, {how_sure(probabilities[top])}"


def _honest(chosen: NewClasses, learned: np.ndarray, labels: np.ndarray) -> str:
    base = f"A new output layer on {chrome.model_title(chosen.model)}, "
    base += f"learned from {count(chosen.n, 'example')}."
    judged = head.cross_validated(learned, labels, len(chosen.classes))
    if judged is None:
        return f"{base} With two of each class it can be tried on examples that it has not learned."
    return (
        f"{base} Tried on each example without having learned it: {judged.right} of {judged.n} "
        "right. So few say little about others."
    )


def _learned(chosen: NewClasses) -> tuple[np.ndarray, np.ndarray]:
    """Features and labels of all examples; each picture is asked about once."""
    known: dict[tuple[str, str], Any] = st.session_state.setdefault(_FEATURES, {})
    refs = [ref for each in chosen.classes for ref in each.pictures]
    new = [ref for ref in dict.fromkeys(refs) if (chosen.model, ref) not in known]
    if new:
        loaded = np.stack([session.pictures().load(ref) for ref in new])
        found = services.server().features(chosen.model, loaded)
        known |= {(chosen.model, ref): one for ref, one in zip(new, found, strict=True)}
    labels = [number for number, each in enumerate(chosen.classes) for _ in each.pictures]
    return np.stack([known[chosen.model, ref] for ref in refs]), np.array(labels)


def pictures_of(each: OwnClass) -> np.ndarray:
    """(n, 28, 28, 1) in [0, 1]."""
    return np.stack([session.pictures().load(ref) for ref in each.pictures])


def _files(chosen: NewClasses) -> None:
    with st.expander("Pictures or camera", key="lab.new.files", on_change="rerun") as box:
        if not box.open:
            return
        number = st.segmented_control(
            "They are",
            range(len(chosen.classes)),
            format_func=lambda number: chosen.classes[number].name,
            default=0,
            required=True,
            key=f"lab.new.file-class.{chosen.id}",
        )
        turn = st.session_state.get(_UPLOADS, 0)
        left, right = st.columns(2)
        with left:
            files = st.file_uploader(
                f"Drop pictures here, at most {MOST_EXAMPLES} of a class",
                accept_multiple_files=True,
                key=f"lab.new.upload.{turn}",
                max_upload_size=MAX_FILE_BYTES // 2**20,
            )
        with right:
            photo = st.camera_input("Or photograph one", key=f"lab.new.camera.{turn}", width=320)
        received = [*(files or []), *([photo] if photo else [])]
        if received:
            _receive(chosen, int(number or 0), received)


def _receive(chosen: NewClasses, number: int, files: list[Any]) -> None:
    refs = []
    for file in files:
        try:
            picture = predict_answers.picture_of(file.getvalue(), file.name)
            refs.append(session.pictures().save(picture))
        except PictureError as error:
            session.warn(str(error))
    _add(chosen, number, refs)
    st.session_state[_UPLOADS] = st.session_state.get(_UPLOADS, 0) + 1
    st.rerun()
