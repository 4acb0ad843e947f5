"""How far a head came on pixels, on MobileNetV2's features, and after fine-tuning."""

from __future__ import annotations

from collections.abc import Sequence

import plotly.graph_objects as go

from fmnist_core.events import StageEpochEnded
from fmnist_core.figures.charts import show_legend, style
from fmnist_core.mobilenet import STAGES
from fmnist_core.palette import Palette


def stage_curves(stages: Sequence[StageEpochEnded], palette: Palette) -> go.Figure:
    """Validation accuracy of each stage over its epochs; training thin."""
    figure = go.Figure()
    n = stages[-1].validation_n if stages else 0
    colours = dict(zip(STAGES, palette.runs, strict=False))
    for stage, title in STAGES.items():
        mine = [each for each in stages if each.stage == stage]
        if not mine:
            continue
        for name, width, values in (
            ("training", 1, [100 * each.train_accuracy for each in mine]),
            ("validation", 3, [100 * each.validation_accuracy for each in mine]),
        ):
            figure.add_scatter(
                x=[each.epoch for each in mine],
                y=values,
                mode="lines+markers" if width > 1 else "lines",
                name=title,
                showlegend=width > 1,
                line={"color": colours[stage], "width": width},
                hovertemplate=f"{title}, epoch %{{x}}: {name} accuracy %{{y:.1f}} %<extra></extra>",
            )
    style(figure, palette, f"Accuracy (thick: validation, n = {n:,}; thin: training)", 380)
    show_legend(figure)
    figure.update_xaxes(title="epoch", tickformat="d", rangemode="tozero")
    figure.update_yaxes(title="right, %", showgrid=True)
    return figure
