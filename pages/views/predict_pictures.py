"""Predict, Pictures: one file or many; all answers first, the steps of one on a click."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import numpy as np
import streamlit as st

from fmnist_core.errors import PictureError
from fmnist_core.images.opening import MAX_FILE_BYTES
from fmnist_core.wording import count, how_sure
from pages.shared import looks, session
from pages.shared.gallery import gallery
from pages.shared.waiting import answered
from pages.views import predict_answers, predict_detail, predict_known

MOST_BYTES = 64 * 2**20
"""Of all files that a session keeps while it visits other pages."""
NAMED = 3
"""Files of those that were left out."""
MANY = 8
"""Files that are read without saying how far it is."""
_KEPT, _CHOSEN, _LEFT_OUT = "lab.uploads", "lab.uploads.chosen", "lab.uploads.left_out"


@dataclass(frozen=True, eq=False)
class File:
    name: str
    data: bytes

    @property
    def digest(self) -> str:
        return hashlib.sha256(self.data).hexdigest()[:12]


def show() -> None:
    predict_answers.who()
    uploaded = st.file_uploader(
        "Drop pictures here",
        accept_multiple_files=True,
        key="lab.uploader",
        max_upload_size=MAX_FILE_BYTES // 2**20,
        on_change=_received,
        help="One thing per picture: JPEG, PNG, WebP, GIF, BMP or TIFF. They stay on the "
        "computer that runs this app.",
    )
    files: list[File] = st.session_state.get(_KEPT, [])
    if not (files or st.session_state.get(_LEFT_OUT)):
        looks.caption(
            "They are squeezed to a square like the pictures that this network has learned from."
            if predict_answers.own_shape()
            else "A plain background works best. From a busy one the garment is cut out first; "
            "the steps below show how well that went."
        )
        return
    if not uploaded:  # they came before a visit to another page
        st.button("Forget these pictures", on_click=_forget, key="lab.uploads.forget")
    with answered():
        readable = _readable(files)
        if not readable:
            return
        probabilities = predict_answers.predict([picture for _, picture in readable])
        chosen = min(st.session_state.get(_CHOSEN, 0), len(readable) - 1)
        learning = predict_known.learning()
        if len(readable) > 1:
            _sheet(readable, probabilities, chosen)
            if learning:
                looks.caption(
                    "The network is still finding out which of them are unlike all it knows."
                )
        file = readable[chosen][0]
        looks.section(file.name)
        predict_detail.show(file.data, file.name, file.digest, learning)


def _received() -> None:
    """Keep the files themselves: the uploader forgets them when the page changes."""
    kept: list[File] = []
    left_out: list[str] = []
    free = MOST_BYTES
    for upload in st.session_state["lab.uploader"] or []:
        if upload.size <= free:
            free -= upload.size
            kept.append(File(upload.name, upload.getvalue()))
        else:
            left_out.append(upload.name)
    _keep(kept, left_out)


def _forget() -> None:
    _keep([], [])


def _keep(files: list[File], left_out: list[str]) -> None:
    st.session_state.update({_KEPT: files, _LEFT_OUT: left_out, _CHOSEN: 0})


def _readable(files: list[File]) -> list[tuple[File, np.ndarray]]:
    """The files that are pictures, prepared; the others get a sentence each."""
    readable, problems = [], []
    own = predict_answers.own_shape()
    progress = st.empty()
    for number, file in enumerate(files):
        if len(files) > MANY:
            progress.progress(number / len(files), f"Reading {number + 1:,} of {len(files):,}")
        try:
            readable.append((file, predict_answers.picture_of(file.data, file.name, own)))
        except PictureError as error:
            problems.append(str(error))
    progress.empty()
    if left_out := st.session_state.get(_LEFT_OUT):
        problems.append(_too_many(left_out))
    if problems:
        others = f"\n\n{_read(len(readable))}" if readable else ""
        text = "\n\n".join(looks.plain(problem) for problem in problems)
        st.error(text + others, icon=":material/error:")
    return readable


def _too_many(left_out: list[str]) -> str:
    names = ", ".join(left_out[:NAMED])
    more = len(left_out) - NAMED
    return (
        f"{names}{f' and {more:,} more' if more > 0 else ''} left out: {MOST_BYTES // 2**20} MB "
        "are read at a time. Drop the others next."
    )


def _sheet(readable: list[tuple[File, np.ndarray]], probabilities: np.ndarray, chosen: int) -> None:
    names = session.models_dataset().class_names
    said, sure = probabilities.argmax(axis=1), probabilities.max(axis=1)
    pictures = [picture for _, picture in readable]
    unlike = predict_known.strange(pictures)
    answers_of = [
        f"{names[s]} {how_sure(p)}{', unlike all it knows' if strange else ''}"
        for s, p, strange in zip(said, sure, unlike, strict=True)
    ]
    gallery(
        np.stack(pictures),
        [f"{file.name}: {text}" for (file, _), text in zip(readable, answers_of, strict=True)],
        key="lab.uploads.sheet",
        title="Your pictures as the network sees them",
        captions=[
            f"{text}\n{file.name}" for (file, _), text in zip(readable, answers_of, strict=True)
        ],
        tile=96,
        on_choose=lambda i: st.session_state.update({_CHOSEN: i}),
        selected=chosen,
    )
    looks.caption(f"{count(len(readable), 'picture')}. Click one to see its steps below.")


def _read(n: int) -> str:
    return "The other one was read." if n == 1 else f"The other {n:,} were read."
