"""Plotly figures that stand still. Curves of a running network are drawn elsewhere."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from textwrap import wrap
from typing import Any

import numpy as np
import numpy.typing as npt
import plotly.graph_objects as go

from fmnist_core.palette import Palette

SERIF = '"Source Serif", Georgia, serif'
SANS = '"Source Sans", "Helvetica Neue", sans-serif'
"""The fonts that Streamlit brings along, as the pages use them."""
FOLDED = 24
"""Characters of a name in one line."""
ROW = 26
"""Height of one line of a chart that has a line per class or run."""


@dataclass(frozen=True)
class Measured:
    """An accuracy in [0, 1] with its interval, as one line of a chart."""

    name: str
    accuracy: float
    low: float
    high: float
    n: int
    published: float | None = None
    """What somebody else reported for the same network."""


def class_counts(
    train: npt.NDArray[np.int64],
    test: npt.NDArray[np.int64],
    names: Sequence[str],
    palette: Palette,
) -> go.Figure:
    """Bars: how many pictures each class has, in training and in test. Counts are int64 (k,)."""
    figure = go.Figure()
    for split, counts, colour in (("Training", train, palette.train), ("Test", test, palette.ink)):
        figure.add_bar(
            y=list(names),
            x=counts,
            name=split,
            orientation="h",
            marker_color=colour,
            text=[f"{count:,}" for count in counts],
            textposition="inside",
            textfont={"size": 11, "color": palette.paper},
            constraintext="none",
            hovertemplate="%{y}: %{x:,} pictures<extra>" + split + "</extra>",
        )
    title = f"Pictures per class (n = {train.sum():,} training, {test.sum():,} test)"
    style(figure, palette, title, height=90 + ROW * len(names))
    figure.update_layout(barmode="group", bargap=0.25)
    show_legend(figure)
    figure.update_xaxes(title="pictures", tickformat=",")
    figure.update_yaxes(autorange="reversed")
    return figure


def brightness(
    images: npt.NDArray[np.uint8],
    labels: npt.NDArray[np.uint8],
    names: Sequence[str],
    palette: Palette,
    split: str,
) -> go.Figure:
    """Boxes: the mean brightness (0-255) of each picture, by class.

    ``images`` are (n, h, w). A box holds the middle half of the pictures, its whiskers 90 %.
    """
    means = images.reshape(len(images), -1).mean(axis=1)
    figure = go.Figure()
    for label, (name, colour) in enumerate(zip(names, palette.classes, strict=False)):
        chosen = means[labels == label]
        if not len(chosen):
            continue
        low, q1, median, q3, high = np.percentile(chosen, [5, 25, 50, 75, 95])
        figure.add_box(
            y=[name],
            q1=[q1],
            median=[median],
            q3=[q3],
            lowerfence=[low],
            upperfence=[high],
            name=name,
            orientation="h",
            marker_color=colour,
            line_width=1.5,
        )
    title = f"Mean brightness of a picture ({split}, n = {len(images):,})"
    style(figure, palette, title, height=80 + ROW * len(names))
    figure.update_xaxes(title="mean of the 784 pixels, 0-255", rangemode="tozero")
    figure.update_yaxes(autorange="reversed")
    return figure


def pixel_histogram(
    values: npt.NDArray[np.floating[Any]], palette: Palette, title: str
) -> go.Figure:
    """Bars: how often each of 32 ranges of numbers occurs among ``values`` (any shape)."""
    counts, edges = np.histogram(values, bins=32)
    figure = go.Figure(
        go.Bar(
            x=(edges[:-1] + edges[1:]) / 2,
            y=counts,
            width=np.diff(edges),
            marker_color=palette.train,
            customdata=np.stack([edges[:-1], edges[1:]], axis=1),
            hovertemplate="%{customdata[0]:.3g} to %{customdata[1]:.3g}: %{y} pixels"
            "<extra></extra>",
        )
    )
    style(figure, palette, title, height=130)
    figure.update_layout(bargap=0)
    figure.update_yaxes(title="pixels", type="log", dtick=1)
    return figure


def accuracies(measured: Sequence[Measured], palette: Palette, title: str) -> go.Figure:
    """Dots with whiskers: each accuracy in percent with its interval; a cross where published."""
    figure = go.Figure()
    names = [_folded(each.name) for each in measured]
    percent = np.array([each.accuracy for each in measured]) * 100
    figure.add_scatter(
        x=percent,
        y=names,
        mode="markers",
        name="ours",
        marker={"size": 9, "color": palette.ink},
        error_x={
            "type": "data",
            "symmetric": False,
            "array": np.array([each.high for each in measured]) * 100 - percent,
            "arrayminus": percent - np.array([each.low for each in measured]) * 100,
            "color": palette.ink,
            "thickness": 1.5,
        },
        customdata=[[each.low * 100, each.high * 100, each.n] for each in measured],
        hovertemplate="%{y}: %{x:.2f} %, 95 % interval %{customdata[0]:.2f} to "
        "%{customdata[1]:.2f} %, n = %{customdata[2]:,}<extra></extra>",
    )
    published = [each for each in measured if each.published is not None]
    if published:
        figure.add_scatter(
            x=[100 * (each.published or 0) for each in published],
            y=[_folded(each.name) for each in published],
            mode="markers",
            name="published",
            marker={"size": 9, "symbol": "x-thin", "line": {"width": 2, "color": palette.ink}},
            hovertemplate="%{y}: %{x:.2f} % published<extra></extra>",
        )
    style(figure, palette, title, height=100 + 1.5 * ROW * len(measured))
    if published:
        show_legend(figure)
    figure.update_xaxes(title="accuracy, %")
    figure.update_yaxes(autorange="reversed")
    return figure


def _folded(name: str) -> str:
    """A long name in several lines, so that the picture beside it keeps its room on a phone."""
    return "<br>".join(escape(line) for line in wrap(name, FOLDED))


def show_legend(figure: go.Figure) -> None:
    """Under the title, where there is room for it on a phone too."""
    figure.update_layout(
        showlegend=True,
        legend={"orientation": "h", "x": 0, "xanchor": "left", "y": 1, "yanchor": "bottom"},
        margin_t=68,
        height=figure.layout.height + 24,
    )


def style(figure: go.Figure, palette: Palette, title: str, height: float) -> None:
    """The notebook's looks: transparent, serif title, thin rules, nothing that shouts."""
    figure.update_layout(
        template="none",
        title={
            "text": title,
            "font": {"family": SERIF, "size": 16},
            "x": 0,
            "xref": "container",
            "xanchor": "left",
        },
        font={"family": SANS, "color": palette.ink, "size": 13},
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
        height=height,
        margin={"l": 8, "r": 16, "t": 44, "b": 8},
        showlegend=False,
        hoverlabel={
            "bgcolor": palette.panel,
            "bordercolor": palette.rule,
            "font": {"color": palette.ink},
        },
        dragmode=False,
    )
    axis = dict.fromkeys(("gridcolor", "linecolor", "zerolinecolor"), palette.rule)
    figure.update_xaxes(**axis, automargin=True, title_font_size=13)
    figure.update_yaxes(**axis, automargin=True, title_font_size=13, showgrid=False)
