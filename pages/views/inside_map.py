"""Inside, Map: which pictures look alike, to the eye and to the network."""

from __future__ import annotations

import numpy as np
import streamlit as st

from fmnist_core import insight
from fmnist_core.embedding import Components, neighbours_agree
from fmnist_core.wording import percent
from pages.shared import looks, services, session, surveyed, watchers
from pages.shared.scatter import Panel, scatter

METHODS = ("PCA", "t-SNE")
COLOURS = {"Class": "class", "Right or wrong": "right"}
SECONDS = 1.0
"""Between two looks for a t-SNE map that is being made."""


def show() -> None:
    sample = surveyed.sample()
    if not len(sample):
        st.info("This network was trained without validation pictures, and the map shows no other.")
        return
    probabilities, features, width = surveyed.features()
    pixels = surveyed.pixels()
    method, colour = _controls()
    side, _, channels = surveyed.experiment().architecture.input_shape
    n = min(side, surveyed.PIXELS) ** 2 * channels
    shrunk = f" (shrunk to {surveyed.PIXELS} x {surveyed.PIXELS})" if side > surveyed.PIXELS else ""
    looks.caption(
        f"{len(sample):,} validation pictures, about as many of each class. Left: as their "
        f"{n:,} pixels lie{shrunk}. Right: as the {width:,} numbers lie that the output layer is "
        "given. What lies together looks alike. Point at a dot to see its picture; a click pins it."
    )
    known = _by_tsne(pixels, features) if method == "t-SNE" else None
    panels = [
        _panel("Pixels", pixels, n, known and known[0]),
        _panel("Features", features, width, known and known[1]),
    ]
    if method == "t-SNE" and known is None:
        _await()
    _draw(panels, sample, probabilities, colour)
    shares = [neighbours_agree(each.points, sample.labels) for each in (pixels, features)]
    looks.caption(
        f"The nearest neighbour of a picture is of its own class for {percent(shares[0])} by "
        f"pixels and for {percent(shares[1])} by features (n = {len(sample):,}, in the first "
        f"{features.points.shape[1]} directions)."
    )


def _controls() -> tuple[str, str]:
    with st.container(horizontal=True, gap="large"):
        method = st.segmented_control(
            "Method",
            METHODS,
            default=METHODS[0],
            required=True,
            key="lab.map.method",
            persist_state="session",
            help="PCA looks from where the pictures differ most: at once, distances are true. "
            "t-SNE keeps neighbours together: it takes a while, and far apart means little.",
        )
        colour = st.segmented_control(
            "Marks",
            list(COLOURS),
            default="Class",
            required=True,
            key="lab.map.colour",
            persist_state="session",
            help="The class of each picture, or a cross where the network is wrong.",
        )
    return str(method), COLOURS[str(colour)]


def _by_tsne(pixels: Components, features: Components) -> tuple[np.ndarray, np.ndarray] | None:
    """Both maps; None while they are made, one after the other."""
    found = [insight.tsne(services.backend(), each.points) for each in (features, pixels)]
    return None if found[0] is None or found[1] is None else (found[1], found[0])


def _panel(title: str, found: Components, width: int, tsne: np.ndarray | None) -> Panel:
    if tsne is not None:
        return Panel(title, f"t-SNE of {found.points.shape[1]} of {width:,} directions", tsne)
    share = percent(sum(found.shares[:2]), 0)
    note = f"PCA: 2 of {width:,} directions, with {share} of the variance"
    return Panel(title, note, found.points[:, :2])


def _await() -> None:
    st.info(
        "The t-SNE maps are being made in the background, about half a minute; they come by "
        "themselves. Until then: PCA.",
        icon=":material/hourglass_top:",
    )
    st.fragment(_look, run_every=watchers.interval(SECONDS))()


def _look() -> None:
    if _by_tsne(surveyed.pixels(), surveyed.features()[1]) is not None:
        st.rerun()


def _draw(
    panels: list[Panel], sample: surveyed.Sample, probabilities: np.ndarray, colour: str
) -> None:
    split, _, number = session.picture().partition(":")
    pinned = np.flatnonzero(sample.indices == int(number)) if split == "validation" else []
    scatter(
        panels,
        sample.images,
        sample.labels,
        probabilities.argmax(axis=1),
        sample.indices,
        session.models_dataset().class_names,
        key="lab.map",
        by="class" if colour == "class" else "right",
        pinned=int(pinned[0]) if len(pinned) else None,
        on_choose=lambda place: session.pin(f"validation:{sample.indices[place]}"),
    )
    if colour == "right":
        wrong = int((probabilities.argmax(axis=1) != sample.labels).sum())
        looks.caption(f"Crosses: the {wrong:,} pictures that the network calls wrongly.")
