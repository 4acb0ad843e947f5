"""Inside, Filters: one filter, what excites it, what happens without it, what it wants to see."""

from __future__ import annotations

import numpy as np
import streamlit as st

from fmnist_core import figures
from fmnist_core.explanations import BestInput, Exciting, Explanations
from fmnist_core.model_server import Filters
from fmnist_core.wording import count
from pages.shared import looks, session
from pages.shared.gallery import gallery
from pages.shared.plots import legend
from pages.views import inside_surgery

LAYER, NUMBER = "lab.filter.layer", "lab.filter.number"
"""Session state: the chosen filter."""
TILE = 66


def choose(layer: str, number: int) -> None:
    st.session_state[LAYER], st.session_state[NUMBER] = layer, number


def chosen(layers: list[Filters]) -> tuple[Filters, int]:
    """The chosen filter, or the nearest that this network has."""
    by_name = {layer.layer: layer for layer in layers}
    name = st.session_state.get(LAYER)
    layer = by_name.get(name, layers[0]) if isinstance(name, str) else layers[0]
    number = int(st.session_state.get(NUMBER) or 0)
    return layer, min(number, layer.kernels.shape[-1] - 1)


def show(layers: list[Filters]) -> None:
    layer, number = chosen(layers)
    if (st.session_state.get(LAYER), st.session_state.get(NUMBER)) != (layer.layer, number):
        choose(layer.layer, number)
    questions = {
        "Most exciting pictures": _exciting,
        "Surgery": inside_surgery.show,
        "Best input": _best_input,
    }
    looks.section(f"Filter {number} of {layer.layer}")
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        st.selectbox(
            "Layer",
            [each.layer for each in layers],
            key=LAYER,
            persist_state="session",
            help="Or click any filter in the list.",
            width=140,
        )
        st.number_input(
            "Filter",
            0,
            layer.kernels.shape[-1] - 1,
            key=NUMBER,
            persist_state="session",
            help="Its number in the layer, from 0.",
            width=130,
        )
        question = st.segmented_control(
            "Question",
            list(questions),
            required=True,
            default="Most exciting pictures",
            key="lab.filter.question",
            persist_state="session",
            help="What excites it, what happens without it, and what it would like to see.",
        )
    questions[str(question)](layer, number)


def _exciting(layer: Filters, number: int) -> None:
    with st.spinner("Looking through 10,000 pictures..."):
        found = Explanations(session.backend()).exciting(session.model(), layer.layer, number)
    if not found.awake:
        st.info(
            f"This filter never rises above zero on {_looked_through(found)}: it is dead, and "
            "no picture excites it."
        )
        return
    data = session.models_dataset()
    names = [data.class_names[label] for label in data.train_labels[found.indices]]
    splits = ["validation" if held_out else "train" for held_out in found.held_out]
    refs = [f"{split}:{index}" for split, index in zip(splits, found.indices, strict=True)]
    pinned = session.picture()
    gallery(
        data.train_images[found.indices],
        [
            f"{session.pictures().describe(ref)}: {peak:.3g}"
            for ref, peak in zip(refs, found.peaks, strict=True)
        ],
        key="lab.exciting.pictures",
        title=f"The pictures that excite filter {number} of {layer.layer} most",
        captions=[f"{name}\n{peak:.3g}" for name, peak in zip(names, found.peaks, strict=True)],
        tile=TILE,
        on_choose=lambda i: session.pin(refs[i]),
        selected=refs.index(pinned) if pinned in refs else None,
    )
    pixels, scale = figures.viridis(found.maps, low=min(0.0, float(found.maps.min())))
    gallery(
        pixels,
        [f"Where {ref} excites it" for ref in refs],
        key="lab.exciting.maps",
        title="Where in these pictures the filter answers",
        captions=[ref.replace(":", " ") for ref in refs],
        tile=TILE,
    )
    legend(scale, f"its answer in these pictures, after {found.answer}")
    looks.caption(
        f"The nine with the largest answer anywhere, of {_looked_through(found)}. It rises above "
        f"zero on {found.awake:,} of them. Click a picture to pin it."
    )


def _looked_through(found: Exciting) -> str:
    parts = [count(found.validation, "validation picture")] if found.validation else []
    if found.train:
        parts.append(count(found.train, "training picture"))
    return f"{' and '.join(parts)} (n = {found.n:,})"


def _best_input(layer: Filters, number: int) -> None:
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
        found = Explanations(session.backend()).best_input(
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
