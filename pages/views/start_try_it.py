"""Draw and see: the pad, and ten bars that follow the stroke."""

from __future__ import annotations

from html import escape

import numpy as np
import streamlit as st

from fmnist_core.datasets import FASHION_MNIST, load
from fmnist_core.errors import EngineBusyError
from fmnist_core.images import from_drawing, prepare_bytes
from fmnist_core.pictures import PictureStore
from fmnist_core.wording import how_sure
from pages.shared import chrome, looks, services, session
from pages.shared.bars import probability_bars
from pages.shared.pad import PadResult, drawing_pad

SAMPLE = "test:0"
RETRY_SECONDS = 1.0
_PASTED = "lab.try.pasted"


def show() -> None:
    """Pad and bars side by side; asks again by itself while the engine starts."""
    waiting = not services.backend().ready
    st.fragment(_pad_and_answer, run_every=RETRY_SECONDS if waiting else None)(waiting)


def _pad_and_answer(was_waiting: bool) -> None:
    if was_waiting and services.backend().ready:
        st.rerun()
    pad_column, bars_column = st.columns([3.6, 5], gap="medium")
    with pad_column:
        pad = _pad()
    with bars_column, chrome.explained():
        _answer(pad)


def _pad() -> PadResult:
    pasted: list[np.ndarray] = st.session_state.setdefault(_PASTED, [])
    start = pasted[-1] if pasted else PictureStore(services.store().root).load(SAMPLE)
    pad = drawing_pad("start-pad", start, token=str(len(pasted)))
    if pad.pasted is not None:
        with chrome.explained():
            separate = services.server().separate
            prepared = prepare_bytes(pad.pasted, "The pasted picture", separate=separate)
            pasted.append(prepared.picture)
            st.rerun(scope="fragment")
    sample = "An ankle boot" if load().name == FASHION_MNIST else "A picture"
    shown = "The picture that you pasted" if pasted else f"{sample} of the test set"
    looks.caption(f"{shown}. Draw on it, or clear it and draw your own.")
    return pad


def _answer(pad: PadResult) -> None:
    name = chrome.model_title(session.drawing_model())
    probabilities, names = None, session.drawing_classes()
    headline, note = "An empty pad", "Draw a garment: outline first, then fill it."
    if not pad.empty:
        headline, note = "...", f"Answered by {name}."
        picture = _picture(pad)
        try:
            probabilities = services.server().predict(session.drawing_model(), picture[None])[0]
            top = escape(names[int(probabilities.argmax())])
            headline = f"{top}, {how_sure(probabilities.max())}"
        except EngineBusyError:
            seconds = services.backend().seconds_until_ready()
            note = "The engine is starting." + (f" About {seconds:.0f} s." if seconds else "")
    st.html(f'<h2 class="lab-answer">{headline}</h2><p class="lab-caption">{escape(note)}</p>')
    probability_bars(probabilities, "start-bars", names)


def _picture(pad: PadResult) -> np.ndarray:
    """What the network sees, (28, 28, 1): a dataset's picture is as it should be already."""
    if pad.drawn:
        return from_drawing(pad.pixels).picture
    return (pad.pixels[..., None] / 255).astype(np.float32)
