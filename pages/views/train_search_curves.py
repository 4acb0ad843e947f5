"""Train, Search: validation accuracy of every trial, epoch by epoch."""

from __future__ import annotations

from typing import Any

import streamlit as st

from fmnist_core.run_state import RunState, Trial
from pages.shared import looks

MOST = 40
"""Trials that are drawn: the newest."""


def show(state: RunState) -> None:
    newest = sorted(state.trials.values(), key=lambda trial: trial.number)[-MOST:]
    series = [one for trial in newest for one in _lines(trial, state)]
    if not series:
        return
    n = max(each.validation_n for trial in newest for each in trial.epochs)
    looks.section(f"Validation accuracy, epoch by epoch (n = {n:,})")
    palette = looks.palette()
    axis = {
        "axisLabel": {"color": palette.muted},
        "splitLine": {"lineStyle": {"color": palette.rule}},
    }
    st.echarts_chart(
        {
            "animation": False,
            "grid": {"left": 48, "right": 90, "top": 12, "bottom": 40},
            "xAxis": axis
            | {
                "type": "value",
                "name": "epoch",
                "nameLocation": "middle",
                "nameGap": 24,
                "min": 1,
                "minInterval": 1,
            },
            "yAxis": axis | {"type": "value", "scale": True, "name": "%"},
            "tooltip": {"trigger": "item"},
            "series": series,
        },
        height=260,
        key="lab.search.curves",
        alt=f"Validation accuracy of {len(newest)} trials after each epoch",
    )


def _lines(trial: Trial, state: RunState) -> list[dict[str, Any]]:
    """A line for each training; the best trial's are thick, the running one's have its name."""
    palette, best = looks.palette(), state.scored[0] if state.scored else None
    is_best, runs = best is not None and trial.number == best.number, trial.ended is None
    executions = sorted({each.execution for each in trial.epochs})
    return [
        {
            "type": "line",
            "name": f"Trial {trial.number + 1}",
            "data": [
                [each.epoch, round(100 * each.validation_accuracy, 2)]
                for each in trial.epochs
                if each.execution == execution
            ],
            "symbolSize": 5,
            "lineStyle": {"width": 3 if is_best or runs else 1},
            "color": palette.validation if is_best else palette.train if runs else palette.muted,
            "endLabel": {
                "show": (is_best or runs) and execution == executions[-1],
                "formatter": f"Trial {trial.number + 1}{'' if runs else ', best'}",
                "color": palette.ink,
            },
        }
        for execution in executions
    ]
