"""Keeps the browser's address in step with what the visitor has chosen.

It holds ``view``, ``model``, ``picture``, ``experiment``, ``run``, ``beside`` (the runs compared
with it on Train), ``compared`` (those on Results) and ``classes``, so a link opened in another
browser shows the same. Session state leads and the address follows; only a value that this session
did not write itself (a link, Back) is read. A bad one is explained, not obeyed.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import streamlit as st

from fmnist_core import settings
from fmnist_core.errors import LabError
from pages.shared import session, watchers

LATE = 1.0
"""Seconds in which a browser that was busy may still send the address as it was before."""
clock = time.monotonic


@dataclass(frozen=True)
class _Written:
    """What this session last made the address say."""

    page: str = ""
    values: dict[str, str] = field(default_factory=dict)
    before: tuple[tuple[float, dict[str, str]], ...] = ()
    """What it said until when, by ``clock``; ``LATE`` seconds of it."""

    def knows(self, name: str, value: str) -> bool:
        """Whether this is no wish of the visitor: it was written here, now or just before.

        Two quick clicks are two messages: the second can leave the browser before it has heard
        what the first changed. Taken for Back, it would undo the first.
        """
        recent = (values for until, values in self.before if clock() - until < LATE)
        return any(value == values.get(name) for values in (self.values, *recent))

    def then(self, page: str, values: dict[str, str]) -> _Written:
        """After this session made the address say something else."""
        now = clock()
        recent = tuple(each for each in self.before if now - each[0] < LATE)
        return _Written(page, values, (*recent, (now, self.values)))


def read(page: str) -> None:
    """Adopt what a link or Back asks for; called first in every run of the script."""
    session.enter(page)
    watchers.seen(session.owner())
    written = _written()
    same_page = written.page == page
    adopted: dict[str, str] = {}
    for name, adopt in _ADOPT.items():
        value = st.query_params.get(name)
        known = written.knows(name, value) if value is not None else True
        if value is None or (known and (same_page or name != "view")):
            continue
        try:
            adopt(value)
        except LabError as error:
            what = "run to compare with" if name in ("beside", "compared") else name
            session.warn(f"The address asks for a {what} that is not there. {error}")
        adopted[name] = value
    # Last, because Streamlit may interrupt a script at any access to the session's state.
    values = written.values | adopted
    st.session_state["lab.written"] = replace(written, page=page, values=values)


def chosen() -> dict[str, str]:
    """What is chosen, as query parameters; also for ``st.switch_page``."""
    wanted = {
        "view": st.session_state.get("lab.view"),
        "model": session.chosen_model(),
        "picture": session.picture(),
        "experiment": settings.to_link(session.experiment()),
        "run": session.run(),
        "beside": ",".join(session.beside()) or None,
        "compared": ",".join(session.side_by_side() or []) or None,
        "classes": session.classes(),
    }
    return {name: value for name, value in wanted.items() if value is not None}


def write() -> None:
    """Make the address say what is chosen; called last in every run of the script."""
    wanted = chosen()
    for name in _ADOPT.keys() - wanted.keys():
        if name in st.query_params:
            del st.query_params[name]
    if any(st.query_params.get(name) != value for name, value in wanted.items()):
        st.query_params.update(wanted)
    written = _written()
    if written.values != wanted:
        st.session_state["lab.written"] = written.then(session.page(), wanted)


def _written() -> _Written:
    found = st.session_state.get("lab.written")
    return found if isinstance(found, _Written) else _Written()


_ADOPT: dict[str, Callable[[str], Any]] = {
    "view": session.show_view,
    "model": session.choose_model,
    "picture": session.pin,
    "experiment": lambda link: session.set_experiment(settings.from_link(link)),
    "run": session.choose_run,
    "beside": lambda ids: session.compare_with(ids.split(",")),
    "compared": lambda ids: session.compare_side_by_side(ids.split(",")),
    "classes": session.choose_classes,
}
