"""Inside, Filters: the weights of every convolution, and one filter looked into."""

from __future__ import annotations

import numpy as np
import streamlit as st

from fmnist_core import figures
from fmnist_core.model_server import Filters
from fmnist_core.wording import count
from pages.shared import looks, services, session
from pages.shared.gallery import gallery
from pages.shared.plots import legend
from pages.views import inside_one_filter

TILE = 60
MOST_FILTERS = 512
"""A network with more shows those of one layer at a time."""


def show() -> None:
    layers = services.server().filters(session.model())
    if not layers:
        st.info("This network has no convolution layer: no filters to show. Choose a CNN above.")
        return
    ref = session.picture()
    answers = services.server().filter_maps(session.model(), session.pictures().load(ref))
    total = sum(layer.kernels.shape[-1] for layer in layers)
    one_by_one = total > MOST_FILTERS
    left, right = st.columns([6, 7], gap="large")
    with left:
        looks.caption(
            "A filter is a small stencil that slides over its input. Green adds what is under it, "
            "purple takes it away: green beside purple finds an edge. Click one to look into it."
        )
        if one_by_one:
            looks.caption(
                f"The network has {total:,} filters in {len(layers)} layers: these are the chosen "
                "layer's."
            )
        chosen, number = inside_one_filter.chosen(layers)
        for layer, answer in zip(layers, answers, strict=True):
            if layer is chosen or not one_by_one:
                _filters(layer, number if layer is chosen else None)
                _answers(layer.layer, answer.maps, session.pictures().describe(ref))
    with right, st.container(key="lab-one-filter"):
        inside_one_filter.show(layers)


def _filters(layer: Filters, selected: int | None) -> None:
    height, width, inputs, filters = layer.kernels.shape
    looks.section(
        f"{layer.layer} · {count(filters, 'filter')} of {height}x{width}, "
        f"{count(inputs, 'input channel')}"
    )
    channel = _channel(layer.layer, inputs)
    kernels = np.moveaxis(layer.kernels[:, :, channel], -1, 0)
    # One reach for the whole layer, so that channels and filters can be compared.
    pixels, scale = figures.signed(kernels, reach=float(np.abs(layer.kernels).max()))
    gallery(
        pixels,
        [
            f"{layer.layer}, filter {i}: weights {each.min():.2f} to {each.max():.2f}"
            for i, each in enumerate(kernels)
        ],
        key=f"lab.filters.{layer.layer}",
        title=f"Filters of {layer.layer}",
        captions=[str(i) for i in range(filters)],
        tile=TILE,
        on_choose=lambda i: inside_one_filter.choose(layer.layer, i),
        selected=selected,
    )
    legend(scale, f"weight, one scale for the layer's {layer.kernels.size:,} weights")


def _channel(layer: str, inputs: int) -> int:
    """Which slice of each filter to show: a filter has one for every map that comes in."""
    if inputs == 1:
        return 0
    return int(
        st.number_input(
            "Input channel",
            0,
            inputs - 1,
            key=f"lab.channel.{layer}",
            persist_state="session",
            help="Each filter has a slice for every map of the layer before; this is one slice.",
            width=180,
        )
    )


def _answers(layer: str, maps: np.ndarray, picture: str) -> None:
    """Under each filter what it finds in the pinned picture; ``maps`` is (h, w, filters)."""
    tiles = np.moveaxis(maps, -1, 0)
    pixels, scale = figures.viridis(tiles, low=min(0.0, float(tiles.min())))
    gallery(
        pixels,
        [f"{layer}, filter {i} on {picture}" for i in range(len(tiles))],
        key=f"lab.answers.{layer}",
        title=f"What the filters of {layer} find in {picture}",
        captions=[str(i) for i in range(len(tiles))],
        tile=TILE,
    )
    legend(scale, f"activation: what each filter finds in the pinned picture ({picture})")
