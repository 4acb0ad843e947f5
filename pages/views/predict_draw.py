"""Predict, Draw: the answer follows the stroke. A pasted picture takes the pad's place."""

from __future__ import annotations

import streamlit as st

from fmnist_core.architecture import shape_text
from fmnist_core.errors import PictureError
from fmnist_core.images import Options, from_drawing
from pages.shared import chrome, looks, session
from pages.shared.pad import PadResult, drawing_pad
from pages.shared.waiting import answered
from pages.views import predict_answers, predict_known
from pages.views.predict_overrides import overrides

_PASTED = "lab.pasted"


def show() -> None:
    predict_answers.who()
    if own := predict_answers.own_shape():
        st.info(
            f"This network has learned from photos of your own ({shape_text(own)}), not from "
            "drawings. Give it one under Pictures or Camera, or choose another network above."
        )
        return
    _draw()
    predict_known.watch(predict_known.learning())


@st.fragment
def _draw() -> None:
    """A fragment, so that a stroke costs one prediction and nothing else."""
    ref = session.picture()
    left, middle, right = st.columns([4, 3, 5], gap="large")
    below = st.container()
    with left:
        pad = drawing_pad("predict", session.pictures().load(ref), token=ref)
        looks.caption("Draw with mouse, finger or pen. Paste a picture with Ctrl+V.")
        with st.expander("Overrule the program"):
            options = overrides("draw")
    with middle, chrome.explained(), answered():
        prepared, pasted = _prepared(pad, options)
        if prepared is None:
            looks.caption("The pad is empty. Draw a garment: a filled shape is easier than lines.")
            with right:
                predict_answers.bars(None, "lab.draw.bars")
            return
        probabilities = predict_answers.predict([prepared.picture])[0]
        predict_answers.verdict(prepared.picture, probabilities)
        _buttons(prepared, pasted)
        with right:
            predict_answers.bars(probabilities, "lab.draw.bars")
            beside = st.container()
        with below:
            looks.section("What happened to it on the way")
            predict_answers.steps(prepared)
            predict_known.show(prepared.picture, probabilities, "draw", beside)


def _prepared(pad: PadResult, options: Options) -> tuple[predict_answers.Shown | None, bool]:
    """The picture that is judged, None for an empty pad; and whether it was pasted."""
    kept = st.session_state.get(_PASTED)
    if pad.pasted:
        st.session_state[_PASTED] = kept = pad.pasted, pad.pixels.tobytes()
    if kept and kept[1] == pad.pixels.tobytes():
        try:
            return predict_answers.from_file(kept[0], "The pasted picture", options), True
        except PictureError:
            st.session_state.pop(_PASTED)  # said once; then the pad is back
            raise
    st.session_state.pop(_PASTED, None)
    if pad.empty:
        return None, False
    return predict_answers.shown(from_drawing(pad.pixels, options)), False


def _buttons(prepared: predict_answers.Shown, pasted: bool) -> None:
    with st.container(horizontal=True):
        # The chip above must change too, so this leaves the fragment.
        if st.button(
            "Pin", icon=":material/push_pin:", key="lab.draw.pin", help=predict_answers.PIN_HELP
        ):
            session.pin(session.pictures().save(prepared.picture))
            st.rerun()
        if pasted and st.button("Back to the pad", key="lab.draw.back"):
            st.session_state.pop(_PASTED, None)
            st.rerun(scope="fragment")
