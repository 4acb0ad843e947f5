"""Inside, Filters: the pictures that excite one filter most, and where."""

from __future__ import annotations

import streamlit as st

from fmnist_core import figures
from fmnist_core.explanations import Exciting, Explanations
from fmnist_core.model_server import Filters
from fmnist_core.wording import count
from pages.shared import looks, services, session
from pages.shared.gallery import gallery
from pages.shared.plots import legend

TILE = 66


def show(layer: Filters, number: int) -> None:
    with st.spinner("Looking through 10,000 pictures..."):
        found = Explanations(services.backend()).exciting(session.model(), layer.layer, number)
    if found.dead:
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
