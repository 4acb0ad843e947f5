"""The fields of one layer, side by side; the rare ones in a popover."""

from __future__ import annotations

from typing import Any, get_args

import streamlit as st

from fmnist_core import limits
from fmnist_core.architecture import (
    Activation,
    ActivationName,
    AveragePooling2D,
    BatchNormalization,
    Conv2D,
    Dense,
    Dropout,
    Initializer,
    MaxPooling2D,
    ResidualBlock,
)
from fmnist_core.errors import ExperimentError
from pages.shared import session
from pages.views import train_setting

ACTIVATIONS = list(get_args(ActivationName))
INITIALIZERS = list(get_args(Initializer))
FIELD_WIDTH = 128
BIASES = ["zeros", "standard_normal"]
_EDITED = ", edited"


def fields(layer: Any, index: int) -> None:
    """Controls of ``architecture.layers[index]``."""
    with st.container(horizontal=True, gap="small", vertical_alignment="bottom"):
        match layer:
            case Conv2D():
                _number(layer, index, "filters", "Filters", 1, limits.MAX_FILTERS)
                _number(layer, index, "kernel_size", "Window", 1, 28)
                _number(layer, index, "strides", "Stride", 1, 28)
                _choice(layer, index, "padding", "Padding", ["valid", "same"])
                _choice(layer, index, "activation", "Activation", ACTIVATIONS)
                _more_of(layer, index)
            case Dense():
                _number(layer, index, "units", "Units", 1, limits.MAX_UNITS)
                _choice(layer, index, "activation", "Activation", ACTIVATIONS)
                _more_of(layer, index)
            case ResidualBlock():
                _number(layer, index, "filters", "Filters", 1, limits.MAX_FILTERS)
                _number(layer, index, "strides", "Stride", 1, 28)
                _number(layer, index, "momentum", "Momentum", 0.0, 0.999)
            case MaxPooling2D() | AveragePooling2D():
                _number(layer, index, "pool_size", "Window", 1, 28)
            case Dropout():
                _number(layer, index, "rate", "Share dropped", 0.0, 0.95)
            case BatchNormalization():
                _number(layer, index, "momentum", "Momentum", 0.0, 0.999)
            case Activation():
                _choice(layer, index, "activation", "Function", ACTIVATIONS)


def output_fields() -> None:
    """Controls of the last layer, which is always there."""
    path = "architecture.output"
    with st.container(horizontal=True, gap="small", vertical_alignment="center"):
        train_setting.toggle(
            f"{path}.logits", "Logits", "Off: softmax in the layer. On: softmax in the loss."
        )
        with _more("lab.output.more") as box:
            if box.open:
                names = {name: name for name in INITIALIZERS}
                train_setting.choice(
                    f"{path}.kernel_initializer", "First weights", "Keras' names.", names
                )
                biases = {name: name for name in BIASES}
                train_setting.choice(
                    f"{path}.bias_initializer", "First biases", "Usually zeros.", biases
                )
                train_setting.number(f"{path}.l2", "L2", _L2, 0, 10, step=0.0001)


def change_layers(layers: tuple[Any, ...]) -> None:
    """The same experiment with another stack. What does not fit together may stand meanwhile."""
    experiment = session.experiment()
    title = experiment.title.removesuffix(_EDITED)[: limits.MAX_TITLE_LENGTH - len(_EDITED)]
    try:
        session.set_experiment(
            experiment.changed(
                architecture=experiment.architecture.changed(layers=layers),
                title=title + _EDITED if title else "",
            )
        )
    except ExperimentError as error:
        session.warn(str(error))


def _more(key: str) -> Any:
    """A popover whose content is drawn while it is open.

    While it is closed the browser does not hear what its controls are set to: they would go on
    sending what they were last used for, and another network would get it with the next click.
    """
    return st.popover("More", key=key, on_change="rerun")


def _more_of(layer: Any, index: int) -> None:
    with _more(f"lab.layer.{index}.more") as box:
        if box.open:
            _choice(layer, index, "kernel_initializer", "First weights", INITIALIZERS)
            _choice(layer, index, "bias_initializer", "First biases", BIASES)
            _number(layer, index, "l2", "L2", 0.0, 10.0, step=0.0001)
            key = _prepare(layer, index, "use_bias")
            st.toggle(
                "Bias", key=key, on_change=_take, args=(index, "use_bias"), help=_HELP["use_bias"]
            )


def _number(
    layer: Any, index: int, field: str, label: str, low: float, high: float, step: float = 0.05
) -> None:
    value = getattr(layer, field)
    whole = isinstance(value, int)
    low, high = min(low, value), max(high, value)  # a link may go beyond what is set here
    st.number_input(
        label,
        low,
        high,
        step=1 if whole else step,
        format="%d" if whole else "%g",
        key=_prepare(layer, index, field),
        on_change=_take,
        args=(index, field),
        help=_HELP[field],
        width=FIELD_WIDTH,
    )


def _choice(layer: Any, index: int, field: str, label: str, options: list[str]) -> None:
    st.selectbox(
        label,
        options,
        key=_prepare(layer, index, field),
        on_change=_take,
        args=(index, field),
        help=_HELP[field],
        width=FIELD_WIDTH,
    )


def _prepare(layer: Any, index: int, field: str) -> str:
    # The kind is part of the key: after a move another layer's widget would be reused.
    key = f"lab.layer.{index}.{layer.kind}.{field}"
    st.session_state[key] = getattr(layer, field)
    return key


def _take(index: int, field: str) -> None:
    layers = list(session.experiment().architecture.layers)
    layer = layers[index]
    value = st.session_state[f"lab.layer.{index}.{layer.kind}.{field}"]
    try:
        layers[index] = layer.changed(**{field: value})
    except ExperimentError as error:
        session.warn(str(error))
        return
    change_layers(tuple(layers))


_L2 = "Adds this times the sum of squared weights to the loss: keeps them small."
_HELP = {
    "filters": "How many patterns it looks for; as many maps come out.",
    "kernel_size": "The window's side in pixels: 3 sees 3x3.",
    "strides": "Pixels between two positions of the window. 2 halves the picture.",
    "padding": "same: zeros around, the size stays. valid: the window stays inside.",
    "activation": "What is done to each number that comes out.",
    "units": "How many numbers come out.",
    "pool_size": "One number is kept of each window: its largest, or its mean.",
    "rate": "Switched off at random while training, so that none is relied upon.",
    "momentum": "How slowly the running mean and variance follow the batches.",
    "kernel_initializer": "How the first weights are drawn. standard_normal is far too large.",
    "bias_initializer": "Usually zeros.",
    "l2": _L2,
    "use_bias": "One more number per output, added to it.",
}
