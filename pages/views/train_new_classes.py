"""Train, New classes: teach a trained network something else, from a few examples."""

from __future__ import annotations

import time
from datetime import datetime

import streamlit as st

from fmnist_core import models
from fmnist_core.codegen_classes import exported
from fmnist_core.errors import LabError
from fmnist_core.new_classes import FEWEST, MOST, NewClasses
from pages.shared import chrome, looks, services, session
from pages.shared.once import STARTING, once
from pages.views import train_examples

_NAMES = "lab.new.names"


def show() -> None:
    chosen = _chosen()
    if chosen is None:
        _begin()
        return
    train_examples.show(chosen)
    _footer(chosen)


def _chosen() -> NewClasses | None:
    """Those of the address."""
    name = session.classes()
    if name is None:
        return None
    try:
        return services.own_classes().get(name)
    except LabError as error:
        session.choose_classes(None)
        session.warn(str(error))
        return None


def _begin() -> None:
    left, right = st.columns([5, 7], gap="large")
    network = chrome.model_title(session.drawing_model())
    with left:
        looks.section("Teach it something new")
        looks.caption(
            f"{FEWEST} to {MOST} classes of your own, a few drawings or photos of each. The "
            f"network {network} stays as it is and only looks; a new "
            "output layer learns what its features mean for your classes."
        )
        st.text_input(
            "Names of your classes",
            placeholder="cup, star, house",
            key=_NAMES,
            help="With commas between them.",
        )
        st.button("Begin", type="primary", on_click=_create)
    with right:
        _earlier()


def _create() -> None:
    names = st.session_state[_NAMES].split(",")
    kept, model = services.own_classes(), session.drawing_model()
    try:
        step = models.resolve(model, services.store()).step
        if step is not None and "@" not in model:  # of a run that goes on learning: as it is now
            model = f"{model}@{step}"
        made = once(
            ("new classes", names), lambda: kept.create(names, model, time.time()), STARTING
        )
    except LabError as error:
        session.warn(str(error))
        return
    session.choose_classes(made.id)


def _earlier() -> None:
    found = services.own_classes().list()[:8]
    if not found:
        return
    looks.section("Taught earlier")
    for each in found:
        when = datetime.fromtimestamp(each.created).astimezone()
        st.button(
            f"{', '.join(each.names)} ({each.n} examples, {when:%d %b %H:%M})",
            key=f"lab.new.open.{each.id}",
            on_click=session.choose_classes,
            args=(each.id,),
        )


def _footer(chosen: NewClasses) -> None:
    with st.container(horizontal=True):
        st.button("Other classes", icon=":material/arrow_back:", on_click=_leave)
        if all(each.pictures for each in chosen.classes) and _can_be_exported(chosen):
            st.download_button(
                "Script, network and examples",
                lambda: _zip(chosen),
                file_name="new-classes.zip",
                mime="application/zip",
                icon=":material/download:",
                on_click="ignore",
                help="A ZIP that trains the same head in plain Keras, without the Lab.",
            )
    looks.caption("Kept on the computer that runs this app; the address opens them again.")


def _can_be_exported(chosen: NewClasses) -> bool:
    """Not where the network is gone, or sees standardised pictures, which the script has not."""
    try:
        files = models.resolve(chosen.model, services.store())
    except LabError:
        return False
    return files.experiment.data.scaling != "standardise"


def _leave() -> None:
    session.choose_classes(None)


def _zip(chosen: NewClasses) -> bytes:
    files = models.resolve(chosen.model, services.store())
    examples = {each.name: train_examples.pictures_of(each) for each in chosen.classes}
    return exported(files.experiment, files.weights, examples)
