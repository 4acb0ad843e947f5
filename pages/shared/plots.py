"""Plotly figures that stand still, and the legends of coloured pictures."""

from __future__ import annotations

from html import escape

import plotly.graph_objects as go
import streamlit as st

from fmnist_core.figures import Legend


def plot(figure: go.Figure, key: str, alt: str) -> None:
    """A figure as it was made: its own colours and fonts, no toolbar."""
    st.plotly_chart(figure, theme=None, key=key, alt=alt, config={"displayModeBar": False})


def legend(scale: Legend, text: str) -> None:
    """The colours of a scale between the numbers at its ends, and what they mean."""
    st.html(
        f'<div class="lab-legend"><span>{scale.low:.3g}</span>'
        f'<i style="background:{scale.gradient}"></i>'
        f"<span>{scale.high:.3g}</span><span>{escape(text)}</span></div>"
    )
