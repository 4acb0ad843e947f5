"""The colours of the lab, for light and for dark pages: one table for figures, canvas and CSS."""

from __future__ import annotations

from dataclasses import dataclass

# Petroff's ten, colour-blind safe, in class order. Never without the class name beside them.
CLASS_COLOURS = (
    "#ffa90e",
    "#94a4a2",
    "#bd1f01",
    "#832db6",
    "#b9ac70",
    "#3f90da",
    "#92dadd",
    "#a96b59",
    "#717581",
    "#e76300",
)


@dataclass(frozen=True)
class Palette:
    """CSS colours. Colour never says anything alone: lines differ in width, marks in shape."""

    paper: str
    """The page."""
    panel: str
    """Whatever lies on the page: inputs, cards."""
    ink: str
    """Text, axes' labels, frames."""
    muted: str
    """Second-rank text; still readable (4.5 to 1) on paper and panel."""
    rule: str
    """Borders and grid lines."""
    primary: str
    """Only what can be pressed."""
    train: str
    """Training curves: thin."""
    validation: str
    """Validation curves: thick, with dots."""
    runs: tuple[str, ...]
    """When several runs share a figure, colour is the run: in the order they are handed out."""
    classes: tuple[str, ...] = CLASS_COLOURS


LIGHT = Palette(
    paper="#FBFAF7",
    panel="#F1EEE8",
    ink="#1E2530",
    muted="#5B6370",
    rule="#DCD7CC",
    primary="#6A5ACD",
    train="#1F6FB2",
    validation="#D1590F",
    runs=("#1F6FB2", "#D1590F", "#832DB6", "#717581", "#A96B59"),
)
# The two line colours are lighter here: the light page's blue has 3.4 to 1 on dark paper, and
# labels at line ends are text.
DARK = Palette(
    paper="#14171C",
    panel="#1D2229",
    ink="#E8E6E1",
    muted="#A6ADB8",
    rule="#343B45",
    primary="#6A5ACD",
    train="#5AA3E0",
    validation="#F08A45",
    runs=("#5AA3E0", "#F08A45", "#92DADD", "#B9AC70", "#94A4A2"),
)
