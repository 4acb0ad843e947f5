"""Inside, One step: how large the numbers of every layer are, and which units never fire."""

from __future__ import annotations

import streamlit as st

from fmnist_core import insight
from fmnist_core.insight import LayerSize
from fmnist_core.wording import percent
from pages.shared import looks, services, session, surveyed
from pages.shared.tables import table

BATCH = 256
"""Validation pictures."""
NAMED = 12
"""Dead units that are named one by one."""


def show() -> None:
    sample = surveyed.sample(BATCH)
    looks.section(f"Activations and gradients, layer by layer (validation, n = {len(sample):,})")
    if not len(sample):
        st.info("This network was trained without validation pictures.")
        return
    sizes = insight.layer_sizes(services.backend(), session.model(), sample.images, sample.labels)
    table(
        ("Layer", "Kind", "Mean |activation|", "Never fire", "Which", "Mean |gradient|"),
        [_row(each) for each in sizes],
        title="Sizes of activations and gradients",
        numbers=(2, 3, 5),
    )
    looks.caption(
        f"For these weights, on one batch of {len(sample):,} validation pictures, without dropout. "
        "A ReLU unit (or filter) that is above zero for none of them is dead here: no gradient "
        "reaches it, so it learns nothing. Gradients that shrink from layer to layer towards the "
        "input vanish; those that grow explode."
    )


def _row(layer: LayerSize) -> tuple[str, ...]:
    gradient = "-" if layer.gradient is None else f"{layer.gradient:.3g}"
    size = f"{layer.activation:.3g}"
    if layer.dead is None:
        return layer.name, layer.kind, size, "no ReLU", "", gradient
    share = percent(len(layer.dead) / layer.units)
    dead = f"{len(layer.dead):,} of {layer.units:,} ({share})"
    return layer.name, layer.kind, size, dead, _named(layer.dead), gradient


def _named(dead: tuple[int, ...]) -> str:
    named = ", ".join(str(i) for i in dead[:NAMED])
    left = len(dead) - NAMED
    return f"{named} and {left:,} more" if left > 0 else named
