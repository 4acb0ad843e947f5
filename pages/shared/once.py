"""One click acts once: for buttons whose second push would start or end something more."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import wraps
from typing import ParamSpec

import streamlit as st

Params = ParamSpec("Params")
SECONDS = 0.3
"""After an action, the same one again is the second half of a double click, or the same click
delivered twice, which happens when a live update arrives in the same moment."""
STARTING = 1.5
"""The same for what starts a training: on a machine that is busy with the one before, the echo
comes later, and nobody means to start the same twice in a second."""
_LAST = "lab.once"


def once(
    act: Callable[Params, None],
    seconds: float = SECONDS,
    clock: Callable[[], float] = time.monotonic,
) -> Callable[Params, None]:
    """The callback ``act``, deaf to its own echo for some ``seconds`` after it has ended."""

    @wraps(act)
    def guarded(*args: Params.args, **options: Params.kwargs) -> None:
        what = (act.__module__, act.__qualname__, repr(args), repr(options))
        last, ended = st.session_state.get(_LAST, (None, 0.0))
        if what == last and clock() - ended < seconds:
            return
        act(*args, **options)
        st.session_state[_LAST] = what, clock()

    return guarded
