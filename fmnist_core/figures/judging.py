"""Plotly figures that judge a network: is it as right as it is sure, and when should it answer?"""

from __future__ import annotations

from collections.abc import Sequence

import plotly.graph_objects as go
from plotly.subplots import make_subplots

from fmnist_core.calibration import Answered, Calibration
from fmnist_core.figures.charts import style
from fmnist_core.palette import Palette
from fmnist_core.wording import how_sure


def reliability(measured: Calibration, palette: Palette) -> go.Figure:
    """Dots with Wilson whiskers: how often answers are right against how sure they were; below,
    bars: how many pictures each bin holds. On the dashed line both are equal."""
    figure = make_subplots(rows=2, cols=1, row_heights=[0.72, 0.28], vertical_spacing=0.06)
    figure.add_scatter(
        x=[0, 100],
        y=[0, 100],
        mode="lines",
        line={"color": palette.muted, "width": 1, "dash": "dash"},
        hoverinfo="skip",
        name="as right as sure",
        row=1,
        col=1,
    )
    filled = [each for each in measured.bins if each.n]
    shares = [100 * each.accuracy for each in filled]
    figure.add_scatter(
        x=[100 * each.sure for each in filled],
        y=shares,
        mode="lines+markers",
        name="accuracy",
        line={"color": palette.ink, "width": 1.5},
        marker={"size": 8, "color": palette.ink},
        error_y={
            "type": "data",
            "symmetric": False,
            "array": [100 * each.interval.high - y for each, y in zip(filled, shares, strict=True)],
            "arrayminus": [
                y - 100 * each.interval.low for each, y in zip(filled, shares, strict=True)
            ],
            "color": palette.ink,
            "thickness": 1.5,
        },
        customdata=[
            [
                *(100 * share for share in (each.low, each.high, *each.interval)),
                each.n,
                how_sure(each.sure, 1),
            ]
            for each in filled
        ],
        hovertemplate="%{customdata[0]:.0f} to %{customdata[1]:.0f} % sure, on average "
        "%{customdata[5]}<br>right: %{y:.1f} % (%{customdata[2]:.1f} to %{customdata[3]:.1f}), "
        "n = %{customdata[4]:,}<extra></extra>",
        row=1,
        col=1,
    )
    figure.add_bar(
        x=[50 * (each.low + each.high) for each in measured.bins],
        y=[each.n for each in measured.bins],
        text=[f"{each.n:,}" for each in measured.bins],
        textposition="outside",
        textfont={"size": 10},
        cliponaxis=False,
        constraintext="none",
        textangle=0,
        marker_color=palette.muted,
        hovertemplate="%{x:.0f} % sure (middle of the bin): %{y:,} pictures<extra></extra>",
        row=2,
        col=1,
    )
    title = f"Calibration (test, {len(measured.bins)} bins, n = {measured.n:,})"
    style(figure, palette, title, height=420)
    figure.update_layout(bargap=0.1)
    figure.update_xaxes(range=[0, 101], dtick=20)
    figure.update_xaxes(showticklabels=False, row=1, col=1)
    figure.update_xaxes(title="how sure of its answer, %", row=2, col=1)
    figure.update_yaxes(range=[0, 102], dtick=20, title="right, %", showgrid=True, row=1, col=1)
    figure.update_yaxes(title="pictures", showticklabels=False, row=2, col=1)
    return figure


def coverage(curve: Sequence[Answered], chosen: Answered, palette: Palette) -> go.Figure:
    """A line: how often a network is right on the pictures that it answers, the surest first,
    within its Wilson interval; a dot where ``chosen`` is."""
    across = [100 * each.coverage for each in curve]
    intervals = [each.interval for each in curve]
    figure = go.Figure()
    figure.add_scatter(
        x=[*across, *reversed(across)],
        y=[100 * each.high for each in intervals]
        + [100 * each.low for each in reversed(intervals)],
        fill="toself",
        fillcolor=palette.rule,
        line_width=0,
        opacity=0.7,
        mode="lines",
        hoverinfo="skip",
        name="95 % interval",
    )
    figure.add_scatter(
        x=across,
        y=[100 * each.accuracy for each in curve],
        mode="lines",
        line={"color": palette.ink, "width": 2},
        name="accuracy",
        customdata=[[how_sure(each.threshold, 1), each.n] for each in curve],
        hovertemplate="answers %{x:.1f} % (n = %{customdata[1]:,}), those at least "
        "%{customdata[0]} sure<br>right: %{y:.2f} %<extra></extra>",
    )
    if chosen.n:
        figure.add_scatter(
            x=[100 * chosen.coverage],
            y=[100 * chosen.accuracy],
            mode="markers",
            name="chosen",
            marker={
                "size": 13,
                "color": palette.paper,
                "line": {"width": 3, "color": palette.ink},
            },
            hoverinfo="skip",
        )
    style(figure, palette, f"Accuracy when only sure (test, n = {chosen.total:,})", height=420)
    figure.update_xaxes(range=[0, 101], dtick=20, title="pictures that it answers, %")
    figure.update_yaxes(title="right of those, %", showgrid=True)
    return figure
