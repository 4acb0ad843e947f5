"""Inside, Filters: the input that one filter would like best."""

from __future__ import annotations

import numpy as np
import streamlit as st

from fmnist_core import figures
from fmnist_core.explanations import BestInput, Explanations
from fmnist_core.model_server import Filters
from pages.shared import looks, services, session
from pages.shared.gallery import gallery
from pages.shared.plots import legend


def show(layer: Filters, number: int) -> None:
    seed = st.number_input(
        "Seed",
        0,
        9_999,
        key="lab.filter.seed",
        persist_state="session",
        help="Of the grey noise that it grows from. Another seed leads to another picture.",
        width=130,
    )
    with st.spinner("Climbing..."):
        found = Explanations(services.backend()).best_input(
            session.model(), layer.layer, number, int(seed)
        )
    captions = [f"Grey noise (seed {seed})", f"After {found.steps} steps"]
    gallery(
        np.stack([found.start, found.end]),
        captions,
        key="lab.best.pictures",
        title=f"The input that filter {number} of {layer.layer} answers most to",
        captions=captions,
        columns=2,
        tile=224,
    )
    maps = np.stack([found.start_map, found.end_map])
    pixels, scale = figures.viridis(maps, low=min(0.0, float(maps.min())))
    gallery(
        pixels,
        ["What the filter finds in the noise", "What it finds in the last picture"],
        key="lab.best.maps",
        title="What the filter finds in both",
        columns=2,
        tile=224,
    )
    legend(scale, "its answer, one scale for both")
    looks.caption(_climbed(found))


def _climbed(found: BestInput) -> str:
    means, peaks = (
        [float(reduce(each)) for each in (found.start_map, found.end_map)]
        for reduce in (np.mean, np.max)
    )
    return (
        f"{found.steps} steps of gradient ascent: each moves the pixels to where the filter "
        "answers more, and evens out what differs between neighbours, so that shapes appear "
        f"instead of noise. Its mean answer goes from {means[0]:.3g} to {means[1]:.3g}, its "
        f"largest from {peaks[0]:.3g} to {peaks[1]:.3g}. No garment looks like that."
    )
