"""The layer editor: every layer with its fields, shape, parameters and multiply-adds."""

from __future__ import annotations

from typing import Any

import streamlit as st

from fmnist_core import limits
from fmnist_core.architecture import LAYER_TYPES, Architecture, Flatten, shape_text
from fmnist_core.errors import ArchitectureError
from fmnist_core.experiment import Experiment, training_memory
from fmnist_core.summary import LayerRow, summarise
from pages.shared import looks, session
from pages.shared.once import once
from pages.views.train_layer_fields import change_layers, fields, output_fields

COLUMNS = [2.3, 5.5, 1.4, 1.3, 1.5, 2.4]


def editor() -> None:
    """The stack from the picture to its classes."""
    architecture = session.experiment().architecture
    rows, mistake = facts(architecture)
    with st.container(key="lab-layers"):
        _heading()
        for index in range(len(architecture.layers)):
            _layer(architecture, index, rows[index] if index < len(rows) else None)
            if mistake and mistake.layer == index:
                st.error(str(mistake), icon=":material/error:")
        _output(architecture, rows[-1] if not mistake else None)
        if mistake and mistake.layer is None:
            st.error(str(mistake), icon=":material/error:")
        _add(len(architecture.layers))
        if not mistake:
            looks.caption(totals(session.experiment()))


def facts(architecture: Architecture) -> tuple[list[LayerRow], ArchitectureError | None]:
    """The rows of all layers that fit (and of the output), and the first mistake."""
    try:
        return list(summarise(architecture).rows), None
    except ArchitectureError as error:
        good = len(architecture.layers) if error.layer is None else error.layer
        # Flatten makes any stack that fits so far a whole one.
        prefix = architecture.changed(layers=(*architecture.layers[:good], Flatten()))
        return list(summarise(prefix).rows[:good]), error


def totals(experiment: Experiment) -> str:
    """Parameters, multiply-adds and memory in one sentence. Raises ArchitectureError."""
    summary = summarise(experiment.architecture)
    fixed = summary.parameters - summary.trainable_parameters
    text = f"{summary.parameters:,} parameters"
    if fixed:
        text += f" ({fixed:,} of them not trained)"
    memory = training_memory(experiment, summary) / 1e6
    batch = experiment.training.batch_size
    return (
        f"{text}; {summary.multiply_adds:,} multiply-adds for one picture; training needs about "
        f"{memory:,.0f} MB with batches of {batch}."
    )


def _heading() -> None:
    names = ("Layer", "Settings", "Output shape", "Parameters", "Multiply-adds", "")
    for column, name in zip(st.columns(COLUMNS), names, strict=True):
        with column:
            looks.caption(name)


def _layer(architecture: Architecture, index: int, row: LayerRow | None) -> None:
    layer = architecture.layers[index]
    cells = st.columns(COLUMNS, vertical_alignment="center")
    cells[0].markdown(f"{index + 1}. **{layer.kind}**")
    with cells[1]:
        fields(layer, index)
    _facts(cells[2:5], row)
    last = len(architecture.layers) - 1
    with cells[5].container(horizontal=True, gap="small"):
        _button("arrow_upward", "up", index, -1, disabled=index == 0)
        _button("arrow_downward", "down", index, 1, disabled=index == last)
        st.button(
            "",
            icon=":material/close:",
            key=f"lab.layer.{index}.remove",
            help=f"Remove layer {index + 1}",
            on_click=_remove,
            args=(last + 1, index),
        )


def _output(architecture: Architecture, row: LayerRow | None) -> None:
    cells = st.columns(COLUMNS, vertical_alignment="center")
    cells[0].markdown(f"**Dense {architecture.output_units}**, output")
    with cells[1]:
        output_fields()
    _facts(cells[2:5], row)


def _facts(cells: list[Any], row: LayerRow | None) -> None:
    texts = ("?", "?", "?")
    if row:
        texts = (shape_text(row.output_shape), f"{row.parameters:,}", f"{row.multiply_adds:,}")
    for cell, text in zip(cells, texts, strict=True):
        cell.html(f'<span class="lab-number">{text}</span>')


def _button(icon: str, way: str, index: int, by: int, disabled: bool) -> None:
    st.button(
        "",
        icon=f":material/{icon}:",
        key=f"lab.layer.{index}.move{by}",
        help=f"Move layer {index + 1} {way}",
        disabled=disabled,
        on_click=_move,
        args=(index, by),
    )


def _add(n: int) -> None:
    with st.container(horizontal=True, vertical_alignment="bottom", width=420):
        st.selectbox(
            "Add a layer",
            list(LAYER_TYPES),
            key="lab.layer.kind",
            persist_state="session",
            help="It goes to the end; move it up from there.",
        )
        st.button("Add", icon=":material/add:", key="lab.layer.add", on_click=_append, args=(n,))


# Streamlit may call a callback twice for one click: each is told how many layers there were.


def _append(n: int) -> None:
    layers = session.experiment().architecture.layers
    if len(layers) >= limits.MAX_LAYERS:
        session.warn(f"A stack holds at most {limits.MAX_LAYERS} layers.")
    elif len(layers) == n:
        change_layers((*layers, LAYER_TYPES[st.session_state["lab.layer.kind"]]()))


def _remove(n: int, index: int) -> None:
    layers = session.experiment().architecture.layers
    if len(layers) == n:
        change_layers(layers[:index] + layers[index + 1 :])


def _move(index: int, by: int) -> None:
    layers = list(session.experiment().architecture.layers)
    layers.insert(index + by, layers.pop(index))
    change_layers(once(("move", index, by), lambda: tuple(layers)))
