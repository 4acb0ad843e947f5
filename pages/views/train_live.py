"""One run as it learns: its numbers, curves, controls and what became of it."""

from __future__ import annotations

from contextlib import suppress
from html import escape
from math import inf, isclose

import streamlit as st

from fmnist_core.errors import RunNotFoundError
from fmnist_core.run import Run
from fmnist_core.run_state import RunState
from fmnist_core.schedules import rate_now
from fmnist_core.wording import duration, loss_text, percent
from pages.shared import controls, looks, running, services, session, watchers
from pages.shared.curves import live_curves

PACES = ((10.0, 0.15), (60.0, 0.5), (inf, 1.0))
"""(Seconds of training, seconds between two updates until then). An update takes a browser without
a GPU about 50 ms and the server 10, which two cores take from the training; and of a long curve
each adds less."""


def show(run: Run | None) -> None:
    """Ticks only while the run, or one that is compared with it, waits or trains."""
    learning = _learning(run)
    seconds = watchers.interval(min(learning.values())) if learning else None
    st.fragment(_live, run_every=seconds)(run, learning)


def _learning(run: Run | None) -> dict[str, float]:
    """Those of the drawn runs that wait or train, each with its pace."""
    drawn = [*([run] if run else []), *compared(run)]
    states = {each.id: running.state(each) for each in drawn}
    return {name: pace(state) for name, state in states.items() if not state.ended}


def pace(state: RunState) -> float:
    """Seconds between two updates of a run that has not ended.

    At full pace whatever answers to a click: it begins, or is paused and taken step by step.
    """
    trained = state.batches[-1].seconds if state.batches and state.status == "running" else 0.0
    return next(seconds for until, seconds in PACES if trained < until)


def _live(run: Run | None, were_learning: dict[str, float]) -> None:
    watchers.seen(session.owner())
    try:
        learning = _learning(run)
    except RunNotFoundError:
        st.rerun()  # deleted since the page was drawn, which then says so
    if learning != were_learning:
        if were_learning.keys() - learning.keys():
            running.forget()
        st.rerun()  # the whole page once more: at another pace, or without ticking at all
    state = running.state(run) if run else RunState()
    st.html(metrics_html(state))
    live_curves(run, compared(run))
    if run:
        _below(run, state)


def _below(run: Run, state: RunState) -> None:
    if not state.ended:
        st.html(progress_html(run, state))
        with st.container(horizontal=True, vertical_alignment="bottom", key="lab-controls"):
            controls.buttons(run, state, "live")
            _rate(run, state)
        return
    assert state.ending is not None
    if state.status == "failed":
        st.error(f"This run failed. {state.ending.reason}", icon=":material/error:")
    elif not run.recorded:
        looks.caption(state.ending.reason)
    looks.caption(outcome(state))
    if state.evaluated:
        st.page_link(
            "pages/results.py", label="Look at its results", icon=":material/arrow_forward:"
        )


def metrics_html(state: RunState) -> str:
    """Four numbers, each with what it was measured on."""
    batch = state.batches[-1] if state.batches else None
    epoch = state.epochs[-1] if state.epochs else None
    size = state.started.batch_size if state.started else 0
    last = f"batch {batch.step:,}, n = {size:,}" if batch else "no batch yet"
    speed = getattr(state.ending, "images_per_second", None) or state.images_per_second
    validation, note = "-", "after each epoch"
    if epoch and epoch.validation_accuracy is not None:
        validation = percent(epoch.validation_accuracy)
        note = f"epoch {epoch.epoch}, n = {epoch.validation_n:,}"
    elif state.started and not state.started.validation_n:
        note = "no validation pictures"
    rows = (
        ("Training loss", loss_text(batch.loss) if batch else "-", last),
        ("Training accuracy", percent(batch.accuracy) if batch else "-", last),
        ("Validation accuracy", validation, note),
        ("Pictures a second", f"{speed:,.0f}" if speed else "-", _time_note(state)),
    )
    cells = "".join(
        f"<div><dt>{name}</dt><dd>{value}</dd><dd class=note>{escape(text)}</dd></div>"
        for name, value, text in rows
    )
    return f'<dl class="lab-metrics" data-step="{state.step}">{cells}</dl>'


