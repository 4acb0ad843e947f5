"""Beside an answer: is the picture like anything the network knows, and what does it know?"""

from __future__ import annotations

import numpy as np
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from fmnist_core.datasets import load
from fmnist_core.familiarity import ACCEPTED, Familiar
from fmnist_core.wording import percent
from pages.shared import acquaintance, looks, services, session
from pages.shared.gallery import gallery
from pages.views import data_facts

NEAREST = 6


def show(picture: np.ndarray, probabilities: np.ndarray, key: str, beside: DeltaGenerator) -> None:
    """Say it in the container ``beside``, and show the pictures that explain it here.

    Nothing yet while the network is still looking at known pictures: see ``watch``.
    """
    known = acquaintance.of(session.model())
    if known.familiar is None:
        if known.problem:
            looks.caption(f"Nearest training pictures cannot be shown: {known.problem}")
        return
    features = services.server().features(session.model(), picture[np.newaxis])
    with beside:
        _say(known.familiar, float(known.familiar.strangeness(features)[0]))
    _compare(picture, probabilities, known.familiar, features[0], key)


def learning() -> bool:
    """Whether the network is still looking at known pictures."""
    known = acquaintance.of(session.model())
    return known.familiar is None and not known.problem


def watch(was_learning: bool) -> None:
    """How far the looking has come; at its end the page shows what ``show`` has to say.

    ``was_learning``: what ``learning`` said before the first answer was drawn. If the looking has
    ended since, all is drawn again: what came first does not say yet what it is unlike.

    Not for the inside of a fragment: one that ticks there writes to places which the outer one,
    run again by a stroke, has just given to others.
    """
    if was_learning:
        _wait()


def strange(pictures: list[np.ndarray]) -> np.ndarray:
    """Which pictures (28, 28, 1) are unlike all others: bool (n,), all False until it is known."""
    familiar = acquaintance.of(session.model()).familiar
    if familiar is None or familiar.limit is None:
        return np.zeros(len(pictures), bool)
    features = services.server().features(session.model(), np.stack(pictures))
    return familiar.strangeness(features) > familiar.limit


def _say(familiar: Familiar, strangeness: float) -> None:
    limit, n = familiar.limit, len(familiar.usual)
    if limit is None:
        looks.caption("This run kept no validation pictures: how familiar this is, is not known.")
        return
    rank = f"Stranger than {percent(familiar.rank(strangeness))} of {n:,} validation pictures."
    if strangeness > limit:
        st.warning(
            "**Unlike anything I was trained on.** The bars only say which class is least "
            f"unlikely, not that it is one: take the answer as a guess. {rank} "
            f"It says so of {percent(1 - ACCEPTED, 0)} of the validation pictures, too.",
            icon=":material/help:",
        )
    else:
        looks.caption(f"Like what it was trained on. {rank}")


def _compare(
    picture: np.ndarray,
    probabilities: np.ndarray,
    familiar: Familiar,
    features: np.ndarray,
    key: str,
) -> None:
    data, named = load(), int(probabilities.argmax())
    name = data.class_names[named]
    indices = familiar.nearest(features, NEAREST)
    labels = [data.class_names[label] for label in data.train_labels[indices]]
    looks.section("What it knows that is nearest")
    mean = data_facts.means()[named]
    pictures = np.stack([picture[:, :, 0], mean, *(data.train_images[indices] / 255)])
    captions = ["Your picture", f"Mean {name}", *labels]
    gallery(
        pictures.astype(np.float32),
        ["Your picture", f"Mean of {name}, training", *(f"Training, {each}" for each in labels)],
        key=f"lab.known.{key}",
        title="Your picture, the mean of its class and the nearest training pictures",
        captions=captions,
        tile=96,
    )
    agree = labels.count(name)
    looks.caption(
        f"The mean {name} of the training set, and the {NEAREST} nearest of "
        f"{len(familiar.features):,} training pictures: nearest in the direction of the features "
        f"that the output layer is given, not in pixels. {agree} of {NEAREST} are {name}. What "
        "your picture has and these do not have is what the network has never learned to read."
    )


@st.fragment(run_every=0.5)
def _wait() -> None:
    if not learning():
        st.rerun()
    known = acquaintance.of(session.model())
    st.progress(
        known.done / known.total,
        f"Looking at known pictures with this network, once: {known.done:,} of {known.total:,}. "
        "Then it can say whether yours is like any of them.",
    )
