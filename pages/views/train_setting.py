"""One setting, one control: its value lives in the experiment, never in the widget."""

from __future__ import annotations

from typing import Any

import streamlit as st

from fmnist_core.errors import ExperimentError
from fmnist_core.experiment import Experiment
from fmnist_core.values import Value
from pages.shared import session

_REFUSED = "lab.refused"


def value_at(value: Any, path: str) -> Any:
    for name in path.split("."):
        value = getattr(value, name)
    return value


def replaced(value: Value, path: str, new: Any) -> Any:
    """A copy of ``value`` with what is at the dotted ``path`` replaced.

    Raises:
        ExperimentError: the new value does not fit.
    """
    head, _, rest = path.partition(".")
    return value.changed(**{head: replaced(getattr(value, head), rest, new) if rest else new})


def put(path: str, new: Any) -> None:
    """Change a setting of the experiment, or explain beside its control why not."""
    st.session_state.pop(_REFUSED, None)
    try:
        chosen = replaced(session.experiment(), path, new)
        assert isinstance(chosen, Experiment)
        session.set_experiment(chosen)
    except ExperimentError as error:
        st.session_state[_REFUSED] = path, str(error)


def explain_refusal(path: str) -> None:
    """Below a control: why its last change was refused."""
    refused_path, message = st.session_state.get(_REFUSED, ("", ""))
    if refused_path == path:
        st.error(message)


def number(path: str, label: str, text: str, low: float, high: float, **options: Any) -> None:
    """A number input; whole numbers where the setting is one."""
    key = _prepare(path)
    value = value_at(session.experiment(), path)
    whole = isinstance(value, int)
    cast = int if whole else float
    low, high = min(low, value), max(high, value)  # a link may go beyond what is set here
    if not whole:
        options = {"format": "%g", "step": 0.1} | options
    st.number_input(
        label,
        cast(low),
        cast(high),
        key=key,
        help=text,
        on_change=_take,
        args=(path, key),
        **options,
    )
    explain_refusal(path)


def choice(path: str, label: str, text: str, names: dict[Any, str]) -> None:
    """A select box; ``names`` gives each value's words."""
    key = _prepare(path)
    options = list(names)
    current = value_at(session.experiment(), path)
    if current not in names:
        options.append(current)
    st.selectbox(
        label,
        options,
        format_func=lambda value: names.get(value, str(value)),
        key=key,
        help=text,
        on_change=_take,
        args=(path, key),
    )
    explain_refusal(path)


def toggle(path: str, label: str, text: str) -> None:
    key = _prepare(path)
    st.toggle(label, key=key, help=text, on_change=_take, args=(path, key))
    explain_refusal(path)


def optional(path: str, label: str, text: str, default: Any) -> bool:
    """A switch between None and ``default``. Returns whether the setting is on."""
    key = f"set.{path}.on"
    st.session_state[key] = value_at(session.experiment(), path) is not None

    def switched() -> None:
        put(path, default if st.session_state[key] else None)

    st.toggle(label, key=key, help=text, on_change=switched)
    explain_refusal(path)
    return value_at(session.experiment(), path) is not None


def _prepare(path: str) -> str:
    key = f"set.{path}"
    st.session_state[key] = value_at(session.experiment(), path)
    return key


def _take(path: str, key: str) -> None:
    put(path, st.session_state[key])
