"""Inside, Feature maps: what every layer answers to the pinned picture."""

from __future__ import annotations

import numpy as np
import streamlit as st

from fmnist_core import figures
from fmnist_core.architecture import shape_text
from fmnist_core.model_server import FeatureMaps
from fmnist_core.wording import count
from pages.shared import looks, services, session
from pages.shared.bars import probability_bars
from pages.shared.gallery import gallery
from pages.shared.plots import legend
from pages.views import inside_pixel

ALL = "All layers"
MOST_UNITS = 256
"""More numbers than this are drawn as one strip instead of one square each."""
SQUARE = 4
STRIP_WIDTH = 64


def show() -> None:
    ref = session.picture()
    picture = session.pictures().load(ref)
    left, right = st.columns([3, 10], gap="large")
    layers = services.server().feature_maps(session.model(), picture)
    with left:
        described = session.pictures().describe(ref)
        st.html(looks.picture_html(picture, described, "min(100%, 224px)"))
        looks.caption(f"{described}. Pin another one above, in Data or in Predict.")
        probabilities = services.server().predict(session.model(), picture[np.newaxis])[0]
        probability_bars(probabilities, "lab.inside.bars", session.models_dataset().class_names)
    with right:
        chosen = _strip(layers)
        looks.caption(inside_pixel.HINT)
        for layer in layers:
            if chosen in (ALL, layer.layer):
                _layer(layer, alone=chosen != ALL)
                inside_pixel.below(layers, layer)


def _strip(layers: list[FeatureMaps]) -> str:
    """The layers in order, with their output shapes; choose one to see it large."""
    shapes = {layer.layer: shape_text(layer.maps.shape) for layer in layers}
    options = [ALL, *shapes]
    if st.session_state.get("lab.inside.layer") not in options:
        st.session_state["lab.inside.layer"] = ALL
    chosen = st.pills(
        "Layer",
        options,
        format_func=lambda name: f"{name}  {shapes[name]}" if name in shapes else name,
        required=True,
        key="lab.inside.layer",
        persist_state="session",
        help="From the picture to the ten outputs, with the shape that each layer gives.",
    )
    return str(chosen)


def _layer(layer: FeatureMaps, alone: bool) -> None:
    shape = shape_text(layer.maps.shape)
    looks.section(f"{layer.layer} · {layer.kind} · {shape}")
    if layer.maps.ndim == 3:
        _maps(layer, alone)
    else:
        _units(layer)


def _maps(layer: FeatureMaps, alone: bool) -> None:
    maps = np.moveaxis(layer.maps, -1, 0)
    pixels, scale = figures.viridis(maps, low=min(0.0, float(maps.min())))
    labels = [
        f"{layer.layer}, filter {i}: {each.min():.3g} to {each.max():.3g}"
        for i, each in enumerate(maps)
    ]
    gallery(
        pixels,
        labels,
        key=f"lab.maps.{layer.layer}",
        title=f"Feature maps of {layer.layer}",
        captions=[str(i) for i in range(len(maps))] if alone else None,
        tile=112 if alone else 60,
        on_choose=lambda channel: inside_pixel.choose(layer, channel),
        selected=inside_pixel.chosen_map(layer),
    )
    silent = int((maps.reshape(len(maps), -1).max(axis=1) <= 0).sum())
    legend(scale, f"activation, one scale for {count(len(maps), 'map')}{_silent(silent)}")


def _silent(n: int) -> str:
    return f"; {n} of them never above zero on this picture" if n else ""


def _units(layer: FeatureMaps) -> None:
    values = layer.maps
    pixels, scale = figures.viridis(values, low=min(0.0, float(values.min())))
    names = session.models_dataset().class_names
    if len(values) > MOST_UNITS:
        rows = -(-len(values) // STRIP_WIDTH)
        strip = np.zeros((rows * STRIP_WIDTH, 3), np.uint8)
        strip[: len(values)] = pixels
        alt = f"{len(values)} activations of {layer.layer}"
        st.html(looks.picture_html(strip.reshape(rows, STRIP_WIDTH, 3), alt, "min(100%, 512px)"))
    else:
        output = layer.layer == "output" and len(values) == len(names)
        squares = pixels[:, None, None].repeat(SQUARE, axis=1).repeat(SQUARE, axis=2)
        gallery(
            squares,
            [
                f"{names[i] if output else f'unit {i}'}: {value:.3g}"
                for i, value in enumerate(values)
            ],
            key=f"lab.maps.{layer.layer}",
            title=f"Activations of {layer.layer}",
            captions=[f"{names[i]}\n{v:.2g}" for i, v in enumerate(values)] if output else None,
            tile=72 if output else 22,
        )
    zero = int((values <= 0).sum())
    text = f"activation of {count(len(values), 'unit')}"
    legend(scale, f"{text}; {zero:,} at zero or below" if zero else text)
