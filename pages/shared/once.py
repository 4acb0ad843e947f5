"""One click acts once, though Streamlit may deliver it twice."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar

import streamlit as st

Result = TypeVar("Result")
SECONDS = 0.3
"""The same again within this time is the second half of a double click, or an echo."""
STARTING = 1.5
"""The same for what starts a training: nobody means to start the same twice in so short a time."""
_LAST = "lab.once"
_finding = threading.Lock()
"""Both threads find the same ``_Last``, in a session that has done nothing yet too."""


@dataclass
class _Last:
    """The last thing done in this browser session."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    what: object = None
    result: Any = None
    ended: float = 0.0


def once(
    what: object,
    act: Callable[[], Result],
    seconds: float = SECONDS,
    clock: Callable[[], float] = time.monotonic,
) -> Result:
    """What ``act`` returns; or what it has returned, if the same ``what`` was done just now.

    For callbacks. When a live update arrives in the same moment, Streamlit calls the callback
    anew in another thread, and breaks the first off at its next access to the session's state.
    So whatever must not happen twice goes into ``act``, which must not touch that state; what
    follows in the callback is done again. What raised may be tried again at once.
    """
    with _finding:
        last: _Last = st.session_state.setdefault(_LAST, _Last())
    with last.lock:
        if what != last.what or clock() - last.ended >= seconds:
            last.result = act()
            last.what, last.ended = what, clock()
        result: Result = last.result
        return result
