"""Augmentation: how training pictures vary, seen on the pinned picture, and whether it helps."""

from __future__ import annotations

import streamlit as st

from fmnist_core import models
from fmnist_core.augmentation import warnings
from fmnist_core.experiment import Augmentation
from pages.shared import looks, services, session
from pages.shared.gallery import gallery
from pages.shared.waiting import answered
from pages.views.train_setting import number, toggle

_PATH = "data.augmentation"
SHOWN = 24


def show() -> None:
    """The settings, what spoils a class, and 24 examples."""
    st.markdown("**Vary the training pictures**")
    looks.caption(
        "Every picture a little different each time it is seen: it cannot be learned by heart. "
        "Validation and test pictures stay as they are."
    )
    toggle(f"{_PATH}.flip", "Left and right", "Mirrors every second picture.")
    toggle(f"{_PATH}.upside_down", "Upside down", "Turns every second picture over.")
    number(f"{_PATH}.rotation", "Turn, degrees", "At most so far to either side.", 0, 180, step=5.0)
    for name, words in (("width", "Shift sideways"), ("height", "Shift up and down")):
        text = "Share of the side, in whole pixels. 0.07 is 2 pixels."
        number(f"{_PATH}.{name}_shift", words, text, 0, 0.5, step=0.05)
    number(f"{_PATH}.zoom", "Stretch", "Width and height, each by up to this share.", 0, 0.9)
    number(f"{_PATH}.brightness", "Brightness", "Brighter or darker by this share.", 0, 1)
    number(f"{_PATH}.erase", "Erase, pixels", "Side of a black square (cutout).", 0, 28)
    text = "Blends two pictures and their labels; 0.2 is usual."
    number(f"{_PATH}.mixup", "Mixup, alpha", text, 0, 10)
    augmentation = session.experiment().data.augmentation
    for warning in warnings(augmentation):
        st.warning(warning, icon=":material/warning:")
    if augmentation != Augmentation():
        with answered():
            _preview(augmentation)


def _preview(augmentation: Augmentation) -> None:
    """The pinned picture as training would see it."""
    ref = session.picture()
    picture = session.pictures().load(ref)
    folder = models.resolve(session.model(), services.store()).experiment.data.folder
    seed = session.experiment().seed
    seen = services.server().varied(picture, augmentation, seed, folder=folder)
    title = session.pictures().describe(ref)
    looks.caption(f"{title}, {SHOWN} times as training would see it.")
    labels = [f"{title}, varied, {place} of {SHOWN}" for place in range(1, SHOWN + 1)]
    gallery(
        seen,
        labels,
        key="lab.augmentation.examples",
        title=f"{title}, varied",
        columns=6,
        tile=40,
    )
