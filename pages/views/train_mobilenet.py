"""Train, MobileNetV2: a network that knows photos, under a new head."""

from __future__ import annotations

import streamlit as st

from fmnist_core import mobilenet as core
from fmnist_core.codegen_mobilenet import mobilenet_script
from fmnist_core.errors import LabError
from fmnist_core.mobilenet import SIDES, MobileNet
from pages.shared import looks, session, studies
from pages.views import train_mobilenet_live

_CHOSEN = "lab.mobilenet.run"
_PLAIN = MobileNet()


def show() -> None:
    left, wide = st.columns([3.4, 8.6], gap="large")
    with left.container(key="lab-settings"):
        study = _edited()
        if study and (said := core.missing(study.side)):
            st.warning(said, icon=":material/download:")
        st.button(
            "Train",
            type="primary",
            width="stretch",
            disabled=study is None,
            on_click=_start,
            args=(study,),
            key="lab.mobilenet.start",
        )
        if study is not None:
            studies.script(
                "Keras script",
                lambda: mobilenet_script(study),
                "mobilenet.py",
                "The same in plain Keras, to run without the Lab.",
            )
    with wide:
        run = studies.chosen(session.store().mobilenets(), _CHOSEN, "Run to look at")
        if run is None:
            looks.caption(
                "Nothing trained yet. MobileNetV2 has learned to tell a thousand things in photos "
                "apart. Without its output layer it turns any picture into 1,280 numbers, its "
                "features; a new head learns clothes from these. The same head on the bare pixels "
                "shows what they bring. The test set is opened once, at the end."
            )
            return
        train_mobilenet_live.show(run)


def _edited() -> MobileNet | None:
    """What the visitor has set. None, and why on the page, when it does not fit."""
    side = st.selectbox(
        "Picture size",
        SIDES,
        key="lab.mobilenet.side",
        persist_state="session",
        help="The 28 x 28 pixels are enlarged to so many, their grey repeated as red, green and "
        "blue. Larger is slower, and seldom better here.",
    )
    columns = st.columns(2)
    with columns[0]:
        size = _whole("Training pictures", "train_size", 20, 20_000, "Drawn evenly over classes.")
        units = _whole("Dense units", "units", 0, 1_024, "Before the output layer. 0: none.")
    with columns[1]:
        epochs = _whole("Epochs", "epochs", 1, 100, "Of the head.")
        seed = _whole("Seed", "seed", 0, 10_000, "Of the split, the first weights and the order.")
    tuned = st.toggle(
        "Then fine-tune",
        key="lab.mobilenet.tune",
        persist_state="session",
        help="The last blocks of MobileNetV2 learn, too, at a small rate. Slow without a GPU.",
    )
    fine = {}
    if tuned:
        columns = st.columns(2)
        with columns[0]:
            fine["fine_tune_epochs"] = _whole("Its epochs", "fine_tune_epochs", 1, 20, "", 2)
        with columns[1]:
            fine["fine_tune_blocks"] = _whole("Last blocks", "fine_tune_blocks", 1, 16, "Of 16.")
    try:
        return core.make(side=side, train_size=size, units=units, epochs=epochs, seed=seed, **fine)
    except LabError as error:
        st.error(str(error), icon=":material/error:")
        return None


def _whole(title: str, name: str, low: int, high: int, text: str, value: int | None = None) -> int:
    return int(
        st.number_input(
            title,
            low,
            high,
            getattr(_PLAIN, name) if value is None else value,
            key=f"lab.mobilenet.{name}",
            persist_state="session",
            help=text or None,
        )
    )


def _start(study: MobileNet) -> None:
    backend, owner = session.backend(), session.owner()
    studies.start(study, lambda: backend.submit_mobilenet(study, owner), _CHOSEN)
