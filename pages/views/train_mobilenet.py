"""Train, MobileNetV2: a network that knows photos, under a new head."""

from __future__ import annotations

import streamlit as st

from fmnist_core import mobilenet as core
from fmnist_core.codegen_mobilenet import mobilenet_script
from fmnist_core.errors import LabError
from fmnist_core.mobilenet import SIDES, MobileNet
from pages.shared import looks, services, session, studies
from pages.views import train_mobilenet_live

_CHOSEN = "lab.mobilenet.run"
_PLAIN = MobileNet()
_KEY = "lab.mobilenet."
_TUNED = "lab.mobilenet.tune"


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
        run = studies.chosen(services.store().mobilenets(), _CHOSEN, "Run to look at")
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
    st.selectbox(
        "Picture size",
        SIDES,
        index=SIDES.index(_PLAIN.side),
        key=f"{_KEY}side",
        persist_state="session",
        help="The 28 x 28 pixels are enlarged to so many, their grey repeated as red, green and "
        "blue. Larger is slower. ImageNet weights were made for 96 and more.",
    )
    columns = st.columns(2)
    with columns[0]:
        _whole("Training pictures", "train_size", 20, 20_000, "Drawn evenly over the classes.")
        _whole("Dense units", "units", 0, 1_024, "Before the output layer. 0: none.")
    with columns[1]:
        _whole("Epochs", "epochs", 1, 100, "Of the head.")
        _whole("Seed", "seed", 0, 10_000, "Of the split, the first weights and the order.")
    tuned = st.toggle(
        "Then fine-tune",
        key=_TUNED,
        persist_state="session",
        help="The last blocks of MobileNetV2 learn, too, at a small rate. Slow without a GPU.",
    )
    if tuned:
        columns = st.columns(2)
        with columns[0]:
            _whole("Its epochs", "fine_tune_epochs", 1, 20, "Over the training pictures.", 2)
        with columns[1]:
            _whole("Last blocks", "fine_tune_blocks", 1, 16, "Of 16.")
    try:
        return _set()
    except LabError as error:
        st.error(str(error), icon=":material/error:")
        return None


def _set() -> MobileNet:
    """As the widgets are now. Raises ExperimentError."""
    names = ["side", "train_size", "units", "epochs", "seed"]
    if st.session_state[_TUNED]:
        names += ["fine_tune_epochs", "fine_tune_blocks"]
    given = {name: st.session_state.get(f"{_KEY}{name}") for name in names}
    return core.make(**{name: value for name, value in given.items() if value is not None})


def _whole(title: str, name: str, low: int, high: int, text: str, value: int | None = None) -> None:
    first = getattr(_PLAIN, name) if value is None else value
    key = f"{_KEY}{name}"
    st.number_input(title, low, high, first, key=key, persist_state="session", help=text)


def _start() -> None:
    """In a callback, where what was typed just before the click counts already."""
    backend, owner, study = services.backend(), session.owner(), _set()
    studies.start(study, lambda: backend.submit_mobilenet(study, owner), _CHOSEN)
