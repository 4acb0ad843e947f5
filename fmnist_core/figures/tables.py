"""Tables that are pictures: the confusion matrix, and a picture as its numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from fmnist_core.palette import Palette
from fmnist_core.wording import percent


@dataclass(frozen=True)
class Cell:
    """One cell of a confusion matrix."""

    text: str
    """The count; empty for zero, so that the eye finds what is there."""
    label: str
    """The whole sentence, for pointing at it and for screen readers."""
    fill: str
    ink: str
    count: int


def confusion_cells(
    confusion: npt.NDArray[np.integer[Any]], names: Sequence[str], palette: Palette
) -> list[list[Cell]]:
    """Cells of the matrix (k, k), rows actual, columns predicted; darker is a larger share of the
    row."""
    totals = confusion.sum(axis=1)
    return [
        [
            _cell(int(count), int(totals[actual]), names[actual], names[predicted], palette)
            for predicted, count in enumerate(row)
        ]
        for actual, row in enumerate(confusion)
    ]


def _cell(count: int, total: int, actual: str, predicted: str, palette: Palette) -> Cell:
    share = count / total if total else 0.0
    what = "right" if actual == predicted else f"taken for {predicted}"
    # The square root, so that 2 % of a row can be told from none.
    strength = 0.9 * share**0.5
    fill = mix(palette.paper, palette.ink, strength)
    return Cell(
        text=f"{count:,}" if count else "",
        label=f"{actual}, {what}: {count:,} of {total:,} ({percent(share)})",
        fill=fill,
        ink=readable_on(fill),
        count=count,
    )


def readable_on(colour: str) -> str:
    """Black or white, whichever stands out more: on any ``#rrggbb`` that is 4.5 to 1 or more."""
    channels = (int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5))
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    luminance = sum(w * c for w, c in zip((0.2126, 0.7152, 0.0722), linear, strict=True))
    # Where the contrasts to black and to white are equal.
    return "#000000" if luminance > 0.179 else "#ffffff"


def mix(first: str, second: str, share: float) -> str:
    """A colour between two ``#rrggbb`` colours: ``share`` 0 is the first, 1 the second."""
    parts = (
        round(int(first[i : i + 2], 16) * (1 - share) + int(second[i : i + 2], 16) * share)
        for i in (1, 3, 5)
    )
    return "#{:02x}{:02x}{:02x}".format(*parts)


def numbers_html(picture: npt.NDArray[np.uint8]) -> str:
    """A picture (h, w), uint8, as an HTML table: each cell is its number on its own grey."""
    rows = (
        f"<tr><th scope='row'>{y}</th>" + "".join(_number(v, x, y) for x, v in enumerate(row))
        for y, row in enumerate(picture.tolist())
    )
    head = "".join(f"<th scope='col'>{x}</th>" for x in range(picture.shape[1]))
    return f"<table><tr><td></td>{head}</tr>{''.join(rows)}</table>"


def _number(value: int, x: int, y: int) -> str:
    ink = "#fff" if value < 118 else "#000"
    return (
        f"<td style='background:rgb({value},{value},{value});color:{ink}' "
        f"title='row {y}, column {x}: {value}'>{value}</td>"
    )
