"""Loss and accuracy of one or several runs, live: own canvas, redrawn in place."""

from __future__ import annotations

import json
import threading
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import takewhile

import streamlit as st

from fmnist_core.curves import StepSeries, curves
from fmnist_core.run import Run
from fmnist_core.run_state import RunState
from fmnist_core.wording import loss_text, percent
from pages.shared import address, looks, replay, services

KEPT_RUNS = 64
_OPENED = "lab.replay.opened"
_lock = threading.Lock()
_runs: OrderedDict[tuple[int, str], _Followed] = OrderedDict()
_component = st.components.v2.component(
    "fmnist_lab_curves",
    html="<div><canvas role='img' tabindex='0'></canvas></div>",
    css=looks.component_text("curves.css"),
    js="\n".join(looks.component_text(name) for name in ("axes.js", "zoom.js", "curves.js")),
)


def live_curves(run: Run | None, others: Sequence[Run] = (), key: str = "curves") -> None:
    """Loss and accuracy side by side (one above the other on a phone), with a shared crosshair.

    A click on a step opens Inside with the run as it was then.

    Args:
        run: drawn in full; None draws empty axes.
        others: ghosts to compare with; as soon as there is one, colour is the run.
        key: keep it the same, and the zoom stays as long as the run does.
    """
    runs = ([run] if run else []) + list(others)
    colours = looks.palette().runs
    heads = []
    for index, (each, name) in enumerate(zip(runs, line_names(runs), strict=True)):
        colour = colours[index % len(colours)] if len(runs) > 1 else None
        heads.append({"title": name, "ghost": each is not run, "colour": colour})
    drawn = ",".join(_drawn(each, services.store().state(each.id)) for each in runs)
    kept = run is not None and len(services.store().state(run.id).checkpoints) > 1
    about = {"run": run.id if run else "", "summary": _summary(run), "replay": kept}
    head = json.dumps({"heads": heads, **about})

    def chosen() -> None:
        step = st.session_state[key].get("step")
        if run and isinstance(step, int) and replay.open_at(run, step):
            st.session_state[_OPENED] = True

    # Bytes, because Streamlit writes the JSON of anything else twice.
    data = f'{{"head":{head},"drawn":[{drawn}]}}'.encode()
    _component(key=key, data=data, on_step_change=chosen)
    if st.session_state.pop(_OPENED, False):
        chosen = {name: value for name, value in address.chosen().items() if name != "view"}
        st.switch_page("pages/inside.py", query_params=chosen)


@dataclass
class _Followed:
    """A run's steps, read once for all who watch, and what is drawn of them since it ended."""

    series: StepSeries = field(default_factory=StepSeries)
    final: str | None = None


def _drawn(run: Run, state: RunState) -> str:
    """The curves of a run as JSON."""
    key = (id(services.store()), run.id)
    with _lock:
        followed = _runs.setdefault(key, _Followed())
        _runs.move_to_end(key)
        while len(_runs) > KEPT_RUNS:
            _runs.popitem(last=False)
        if followed.final:
            return followed.final
        followed.series.extend(state)
        drawn = json.dumps(curves(state, followed.series))
        if state.ended:
            followed.final = drawn
        return drawn


def line_names(runs: Sequence[Run]) -> list[str]:
    """What stands at the lines' ends: short. Of titles that begin alike, what tells them apart."""
    names = [run.title for run in runs]
    beginnings = [name.split(", ")[0] for name in names]
    for beginning in set(beginnings):
        alike = [i for i, each in enumerate(beginnings) if each == beginning]
        for i, name in zip(alike, _apart([names[i] for i in alike]), strict=True):
            names[i] = name
    return [
        _short(name if names.count(name) == 1 else f"{_clock(run)} {name}")
        for name, run in zip(names, runs, strict=True)
    ]


def _apart(titles: list[str]) -> list[str]:
    """Titles without what all begin with; of one that says no more, its last part."""
    parts = [title.split(", ") for title in titles]
    if len(parts) == 1:
        return titles
    shared = takewhile(lambda column: len(set(column)) == 1, zip(*parts, strict=False))
    count = len(list(shared))
    return [", ".join(each[count:] or each[-1:]) for each in parts]


def _clock(run: Run) -> str:
    return f"{datetime.fromtimestamp(run.created).astimezone():%H:%M}"


def _short(title: str, length: int = 18) -> str:
    return title if len(title) <= length else title[: length - 1] + "…"


def _summary(run: Run | None) -> str:
    """For those who cannot see the curves."""
    if run is None:
        return "Loss and accuracy: nothing trained yet."
    state = services.store().state(run.id)
    if not state.batches:
        return f"Loss and accuracy of {run.title}: no batch yet."
    last = state.batches[-1]
    text = (
        f"Loss and accuracy of {run.title} at step {last.step:,}: training loss "
        f"{loss_text(last.loss)}, training accuracy {percent(last.accuracy)} of this batch"
    )
    if state.epochs and (accuracy := state.epochs[-1].validation_accuracy) is not None:
        number, n = state.epochs[-1].epoch, state.epochs[-1].validation_n
        text += f"; validation accuracy {percent(accuracy)} after epoch {number} (n = {n:,})"
    return text + "."
