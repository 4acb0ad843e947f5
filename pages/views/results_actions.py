"""What can be done with a run: use it, train it again with a change, delete it."""

from __future__ import annotations

import streamlit as st

from fmnist_core import models
from fmnist_core.errors import LabError, RunNotFoundError
from fmnist_core.run import Run
from pages.shared import address, services, session
from pages.views import train_one


def row(run: Run) -> None:
    """The buttons for one run."""
    with st.container(horizontal=True):
        used = session.model() == run.id
        st.button(
            "Answers now" if used else "Use this network",
            icon=":material/hub:",
            key="lab.run.use",
            disabled=used or not _has_weights(run),
            on_click=session.use_model,
            args=(run.id,),
            help="From now on it answers on Start, Inside and Predict.",
        )
        if st.button(
            "Duplicate, change one thing",
            icon=":material/content_copy:",
            key="lab.run.again",
            help="Opens Train with these settings. Change one, and compare the two.",
        ):
            train_one.edit(run.experiment, run.id)
            session.show_view("One network", on="train")
            _go("train")
        delete_button([run], "lab.run.delete")


def look_inside(run_id: str) -> None:
    """Go to Inside with this network and the pinned picture."""
    session.choose_model(run_id)
    _go("inside", view="feature-maps")


def delete_button(runs: list[Run], key: str) -> None:
    """Deletes after a second question."""
    own = [run for run in runs if not run.recorded]
    if st.button(
        "Delete",
        icon=":material/delete:",
        key=key,
        disabled=not own,
        help="Recorded runs came with the app and stay.",
    ):
        _confirm(own)


def _go(page: str, **parameters: str) -> None:
    chosen = {name: value for name, value in address.chosen().items() if name != "view"}
    st.switch_page(f"pages/{page}.py", query_params=chosen | parameters)


def pin_of(ref: str, picture: str) -> None:
    """Pin a picture of a network's data; where the chosen network has learned from others, this
    one is chosen, because a number means nothing without its data."""
    try:
        about = models.resolve(ref, services.store()).experiment.data.folder
        try:
            chosen = models.resolve(session.model(), services.store()).experiment.data.folder
        except RunNotFoundError:  # somebody has deleted it
            chosen = None
        if about != chosen:
            session.choose_model(ref)
        session.pin(picture)
    except LabError as error:
        session.warn(str(error))


def _has_weights(run: Run) -> bool:
    try:
        models.resolve(run.id, services.store())
    except LabError:
        return False
    return True


@st.dialog("Delete for good?")
def _confirm(runs: list[Run]) -> None:
    st.write("Weights, curves and reports are removed:")
    st.text("\n".join(f"{run.title} ({run.id})" for run in runs))
    with st.container(horizontal=True):
        if st.button(
            "Delete", type="primary", key="lab.delete.yes", on_click=_delete, args=(runs,)
        ):
            st.rerun()
        if st.button("Keep", key="lab.delete.no"):
            st.rerun()


def _delete(runs: list[Run]) -> None:
    """A refusal (it is still training) is explained on top of the page."""
    for run in runs:
        try:
            services.store().delete(run.id)
            if session.run() == run.id:
                session.choose_run(None)
            if session.model().partition("@")[0] == run.id:  # at whatever step of its life
                session.choose_model(models.default_model())
        except LabError as error:
            session.warn(str(error))
