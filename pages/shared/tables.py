"""Small tables of words and numbers, which scroll by themselves on a phone."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

import streamlit as st

from pages.shared import looks


def table(
    head: Sequence[str],
    rows: Sequence[Sequence[str]],
    *,
    title: str,
    numbers: Sequence[int] = (),
    last: bool = False,
) -> None:
    """Show ``rows`` of plain text; the first cell of each is its heading.

    Args:
        head: names of the columns.
        title: what it is, for screen readers.
        numbers: columns that are aligned as numbers.
        last: the last row is the result.
    """
    style = looks.component_text("tables.css")
    heads = "".join(f'<th scope="col">{escape(name)}</th>' for name in head)
    lines = []
    for row in rows:
        first, *others = row
        cells = "".join(
            f'<td class="{"number" if at in numbers else ""}">{escape(cell)}</td>'
            for at, cell in enumerate(others, start=1)
        )
        mark = ' class="last"' if last and row is rows[-1] else ""
        lines.append(f'<tr{mark}><th scope="row">{escape(first)}</th>{cells}</tr>')
    st.html(
        f"<style>{style}</style><div class='lab-table' tabindex='0' role='group' "
        f"aria-label='{escape(title)}'><table><thead><tr>{heads}</tr></thead>"
        f"<tbody>{''.join(lines)}</tbody></table></div>"
    )
