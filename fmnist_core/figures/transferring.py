"""What transfer brings, over the number of labelled pictures."""

from __future__ import annotations

from collections.abc import Sequence

import plotly.graph_objects as go

from fmnist_core.figures.charts import show_legend, style
from fmnist_core.palette import Palette
from fmnist_core.transfer import METHODS, Point
from fmnist_core.wording import count

SYMBOLS = {"frozen": "circle", "unfrozen": "square", "scratch": "diamond"}


def transfer_curves(points: Sequence[Point], chance: float, palette: Palette) -> go.Figure:
    """Accuracy of each way over labelled pictures of a class, with 95 % intervals.

    Args:
        chance: accuracy of a guess, in [0, 1]: the dotted line.
    """
    figure = go.Figure()
    colours = dict(zip(METHODS, palette.runs, strict=False))
    for method, title in METHODS.items():
        mine = [point for point in points if point.method == method]
        if not mine:
            continue
        figure.add_scatter(
            x=[point.shots for point in mine],
            y=[100 * point.accuracy for point in mine],
            mode="lines+markers",
            name=title.partition(",")[0],  # short, so that all stand in one line on a phone
            line={"color": colours[method], "width": 2},
            marker={"size": 9, "symbol": SYMBOLS[method]},
            error_y={
                "type": "data",
                "symmetric": False,
                "array": [100 * (point.high - point.accuracy) for point in mine],
                "arrayminus": [100 * (point.accuracy - point.low) for point in mine],
                "thickness": 1.5,
            },
            customdata=[[100 * p.low, 100 * p.high, p.draws, p.n, p.seconds] for p in mine],
            hovertemplate="%{x} of each class: %{y:.1f} % (%{customdata[0]:.1f} to "
            "%{customdata[1]:.1f}), %{customdata[2]} draws, n = %{customdata[3]:,}, "
            "%{customdata[4]:.1f} s each<extra>" + title + "</extra>",
        )
    shots = sorted({point.shots for point in points})
    n = max((point.n for point in points), default=0)
    draws = max((point.draws for point in points), default=0)
    style(figure, palette, f"New classes (validation, n = {n:,}, {count(draws, 'draw')})", 400)
    show_legend(figure)
    figure.add_hline(100 * chance, line={"color": palette.muted, "dash": "dot", "width": 1})
    figure.update_xaxes(
        type="log",
        title="labelled pictures of each new class",
        tickvals=shots,
        ticktext=[f"{each:,}" for each in shots],
    )
    figure.update_yaxes(title="right, %", showgrid=True)
    return figure
