"""Train, MobileNetV2: features as they are computed, then every stage, as it learns."""

from __future__ import annotations

import streamlit as st

from fmnist_core import figures
from fmnist_core.evaluation import wilson
from fmnist_core.mobilenet import STAGES, UNTRAINED, MobileNet
from fmnist_core.run import Run
from fmnist_core.run_state import RunState
from fmnist_core.wording import duration, percent
from pages.shared import looks, studies
from pages.shared.plots import plot
from pages.shared.tables import table

SECONDS = 1.0


def show(run: Run) -> None:
    studies.watch(run, _draw, SECONDS)


def _draw(run: Run, state: RunState) -> None:
    study = run.mobilenet
    assert study is not None
    _numbers(run, study, state)
    studies.controls_or_failure(run, state, "run")
    if state.weights:
        origin = (
            "ImageNet, from Keras"
            if state.weights.imagenet
            else "a file that the owner of this server named"
        )
        looks.caption(
            f"MobileNetV2: {state.weights.parameters:,} parameters from {state.weights.source} "
            f"({origin}; SHA-256 {state.weights.sha256[:12]}), at {study.side} x {study.side} "
            f"pixels."
        )
        if not state.weights.trained:
            st.warning(UNTRAINED, icon=":material/warning:")
    if not state.stages:
        return
    plot(
        figures.stage_curves(state.stages, looks.palette()),
        f"lab.mobilenet.figure.{run.id}.{len(state.stages)}",
        f"Accuracy by epoch and stage; {_spoken(state)}",
    )
    _table(state)


def _numbers(run: Run, study: MobileNet, state: RunState) -> None:
    computed = list(state.features.values())
    done, n = sum(each.done for each in computed), sum(each.n for each in computed)
    cached = bool(computed) and all(each.cached for each in computed)
    seconds = sum(each.seconds for each in computed)
    took = "from an earlier run" if cached else f"computed in {duration(seconds)}"
    last = state.stages[-1] if state.stages else None
    cells = (
        ("Features", f"{done:,} of {n:,}" if computed else "-", took if computed else ""),
        (
            "Stage",
            STAGES[last.stage] if last else "-",
            f"epoch {last.epoch} of {study.epochs_of(last.stage)}" if last else "",
        ),
        (
            "Validation accuracy",
            percent(last.validation_accuracy) if last else "-",
            f"n = {last.validation_n:,}" if last else "",
        ),
        ("Status", studies.status(run, state), ""),
    )
    html = "".join(
        f"<div><dt>{name}</dt><dd>{value}</dd><dd class=note>{note}</dd></div>"
        for name, value, note in cells
    )
    st.html(f'<dl class="lab-metrics" data-epochs="{len(state.stages)}">{html}</dl>')


def _table(state: RunState) -> None:
    rows = []
    judged = {each.stage: each for each in state.judged}
    for stage, title in STAGES.items():
        mine = [each for each in state.stages if each.stage == stage]
        if not mine:
            continue
        last, test = mine[-1], judged.get(stage)
        tested, interval = "-", "-"
        if test:
            ends = wilson(round(test.accuracy * test.n), test.n)
            tested = percent(test.accuracy)
            interval = f"{100 * ends.low:.1f} to {100 * ends.high:.1f}"
        rows.append(
            (
                title,
                f"{test.trainable:,}" if test else "-",
                duration(last.seconds),
                percent(last.train_accuracy),
                percent(last.validation_accuracy),
                tested,
                interval,
            )
        )
    last = state.stages[-1]
    n = f"test, n = {state.judged[0].n:,}" if state.judged else "test not opened yet"
    looks.section("Every stage")
    looks.caption(
        f"After its last epoch: training, n = {last.train_n:,}; validation, "
        f"n = {last.validation_n:,}; {n}."
    )
    table(
        ("Stage", "Parameters that learn", "Time", "Training", "Validation", "Test", "95 %"),
        rows,
        title="Every stage",
        numbers=range(1, 7),
    )


def _spoken(state: RunState) -> str:
    best = max(state.stages, key=lambda each: each.validation_accuracy)
    return f"best {percent(best.validation_accuracy)} of validation, {STAGES[best.stage].lower()}"
