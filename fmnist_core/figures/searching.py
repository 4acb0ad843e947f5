"""What a search has tried, as parallel coordinates."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import plotly.graph_objects as go

from fmnist_core.figures.charts import SANS
from fmnist_core.palette import Palette

Tried = Sequence[tuple[Mapping[str, int | float | str], float]]
"""(setting -> value, score in [0, 1]) of each trial."""


def parallel_coordinates(
    space: Mapping[str, tuple[str, Sequence[int | float | str]]], tried: Tried, palette: Palette
) -> go.Figure:
    """A line per trial across an axis per setting, to its validation accuracy.

    Axes can be brushed and moved. Values stand at equal distances, whatever they are.

    Args:
        space: setting -> (title, its values in order).
    """
    scores = [100 * score for _, score in tried]
    axes: list[dict[str, Any]] = [
        {
            "label": title,
            "values": [list(values).index(chosen[setting]) for chosen, _ in tried],
            "tickvals": list(range(len(values))),
            "ticktext": [f"{v:g}" if isinstance(v, int | float) else v for v in values],
            "range": [-0.1, len(values) - 0.9],
        }
        for setting, (title, values) in space.items()
    ]
    axes.append({"label": "Validation accuracy, %", "values": scores, "tickformat": ".1f"})
    figure = go.Figure(
        go.Parcoords(
            dimensions=axes,
            line={
                "color": scores,
                "colorscale": [[0, palette.rule], [1, palette.validation]],
                "showscale": False,
            },
            labelfont={"color": palette.ink, "size": 13},
            tickfont={"color": palette.ink, "size": 12},
            rangefont={"color": "rgba(0,0,0,0)"},
        )
    )
    figure.update_layout(
        height=340,
        margin={"l": 70, "r": 70, "t": 50, "b": 20},
        paper_bgcolor=palette.paper,
        plot_bgcolor=palette.paper,
        font={"family": SANS, "color": palette.ink},
    )
    return figure
