"""The run bar: the run in progress with its numbers and its controls, on every page."""

from __future__ import annotations

from html import escape

import streamlit as st

from fmnist_core.mobilenet import STAGES, MobileNet
from fmnist_core.run import Run
from fmnist_core.run_state import RunState
from fmnist_core.search import Search
from fmnist_core.transfer import Transfer
from fmnist_core.wording import count, duration, percent
from pages.shared import controls, running, session, watchers

SECONDS = 1.0


def show() -> None:
    """Ticks only while something waits or trains; takes no room otherwise."""
    if running.unfinished():
        st.fragment(_bar, run_every=watchers.interval(SECONDS))()


def _bar() -> None:
    watchers.seen(session.owner())
    run = running.current()
    if run is None:
        st.rerun()  # the whole page: it may show the result now, and the ticking ends
    state = running.state(run)
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="lab-run-bar"):
        st.html(f'<p class="lab-bar">{_line(run, state)}</p>', width="stretch")
        controls.buttons(run, state, "bar")


def _line(run: Run, state: RunState) -> str:
    others = len(running.unfinished()) - 1
    parts = [f"<b>{escape(run.title)}</b>", *status_parts(run, state)]
    if others:
        parts.append(f"{count(others, 'more run')} under way")
    return " · ".join(parts)


def status_parts(run: Run, state: RunState) -> list[str]:
    """What is worth knowing of an unfinished run, in a few words each."""
    if controls.stopping(run):
        return ["stopping"]
    if state.status == "queued":
        return [controls.waiting_text(run)]
    if run.search and state.started:
        return _search_parts(run.search, state)
    if run.transfer and state.started:
        return _transfer_parts(run.transfer, state)
    if run.mobilenet and state.started:
        return _mobilenet_parts(run.mobilenet, state)
    if not state.started or not state.step:
        return ["starting"]
    parts = [f"epoch {state.epoch} of {state.started.epochs}"]
    if state.epochs and state.epochs[-1].validation_accuracy is not None:
        last = state.epochs[-1]
        parts.append(
            f"validation accuracy {percent(last.validation_accuracy)} (n = {last.validation_n:,})"
        )
    if state.status == "paused":
        parts.append("paused")
    elif state.seconds_left is not None:
        parts.append(f"about {duration(state.seconds_left)} left")
    return parts


def _search_parts(search: Search, state: RunState) -> list[str]:
    ended = sum(trial.ended is not None for trial in state.trials.values())
    parts = [f"trial {min(ended + 1, search.trials)} of {search.trials}"]
    if state.scored:
        best = state.scored[0]
        n = f"n = {best.ended.validation_n:,}" if best.ended else ""
        parts.append(f"best validation accuracy {percent(best.score or 0)} ({n})")
    if state.status == "paused":
        parts.append("paused")
    return parts


def _transfer_parts(transfer: Transfer, state: RunState) -> list[str]:
    done = len(state.transfers)
    parts = [f"training {min(done + 1, transfer.trainings)} of {transfer.trainings}"]
    if state.pretrained is None:
        parts = [f"learning its first {len(transfer.known)} classes"]
    if state.status == "paused":
        parts.append("paused")
    return parts


def _mobilenet_parts(study: MobileNet, state: RunState) -> list[str]:
    if state.stages:
        last = state.stages[-1]
        parts = [
            f"{STAGES[last.stage].lower()}, epoch {last.epoch} of {study.epochs_of(last.stage)}"
        ]
    else:
        parts = ["loading MobileNetV2" if state.weights is None else "beginning"]
    computing = [each for each in state.features.values() if each.done < each.n]
    if computing:
        parts = [f"features of {computing[-1].done:,} of {computing[-1].n:,} pictures"]
    if state.status == "paused":
        parts.append("paused")
    return parts
