"""Results, Beat the model: label twenty hard test pictures; nothing is revealed before the last."""

from __future__ import annotations

import numpy as np
import streamlit as st

from fmnist_core import contest, models, reports
from fmnist_core.contest import Round
from pages.shared import looks, services, session
from pages.views import results_beaten

_ROUNDS = "lab.beat"
"""Session state: this visitor's round with each network."""


def show() -> None:
    files = models.resolve(session.model(), services.store())
    # The predictions in the directory are those of the final weights, not of a checkpoint.
    given = reports.test_probabilities(files.directory, session.models_dataset().test_labels)
    if given is None or files.step is not None:
        st.info(
            f"{files.title} has not been judged on the test pictures: that happens once, at the "
            "end of a run. Choose another network at the top of the page."
        )
        return
    game = _round(files.ref, given)
    if game.over:
        results_beaten.show(files, given, game)
        st.button(
            "Another 20",
            icon=":material/casino:",
            type="primary",
            key="lab.beat.again",
            on_click=_begin,
            args=(files.ref, given, game.seed + 1),
            help="Other hard pictures of the same network.",
        )
    else:
        _play(files, game)


def _round(ref: str, probabilities: np.ndarray) -> Round:
    rounds: dict[str, Round] = st.session_state.setdefault(_ROUNDS, {})
    if ref not in rounds:
        _begin(ref, probabilities, 0)
    return rounds[ref]


def _begin(ref: str, probabilities: np.ndarray, seed: int) -> None:
    """The chip at the top says what the pinned picture is: it is not asked for."""
    split, _, index = session.picture().partition(":")
    pinned = [int(index)] if split == "test" else []
    st.session_state[_ROUNDS][ref] = contest.draw(probabilities, seed, without=pinned)


def _play(files: models.ModelFiles, game: Round) -> None:
    position, n = len(game.answers), len(game.pictures)
    pool = min(contest.POOL, len(session.models_dataset().test_labels))
    above, (left, right) = st.container(), st.columns([2, 3], gap="medium")
    with right:
        # Before the picture is seen: a digit pressed at once must be for this one, not the last.
        _names(files.ref, game, position)
    with above:
        looks.section(f"Picture {position + 1} of {n}: what is it?")
        looks.caption(
            f"{n} of the {pool:,} test pictures of which {files.title} is least sure, "
            f"whether it is right or not (seed {game.seed}). Label them all; nothing is revealed "
            "before the last."
        )
        st.html(
            f'<progress class="lab-rounds" max="{n}" value="{position}" '
            f'aria-label="Pictures labelled">{position} of {n}</progress>'
        )
    with left:
        picture = session.models_dataset().test_images[game.pictures[position]]
        alt = f"Picture {position + 1} of {n}, without its name"
        st.html(looks.picture_html(picture, alt, "min(50vw, 308px)"))


def _names(ref: str, game: Round, position: int) -> None:
    """Ten buttons, the same ones for every picture, so that the keyboard stays where it is."""
    with st.container(horizontal=True, gap="small", key="lab-beat-names"):
        for label, name in enumerate(session.models_dataset().class_names):
            st.button(
                looks.plain(name),
                key=f"lab.beat.{label}",
                shortcut=str(label) if label < 10 else None,
                on_click=_answer,
                args=(ref, position, label),
            )
    st.button(
        "Back",
        icon=":material/undo:",
        key="lab.beat.back",
        type="tertiary",
        disabled=not game.answers,
        on_click=_back,
        args=(ref, position),
        help="Takes the last label back.",
    )
    looks.caption("Click a name, or press its digit.")


def _answer(ref: str, position: int, label: int) -> None:
    rounds = st.session_state[_ROUNDS]
    rounds[ref] = rounds[ref].answer(position, label)


def _back(ref: str, position: int) -> None:
    """``position`` is what the visitor saw: Streamlit may call this twice for one click."""
    rounds = st.session_state[_ROUNDS]
    if len(rounds[ref].answers) == position:
        rounds[ref] = rounds[ref].back()
