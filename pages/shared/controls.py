"""Pause, resume, one step, stop: the same buttons in the run bar and on the Train page."""

from __future__ import annotations

import time

import streamlit as st

from fmnist_core.errors import LabError
from fmnist_core.events import Status
from fmnist_core.run import Run
from fmnist_core.run_state import RunState
from fmnist_core.runs import Command
from pages.shared import running, services, session
from pages.shared.once import once

_STOPPING = "lab.stopping"
OBEYED_SECONDS = 0.25
"""How long a click waits to show what it did. A worker obeys within 100 ms; the next live update
might come a whole interval later."""


def send(run_id: str, command: Command, value: float | None = None, shown: int = 0) -> None:
    """Ask a run for something; a refusal is explained on top of the page.

    ``shown`` is the step that the visitor saw: a second click after another step is one more.
    """
    try:
        before = services.store().state(run_id).status
        backend = services.backend()
        once(
            ("send", run_id, command, value, shown), lambda: backend.command(run_id, command, value)
        )
        if command in ("pause", "resume"):
            _await_change(run_id, before)
    except LabError as error:
        session.warn(str(error))
    else:
        if command == "stop":
            st.session_state[_STOPPING] = run_id
    running.forget()


def _await_change(run_id: str, before: Status) -> None:
    deadline = time.monotonic() + OBEYED_SECONDS
    while services.store().state(run_id).status == before and time.monotonic() < deadline:
        time.sleep(0.01)


def stopping(run: Run) -> bool:
    """This visitor has pressed Stop; its evaluation takes a moment."""
    return bool(st.session_state.get(_STOPPING) == run.id)


def buttons(run: Run, state: RunState, where: str) -> None:
    """The buttons that make sense now. ``where`` keeps two sets on one page apart."""

    def button(label: str, icon: str, command: Command, text: str) -> None:
        st.button(
            label,
            icon=f":material/{icon}:",
            key=f"lab.{where}.{command}",
            help=text,
            on_click=send,
            args=(run.id, command, None, state.step),
        )

    if state.ended or stopping(run):
        return
    if state.status == "running":
        button("Pause", "pause", "pause", "Holds after the current batch. Nothing is lost.")
    if state.status == "paused":
        button("Resume", "play_arrow", "resume", "Goes on where it paused.")
        button("Step", "skip_next", "step", "One batch, then holds again.")
    button("Stop", "stop", "stop", "Ends the run and keeps what it has learned.")


def waiting_text(run: Run) -> str:
    """Why a queued run is not training yet."""
    backend = services.backend()
    if not backend.ready:
        seconds = backend.seconds_until_ready()
        if seconds is None:
            return "waiting for the engine to start"
        return f"the engine starts in about {max(1, round(seconds))} s"
    position = backend.position(run.id)
    if not position:
        return "next in the queue"
    return f"waiting: {position} before it in the queue"
