"""Train, Transfer: does it help to have learned other classes before?"""

from __future__ import annotations

import streamlit as st

from fmnist_core import limits
from fmnist_core import transfer as core
from fmnist_core.codegen_transfer import transfer_script
from fmnist_core.datasets import load
from fmnist_core.errors import LabError
from fmnist_core.experiment import Experiment
from fmnist_core.presets import PRESETS
from fmnist_core.run import Run
from fmnist_core.search import values_of
from fmnist_core.transfer import CLASSIC, Transfer
from fmnist_core.wording import count
from pages.shared import looks, running, services, session, studies
from pages.views import train_transfer_live

OWN = "own"
_CHOSEN = "lab.transfer.run"


def show() -> None:
    left, wide = st.columns([3.4, 8.6], gap="large")
    with left.container(key="lab-settings"):
        transfer = _edited()
        st.button(
            "Compare",
            type="primary",
            width="stretch",
            disabled=transfer is None,
            on_click=_start,
            args=(transfer,),
        )
        if transfer is not None:
            studies.script(
                "Keras script",
                lambda: transfer_script(transfer),
                "transfer.py",
                "The same comparison in plain Keras, to run without the Lab.",
            )
    with wide:
        run = studies.chosen(services.store().transfers(), _CHOSEN, "Comparison to look at")
        if run is None:
            looks.caption(
                "Nothing compared yet. A network learns some classes well; then the others are "
                "learned from a few pictures each: by a new output layer on that network, by "
                "adjusting all of it, and from scratch. The test set stays closed."
            )
            return
        train_transfer_live.show(run)
        _afterwards(run)


def _edited() -> Transfer | None:
    """What the visitor has set. None, and why on the page, when it cannot be compared."""
    base, classes = _network(), load().class_names
    known = st.multiselect(
        "Classes it learns first",
        range(len(classes)),
        default=list(CLASSIC.known),
        format_func=lambda label: classes[label],
        key="lab.transfer.known",
        persist_state="session",
        help="The others are new to it.",
    )
    shots = st.text_input(
        "Pictures of each new class",
        ", ".join(map(str, CLASSIC.shots)),
        key="lab.transfer.shots",
        persist_state="session",
    )
    columns = st.columns(2)
    with columns[0]:
        epochs = _whole("Epochs before", "epochs", CLASSIC.base.training.epochs, 1, 50)
    with columns[1]:
        draws = _whole("Draws", "draws", CLASSIC.draws, 2, core.MAX_DRAWS)
    try:
        made = core.make(
            title=f"Transfer, {base.title or 'own network'}"[: limits.MAX_TITLE_LENGTH],
            base=base.changed(training=base.training.changed(epochs=epochs, steps=None)),
            known=tuple(known),
            shots=values_of(shots),
            draws=draws,
        )
        core.check_transfer(made)
    except LabError as error:
        st.error(str(error), icon=":material/error:")
        return None
    names = ", ".join(classes[label] for label in made.new)
    looks.caption(
        f"New: {names}. {count(made.trainings, 'training')}; those from few pictures take "
        f"{made.steps} steps each."
    )
    return made


def _network() -> Experiment:
    titles = {name: preset.title for name, preset in PRESETS.items()}
    names = [*PRESETS, OWN]
    chosen = st.selectbox(
        "Network",
        names,
        index=names.index(CLASSIC.base.preset),
        format_func=lambda name: titles.get(name, "The network of One network"),
        key="lab.transfer.network",
        persist_state="session",
    )
    return session.experiment() if chosen == OWN else PRESETS[chosen].experiment


def _whole(title: str, name: str, value: int, low: int, high: int) -> int:
    key = f"lab.transfer.{name}"
    return int(st.number_input(title, low, high, value, key=key, persist_state="session"))


def _start(transfer: Transfer, earlier: str | None = None) -> None:
    backend, owner = services.backend(), session.owner()
    studies.start(
        (transfer, earlier), lambda: backend.submit_transfer(transfer, owner, earlier), _CHOSEN
    )


def _afterwards(run: Run) -> None:
    """A comparison that was broken off can go on: no training that has ended is lost."""
    state = running.state(run)
    assert run.transfer is not None
    studies.go_on(
        state,
        "trainings",
        run.transfer.trainings - len(state.transfers),
        _start,
        run.transfer,
        run.id,
        text="The first classes are learned again; what was measured is kept.",
    )
