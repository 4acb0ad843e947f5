"""The 24 validation pictures that are judged again and again while a run learns."""

from __future__ import annotations

from functools import lru_cache
from html import escape

import streamlit as st

from fmnist_core.datasets import Dataset
from fmnist_core.events import PanelPredicted
from fmnist_core.images import to_png
from fmnist_core.run import Run
from fmnist_core.wording import how_sure
from pages.shared import chrome, looks, running, services, watchers

SECONDS = 1.0
LARGEST = 96
"""Pixels of a picture's side on the screen."""


def show(run: Run | None) -> None:
    """Ticks only while the run waits or trains."""
    live = run is not None and not running.state(run).ended
    st.fragment(_panel, run_every=watchers.interval(SECONDS) if live else None)(run)


def _panel(run: Run | None) -> None:
    judged = running.state(run).panel if run else None
    st.html("<h2 class='lab-h3'>24 validation pictures</h2>")
    if judged is None:
        looks.caption(
            "Here the network says what it sees, again and again while it learns. A check mark: "
            "right. A thick frame: wrong, with what it said."
        )
        return
    right = sum(a == b for a, b in zip(judged.labels, judged.predicted, strict=True))
    looks.caption(f"{right} of {len(judged.labels)} right at step {judged.step:,}")
    with chrome.explained():  # a fragment is on its own
        st.html(panel_html(judged, services.dataset(run.experiment)))


def panel_html(judged: PanelPredicted, data: Dataset) -> str:
    """Right: a check mark. Wrong: a thick frame and the predicted name; never colour alone."""
    url = _sheet(data, judged.pictures)
    last = max(1, len(judged.pictures) - 1)
    cells = []
    for i, (label, said) in enumerate(zip(judged.labels, judged.predicted, strict=True)):
        sure = how_sure(judged.confidence[i])
        truth, name = data.class_names[label], data.class_names[said]
        right = label == said
        text = f"{truth}: right, {sure}" if right else f"{truth}, taken for {name}, {sure}"
        cells.append(
            f'<figure class="{"right" if right else "wrong"}" title="{escape(text)}">'
            f'<div role="img" aria-label="{escape(text)}"'
            f' style="background-position:0 {100 * i / last:.3f}%"></div>'
            f"<figcaption>{'✓' if right else escape(name)}</figcaption></figure>"
        )
    size = f"100% {100 * len(judged.pictures)}%"
    style = f"--sheet:url({url});--sheet-size:{size}"
    return f'<div class="lab-panel" style="{style}">{"".join(cells)}</div>'


@lru_cache(maxsize=32)
def _sheet(data: Dataset, pictures: tuple[int, ...]) -> str:
    """Training-set pictures, one below the other, as an image's address."""
    sheet = looks.small(data.train_images[list(pictures)], LARGEST)
    return looks.data_url(to_png(sheet.reshape(-1, *sheet.shape[2:])))
