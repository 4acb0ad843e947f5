"""Inside, Attention: which places of the pinned picture decide, by three methods side by side."""

from __future__ import annotations

from html import escape

import numpy as np
import streamlit as st

from fmnist_core import figures
from fmnist_core.architecture import shape_text
from fmnist_core.explanations import EVERY_PIXEL, Attention, Explanations, occlusion_side
from fmnist_core.wording import how_sure, percent
from pages.shared import looks, services, session
from pages.shared.gallery import gallery
from pages.shared.plots import legend

PREDICTED = -1
"""In the box of classes."""
TILE = 220
_NOT_DRAWN = "Nothing is drawn: it would be rounding noise."


def show() -> None:
    ref = session.picture()
    picture = session.pictures().load(ref)
    wanted = _class()
    with st.spinner("Looking at many places..."):
        asked = None if wanted == PREDICTED else wanted
        found = Explanations(services.backend()).attention(session.model(), picture, asked)
    name = session.models_dataset().class_names[found.wanted]
    _answer(found, name, session.pictures().describe(ref))
    parts = (_grad_cam, _occlusion, _integrated_gradients)
    for column, part in zip(st.columns(3, gap="large"), parts, strict=True):
        with column:
            part(found, picture, name)


def _class() -> int:
    names = session.models_dataset().class_names
    return int(
        st.selectbox(
            "What speaks for",
            [PREDICTED, *range(len(names))],
            format_func=lambda i: "The predicted class" if i == PREDICTED else names[i],
            key="lab.attention.class",
            persist_state="session",
            help="Choose another class to see what in the picture speaks for it, and against it.",
            width=260,
        )
    )


def _answer(found: Attention, name: str, described: str) -> None:
    names = session.models_dataset().class_names
    said = f"{names[found.predicted]}, {how_sure(found.probabilities[found.predicted], 1)}"
    if found.wanted != found.predicted:
        said += f"; {name}, {how_sure(found.probabilities[found.wanted], 1)}"
    st.html(f'<p class="lab-answer">{escape(said)}</p>')
    looks.caption(
        f"{described} (n = 1 picture). The score of {name}, before the softmax, is "
        f"{found.scores[found.wanted]:.2f}; all maps are in its points. The scores lie "
        f"{found.spread:.1f} points apart."
    )


def _grad_cam(found: Attention, picture: np.ndarray, name: str) -> None:
    looks.section("Grad-CAM")
    cam = found.grad_cam
    if cam is None:
        st.info(
            "Grad-CAM needs the feature maps of a convolution, and this network has none. The "
            "other two need only the picture and the score."
        )
        return
    places = f"{cam.layer} ({shape_text(cam.cam.shape)} places)"
    if cam.flat:
        _pair(picture, None, "cam", "Grad-CAM")
        if cam.cam.size == 1:
            st.info(f"Flat: {cam.layer} has one place only, so it cannot say where.")
        else:
            st.info(f"Flat: {places} speaks for {name} equally everywhere. {_NOT_DRAWN}")
        return
    pixels, scale = figures.viridis(cam.on_picture(len(picture)), low=0.0)
    _pair(picture, pixels, "cam", "Grad-CAM")
    legend(scale, f"points for {name}")
    looks.caption(
        f"Yellow is where the feature maps of {places} speak for {name}, each map weighed by its "
        "mean slope. A pixel has the colour of the nearest place."
    )
    if cam.weak:
        looks.caption(
            f"Weak: the map holds {percent(cam.share)} of what its places add to the score one by "
            "one. Behind Flatten every place has its own weights, and their mean says little: "
            "trust the other two more."
        )


def _occlusion(found: Attention, picture: np.ndarray, name: str) -> None:
    looks.section("Occlusion")
    if found.occlusion_flat:
        _pair(picture, None, "occlusion", "Occlusion")
        most = float(np.abs(found.occlusion).max())
        st.info(
            f"Flat: wherever the square lies, the score moves by {most:.2g} points at most. "
            f"{_NOT_DRAWN}"
        )
        return
    pixels, scale = figures.signed(found.occlusion)
    _pair(picture, pixels, "occlusion", "Occlusion")
    side = occlusion_side(len(picture))
    coarse = "" if len(picture) <= EVERY_PIXEL else " Between the places tried the nearest counts."
    legend(scale, f"points that {name} loses")
    looks.caption(
        f"Green: with a black {side}x{side} square there the score falls, the network needs "
        f"the place. Purple: it rises.{coarse}"
    )
    row, column, covered = found.needed
    fall = float(found.occlusion[row, column])
    if fall > 0:
        before, after = (how_sure(p, 1) for p in (found.probabilities[found.wanted], covered))
        moved = f"stays {after}" if before == after else f"goes from {before} to {after}"
        looks.caption(
            f"Needed most: row {row}, column {column}. With the square there the score falls by "
            f"{fall:.2f}, and the probability of {name} {moved}."
        )


def _integrated_gradients(found: Attention, picture: np.ndarray, name: str) -> None:
    looks.section("Integrated gradients")
    shares = found.integrated_gradients
    if found.gradients_flat:
        _pair(picture, None, "gradients", "Integrated gradients")
        st.info(
            f"Flat: all {shares.size} pixels together move the score by "
            f"{float(np.abs(shares).sum()):.2g} points. {_NOT_DRAWN}"
        )
        return
    pixels, scale = figures.signed(shares)
    _pair(picture, pixels, "gradients", "Integrated gradients")
    legend(scale, f"points for {name}, by pixel")
    looks.caption(
        "Green pixels raise the score on the way from black to this picture, purple ones lower "
        "it; black ones have no share."
    )
    moved = "rises" if found.rise >= 0 else "falls"
    looks.caption(
        f"Check: the {shares.size} shares add up to {shares.sum():.2f}, and from black to the "
        f"picture the score {moved} by {abs(found.rise):.2f}."
    )


def _pair(picture: np.ndarray, pixels: np.ndarray | None, key: str, title: str) -> None:
    """The picture, and beside it the coloured map if there is one."""
    levels = np.rint(picture * 255).astype(np.uint8)
    rgb = levels if levels.shape[-1] == 3 else levels.repeat(3, axis=-1)
    both = {"Picture": rgb} if pixels is None else {"Picture": rgb, title: pixels}
    gallery(
        np.stack(list(both.values())),
        [f"The pinned picture, for {title}", f"{title} on the pinned picture"][: len(both)],
        key=f"lab.attention.{key}",
        title=f"{title} beside the picture",
        columns=2,
        tile=TILE,
    )
