"""A prepared picture and what the network says: what Draw, Pictures and Camera share."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape

import numpy as np
import streamlit as st
from PIL import Image

from fmnist_core import models, reports
from fmnist_core.architecture import shape_text
from fmnist_core.folders import picture_for
from fmnist_core.images import Options, Prepared, open_picture, prepare_bytes, stages, to_png
from fmnist_core.wording import how_sure, percent
from pages.shared import looks, services, session
from pages.shared.bars import probability_bars

PIN_HELP = "Keeps this picture in hand: Inside shows what every layer makes of it."
THUMBNAIL = 168
"""Pixels of a step's longest side on the screen."""


@dataclass(frozen=True, eq=False)
class Shown:
    """A prepared picture, small enough to be kept: the steps as thumbnails."""

    steps: tuple[tuple[str, str, str], ...]
    """Name, note, and the picture as a data URL."""
    picture: np.ndarray
    """(28, 28, 1) float32 in [0, 1], or what a network of one's own takes."""
    stages: np.ndarray
    """(steps, 28, 28, 1), or of that shape: what the network would see, had the preparing stopped
    there."""


def shown(prepared: Prepared) -> Shown:
    steps = tuple((step.name, step.note, _thumbnail(step.image)) for step in prepared.steps)
    return Shown(steps, prepared.picture, stages(prepared))


def own_shape() -> tuple[int, int, int] | None:
    """What the chosen network takes, if it has learned from pictures of one's own: those are not
    made to look like Fashion-MNIST."""
    about = models.resolve(session.model(), services.store()).experiment
    return about.architecture.input_shape if about.data.folder else None


def picture_of(data: bytes, name: str, own: tuple[int, int, int] | None = None) -> np.ndarray:
    """The prepared picture of a file, without its steps: hundreds may be kept. Raises as below."""
    if own:
        return _own_levels(data, name, own) / np.float32(255)
    return _prepared_picture(data, name)


@st.cache_resource(max_entries=2_048, show_spinner=False)
def _prepared_picture(data: bytes, name: str) -> np.ndarray:
    return prepare_bytes(data, name, separate=services.server().separate).picture


@st.cache_resource(max_entries=1_024, show_spinner=False)
def _own_levels(data: bytes, name: str, shape: tuple[int, int, int]) -> np.ndarray:
    """uint8: at 300 x 300 pixels in colour the thousand take 270 MB."""
    return np.rint(picture_for(open_picture(data, name), shape) * 255).astype(np.uint8)


@st.cache_resource(max_entries=32, show_spinner=False)
def own_file(data: bytes, name: str, shape: tuple[int, int, int]) -> Shown:
    """A file as a network of one's own is shown it. Raises PictureError: it cannot be read."""
    image = open_picture(data, name)
    picture = picture_for(image, shape)
    note = f"{image.width} x {image.height} pixels. {image.info['note']}".strip()
    squeezed = "As the training pictures were: neither cropped nor cut out."
    upright = np.asarray(image.convert("RGB"))
    levels = np.rint(picture * 255).astype(np.uint8)
    return Shown(
        steps=(
            ("The picture", note, _thumbnail(upright)),
            (f"Squeezed to {shape_text(shape[:2])}", squeezed, _thumbnail(levels)),
        ),
        picture=picture,
        stages=np.stack([picture, picture]),
    )


@st.cache_resource(max_entries=32, show_spinner=False)
def from_file(data: bytes, name: str, options: Options) -> Shown:
    """Open and prepare a file.

    Raises PictureError: it is not a picture that can be read. EngineError: its background is
    natural, and the engine, which separates the garment, does not answer.
    """
    return shown(prepare_bytes(data, name, options, services.server().separate))


def predict(pictures: list[np.ndarray]) -> np.ndarray:
    """Probabilities (n, classes) of pictures (28, 28, 1), by the chosen network."""
    return services.server().predict(session.model(), np.stack(pictures))


def who() -> None:
    """Which network answers, and how good it is."""
    files = models.resolve(session.model(), services.store())
    text = f"{files.title} answers."
    calibration = files.calibration
    if files.report:
        report = reports.test_report(files.report)
        other = "" if files.experiment.data.folder else ", not on photos"
        text = (
            f"{files.title} answers. Test accuracy {percent(report.accuracy)} "
            f"({100 * report.interval.low:.1f} to {100 * report.interval.high:.1f}), "
            f"n = {report.n:,}: on pictures like those of its data{other}."
        )
    if calibration:
        text += (
            f" How sure it is differs from how often it is right by "
            f"{percent(calibration.error)} on average (expected calibration error, test set, "
            f"n = {calibration.error_n:,}): temperature {calibration.temperature:.2f}, fitted on "
            f"{calibration.n:,} held-out pictures."
        )
    looks.caption(text)


def verdict(picture: np.ndarray, probabilities: np.ndarray) -> None:
    """What the network sees, and the name it gives."""
    names = session.models_dataset().class_names
    best = int(probabilities.argmax())
    size = f"{picture.shape[0]} x {picture.shape[1]}"
    st.html(looks.picture_html(picture, f"The {size} pixels that the network sees"))
    looks.caption(f"What the network sees: {size}")
    looks.section(f"{names[best]}, {how_sure(probabilities[best])}")


def bars(probabilities: np.ndarray | None, key: str) -> None:
    """None: nothing is asked now; the previous answer stays, dimmed."""
    probability_bars(probabilities, key, session.models_dataset().class_names)


def pin_button(picture: np.ndarray, key: str) -> None:
    """Keep the picture, so that Inside can show what every layer makes of it."""
    st.button(
        "Pin",
        icon=":material/push_pin:",
        key=key,
        on_click=lambda: session.pin(session.pictures().save(picture)),
        help=PIN_HELP,
    )


def steps(prepared: Shown) -> None:
    """Every step from the picture that came in to the 28 x 28 that the network sees, and what it
    would say to each."""
    names, said = session.models_dataset().class_names, predict(list(prepared.stages))
    figures = "".join(
        f'<figure><img src="{url}" alt=""><figcaption><b>{i}. {escape(name)}</b> '
        f"<em>{escape(names[int(chances.argmax())])} {how_sure(chances.max())}</em> "
        f"{escape(note)}</figcaption></figure>"
        for i, ((name, note, url), chances) in enumerate(
            zip(prepared.steps, said, strict=True), start=1
        )
    )
    text = (
        "In italics: what the network would say, had it been given the picture after that step, "
        "squeezed into 28 x 28. How much a step matters is how much the answer changes."
    )
    looks.caption("In italics: what the network says." if own_shape() else text)
    style = looks.component_text("steps.css")
    st.html(f"<style>{style}</style><div class='lab-steps'>{figures}</div>")


def _thumbnail(image: np.ndarray) -> str:
    """Small pictures as they are, for the browser to enlarge unsmoothed; large ones shrunk."""
    if max(image.shape[:2]) > THUMBNAIL:
        large = Image.fromarray(image)
        large.thumbnail((THUMBNAIL, THUMBNAIL))
        image = np.asarray(large)
    return looks.data_url(to_png(image))
