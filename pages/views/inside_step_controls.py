"""Inside, One step: which optimizer, which rate, which weight."""

from __future__ import annotations

from typing import Any

import streamlit as st

from fmnist_core.architecture import shape_text
from fmnist_core.experiment import Training
from fmnist_core.insight import Step
from fmnist_core.wording import OPTIMIZERS
from pages.shared import session

AXES = {1: ("Unit",), 2: ("Input", "Unit"), 4: ("Row", "Column", "Input channel", "Filter")}
"""What the numbers that find a weight are called."""
_OPTIMIZER, _RATE, _WEIGHTS = "lab.step.optimizer", "lab.step.rate", "lab.step.weights"
_OWN = "lab.step.own"
_INDEX = "lab.step.index."
"""Begins the names under which the chosen place in each array is kept."""
LARGEST = "The largest gradient"
LEAST_RATE, LARGEST_RATE = 1e-12, 100.0
"""Schedules end with rates that nobody would choose; a smaller one moves no weight."""


def begin(training: Training) -> None:
    """Begin with a network's own optimizer and rate, and with its largest gradient. Checkpoints
    of a run are one network, each with the rate that its schedule has come to."""
    network = session.model().partition("@")[0]
    own = st.session_state.get(_OWN)
    st.session_state[_OWN] = training.learning_rate
    if st.session_state.get("lab.step.network") == network and _RATE in st.session_state:
        if st.session_state[_RATE] == own:  # not another that was tried
            st.session_state[_RATE] = training.learning_rate
        return
    for key in [key for key in st.session_state if str(key).startswith(_INDEX)]:
        del st.session_state[key]
    st.session_state["lab.step.network"] = network
    st.session_state[_WEIGHTS] = LARGEST
    st.session_state[_OPTIMIZER] = training.optimizer
    st.session_state[_RATE] = training.learning_rate


def update(training: Training) -> Training:
    """The run's own optimizer and rate, until another is tried."""
    optimizer = st.selectbox(
        "Optimizer",
        list(OPTIMIZERS),
        format_func=OPTIMIZERS.__getitem__,
        key=_OPTIMIZER,
        persist_state="session",
        help="At first the one that this network was trained with. Nothing is trained here: "
        "a copy makes one step and is thrown away.",
        width=170,
    )
    rate = st.number_input(
        "Learning rate",
        LEAST_RATE,
        LARGEST_RATE,
        step=0.001,
        format="%g",
        key=_RATE,
        persist_state="session",
        help="How far the step goes. Make it large, and see the loss after it grow.",
        width=150,
    )
    return training.changed(optimizer=str(optimizer), learning_rate=float(rate))


def asked() -> dict[str, Any]:
    """The weight that was chosen; nothing for the one with the largest gradient."""
    path = st.session_state.get(_WEIGHTS, LARGEST)
    if path == LARGEST:
        return {}
    return {"variable": path, "index": st.session_state.get(f"{_INDEX}{path}")}


def weight(step: Step) -> None:
    shapes = {each.path: each.shape for each in step.variables}
    path = st.selectbox(
        "Weight",
        [LARGEST, *shapes],
        format_func=lambda name: f"{name}, {shape_text(shapes[name])}" if name in shapes else name,
        key=_WEIGHTS,
        persist_state="session",
        help="Which of the network's weights to follow.",
        width=260,
    )
    if path != LARGEST:
        _places(step)


def _places(step: Step) -> None:
    """Where in its array the weight is; at first where the gradient is largest."""
    shape = next(each.shape for each in step.variables if each.path == step.variable)
    names = AXES.get(len(shape), tuple(f"Axis {axis}" for axis in range(len(shape))))
    kept = f"{_INDEX}{step.variable}"
    keys = [f"lab.step.{step.variable}.{axis}" for axis in range(len(shape))]
    for name, key, size, at in zip(names, keys, shape, step.index, strict=True):
        if st.session_state.get(key) != at:
            st.session_state[key] = at
        st.number_input(
            name,
            0,
            size - 1,
            key=key,
            on_change=lambda: st.session_state.update({kept: _read(keys)}),
            help=f"0 to {size - 1:,}.",
            width=130,
        )


def _read(keys: list[str]) -> tuple[int, ...]:
    return tuple(int(st.session_state[key]) for key in keys)
