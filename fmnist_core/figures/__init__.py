"""Arrays -> what a screen can draw: Plotly figures, coloured pixels, cells of a table.

Nothing here knows Streamlit; light or dark comes in as a ``Palette``.
"""

from fmnist_core.figures.charts import (
    Measured,
    accuracies,
    brightness,
    class_counts,
    pixel_histogram,
)
from fmnist_core.figures.colour import Legend, signed, viridis
from fmnist_core.figures.judging import coverage, reliability
from fmnist_core.figures.mobilenet import stage_curves
from fmnist_core.figures.searching import parallel_coordinates
from fmnist_core.figures.tables import Cell, confusion_cells, numbers_html
from fmnist_core.figures.transferring import transfer_curves

__all__ = [
    "Cell",
    "Legend",
    "Measured",
    "accuracies",
    "brightness",
    "class_counts",
    "confusion_cells",
    "coverage",
    "numbers_html",
    "parallel_coordinates",
    "pixel_histogram",
    "reliability",
    "signed",
    "stage_curves",
    "transfer_curves",
    "viridis",
]
