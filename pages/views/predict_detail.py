"""One photo or file in full: overrides, answer, and every step."""

from __future__ import annotations

import streamlit as st

from fmnist_core.images import Options
from pages.shared import chrome, looks
from pages.shared.waiting import answered
from pages.views import predict_answers, predict_known
from pages.views.predict_overrides import overrides


def show(data: bytes, name: str, key: str, was_learning: bool = False) -> None:
    """``key`` keeps the overrides of several pictures apart; ``was_learning`` is for
    ``predict_known.watch``, if answers were drawn before this one."""
    left, middle, right = st.columns([5, 3, 5], gap="large")
    own = predict_answers.own_shape()
    with left:
        if own:
            looks.caption(
                "This network has learned from pictures of your own: a new one is squeezed as "
                "they were, and nothing else is done to it."
            )
        options = Options() if own else overrides(key)
    with chrome.explained(), answered():
        if own:
            prepared = predict_answers.own_file(data, name, own)
        else:
            prepared = predict_answers.from_file(data, name, options)
        was_learning = was_learning or predict_known.learning()
        probabilities = predict_answers.predict([prepared.picture])[0]
        with middle:
            predict_answers.verdict(prepared.picture, probabilities)
            predict_answers.pin_button(prepared.picture, f"lab.pin.{key}")
        with right:
            predict_answers.bars(probabilities, "lab.detail.bars")
            beside = st.container()
        looks.section("What happened to it on the way")
        predict_answers.steps(prepared)
        predict_known.show(prepared.picture, probabilities, key, beside)
        predict_known.watch(was_learning)