def _time_note(state: RunState) -> str:
    if seconds := getattr(state.ending, "seconds", None):
        return f"trained for {duration(seconds)}"
    if state.status == "paused":
        return "paused"
    if state.seconds_left is not None and state.status == "running":
        return f"about {duration(state.seconds_left)} left"
    return "time unknown until the first batches" if not state.ended else "not measured"


def progress_html(run: Run, state: RunState) -> str:
    """Epoch and step progress, or why there is none yet."""
    if state.status == "queued":
        return f'<p class="lab-caption">{controls.waiting_text(run).capitalize()}.</p>'
    if not state.started:
        return '<p class="lab-caption">Starting.</p>'
    started = state.started
    if controls.stopping(run):
        return '<p class="lab-caption">Stopping: it keeps what it has learned, and is judged.</p>'
    if state.step >= started.total_steps or state.evaluated:
        return (
            '<p class="lab-caption">Trained. Now it is judged on training, validation and, '
            "this once, test pictures.</p>"
        )
    within = state.step - (max(1, state.epoch) - 1) * started.steps_per_epoch
    bars = (
        ("Epoch", max(1, state.epoch), started.epochs, state.step, started.total_steps),
        ("Step", within, started.steps_per_epoch, within, started.steps_per_epoch),
    )
    text = "".join(
        f'<label><span>{name} {at:,} of {of:,}</span><progress value="{value}" max="{end}">'
        "</progress></label>"
        for name, at, of, value, end in bars
    )
    rate = rate_now(run.experiment.training, state)
    return f'<div class="lab-progress">{text}<div><span>Learning rate {rate:.3g}</span></div></div>'


def outcome(state: RunState) -> str:
    """Accuracy on every split that was evaluated, each with its n."""
    parts = [
        f"{name} {percent(state.evaluated[split].accuracy)} (n = {state.evaluated[split].n:,})"
        for split, name in (("train", "training"), ("validation", "validation"), ("test", "test"))
        if split in state.evaluated
    ]
    return f"Accuracy at the end: {', '.join(parts)}." if parts else ""


def _rate(run: Run, state: RunState) -> None:
    now = rate_now(run.experiment.training, state)
    if now is None or not state.active or controls.stopping(run):
        return
    # Streamlit forgets a widget's value on a page change.
    if st.session_state.get("lab.rate.run") != run.id or "lab.rate" not in st.session_state:
        st.session_state["lab.rate.run"] = run.id
        by_hand = [each.learning_rate for each in state.rate_changes if each.by == "visitor"]
        base = run.experiment.training.learning_rate
        st.session_state["lab.rate"] = by_hand[-1] if by_hand else base
    st.number_input(
        "New learning rate",
        1e-7,
        100.0,
        step=0.001,
        format="%g",
        key="lab.rate",
        width=150,
        help="From the next batch on; a schedule goes on from it. The curves get a mark.",
    )
    st.button(
        "Apply",
        key="lab.rate.apply",
        disabled=isclose(st.session_state["lab.rate"], now),
        on_click=lambda: controls.send(run.id, "set_learning_rate", st.session_state["lab.rate"]),
    )


def compare_picker(run: Run | None) -> None:
    """Other runs to draw behind this one."""
    others = [other for other in services.store().list() if not run or other.id != run.id]
    if not others:
        return
    labels = {other.id: running.label(other) for other in others}
    session.compare_with([name for name in session.beside() if name in labels])
    st.multiselect(
        "Compare with",
        list(labels),
        format_func=labels.get,
        key="lab.compare",
        persist_state="session",
        max_selections=session.MAX_COMPARED,
        help="Colour is then the run; thick is validation, thin is training.",
    )


def compared(run: Run | None) -> list[Run]:
    """The runs chosen to compare with, those that still exist."""
    found = []
    for name in session.beside():
        with suppress(RunNotFoundError):
            found.append(services.store().get(name))
    return [other for other in found if not run or other.id != run.id]
