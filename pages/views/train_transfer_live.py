"""Train, Transfer: accuracies over the number of labelled pictures, as they come."""

from __future__ import annotations

import csv
import io
from dataclasses import asdict

import streamlit as st

from fmnist_core import figures
from fmnist_core import transfer as core
from fmnist_core.run import Run
from fmnist_core.run_state import RunState
from fmnist_core.transfer import METHODS, Point, Transfer
from fmnist_core.wording import count, duration, percent
from pages.shared import looks, studies
from pages.shared.plots import plot
from pages.shared.tables import table

SECONDS = 1.0


def show(run: Run) -> None:
    studies.watch(run, _draw, SECONDS)


def _draw(run: Run, state: RunState) -> None:
    transfer = run.transfer
    assert transfer is not None
    _numbers(run, transfer, state)
    studies.controls_or_failure(run, state, "comparison")
    found = core.points(state.transfers)
    if not found:
        return
    if said := core.verdict(state.transfers):
        st.html(f'<p class="lab-number">{said}</p>')
    plot(
        figures.transfer_curves(found, 1 / len(transfer.new), looks.palette()),
        f"lab.transfer.figure.{run.id}.{len(state.transfers)}",
        f"Accuracy on new classes, by way and number of labelled pictures; {_spoken(found)}",
    )
    looks.caption(
        "Means over the draws, with 95 % intervals (Student's t). All ways learn from the same "
        "pictures. Dotted: a guess."
    )
    _table(found)
    if state.ended:
        _download(run, found)


def _numbers(run: Run, transfer: Transfer, state: RunState) -> None:
    before = state.pretrained
    learned = f"validation, n = {before.n:,}" if before else studies.status(run, state)
    cells = (
        (
            "First classes",
            percent(before.accuracy) if before else "-",
            learned,
        ),
        ("Time for them", duration(before.seconds) if before else "-", ""),
        (
            "Trainings",
            f"{len(state.transfers):,} of {transfer.trainings:,}",
            studies.status(run, state),
        ),
    )
    html = "".join(
        f"<div><dt>{name}</dt><dd>{value}</dd><dd class=note>{note}</dd></div>"
        for name, value, note in cells
    )
    st.html(f'<dl class="lab-metrics" data-trainings="{len(state.transfers)}">{html}</dl>')


def _table(found: list[Point]) -> None:
    looks.section(f"Every way (validation, n = {max(point.n for point in found):,})")
    table(
        ("Way", "Pictures of each class", "Right", "95 % interval", "Draws", "Time of one"),
        [
            (
                METHODS[point.method],
                f"{point.shots:,}",
                percent(point.accuracy),
                f"{100 * point.low:.1f} to {100 * point.high:.1f}" if point.draws > 1 else "-",
                str(point.draws),
                f"{point.seconds:.1f} s",
            )
            for point in found
        ],
        title="Every way to learn the new classes",
        numbers=range(1, 6),
    )


def _spoken(found: list[Point]) -> str:
    best = max(found, key=lambda point: point.accuracy)
    pictures = count(best.shots, "picture")
    return f"best {percent(best.accuracy)} with {pictures}, {METHODS[best.method].lower()}"


def _download(run: Run, found: list[Point]) -> None:
    buffer = io.StringIO()
    writer = csv.DictWriter(buffer, list(asdict(found[0])))
    writer.writeheader()
    writer.writerows(asdict(point) for point in found)
    st.download_button(
        "Table (CSV)",
        buffer.getvalue(),
        file_name=f"{run.id}.csv",
        mime="text/csv",
        icon=":material/download:",
        on_click="ignore",
    )
