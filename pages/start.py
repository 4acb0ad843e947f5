"""Start: a first click that works, and where to go from here."""

from html import escape

import streamlit as st

from fmnist_core.datasets import FASHION_MNIST, load
from fmnist_core.errors import LabError
from fmnist_core.estimate import train_pictures, training_seconds
from fmnist_core.experiment import Experiment
from fmnist_core.presets import PRESETS
from fmnist_core.wording import duration
from pages.shared import address, chrome, looks, running, services, session
from pages.shared.once import STARTING, once
from pages.views import start_try_it, train_live

CARDS = (
    ("data", "See the data", "{n:,} pictures{of_clothes}, {kinds} kinds. Which would you mix up?"),
    ("inside", "Look inside", "What every filter answers to the picture you pinned."),
    ("results", "Find its mistakes", "Which classes it confuses, and the pictures that prove it."),
    ("predict", "Test it on your own", "Draw, upload, paste or photograph a garment."),
)
LATEST = 3
SUBMITTED = "lab.submitted"


def first_experiment() -> Experiment:
    """Short enough to watch to its end."""
    cnn = PRESETS["cnn-16"].experiment
    return cnn.changed(training=cnn.training.changed(epochs=2, learning_rate=0.002))


def train_label() -> str:
    available = len(load().train_labels)
    seconds = training_seconds(first_experiment(), available, running.measured())
    return f"Train a network (about {duration(seconds)})" if seconds else "Train a network"


def train() -> None:
    backend, owner, experiment = services.backend(), session.owner(), first_experiment()
    try:
        run = once(experiment, lambda: backend.submit(experiment, owner), STARTING)
    except LabError as error:
        session.warn(str(error))
        return
    running.forget()
    session.set_experiment(experiment)
    session.choose_run(run.id)
    st.session_state["lab.editing"] = False
    st.session_state[SUBMITTED] = True


def under_way() -> None:
    st.subheader("Running now", anchor=False)
    runs = running.unfinished()
    if not runs:
        finished = services.store().list()[:LATEST]
        looks.caption("Nothing is training. The latest runs:" if finished else "Nothing yet.")
        runs = finished
    for run in runs:
        state = running.outcome(run)
        note = train_live.outcome(state) or state.status.capitalize()
        title = escape(running.label(run))
        st.html(f'<p class="lab-caption"><b>{title}</b><br>{escape(note)}</p>')


def cards() -> None:
    data = load()
    about = {
        "n": len(data.train_labels) + len(data.test_labels),
        "of_clothes": " of clothes" if data.name == FASHION_MNIST else "",
        "kinds": len(data.class_names),
    }
    for column, (page, title, text) in zip(st.columns(len(CARDS)), CARDS, strict=True):
        with column.container(border=True, height="stretch"):
            st.page_link(f"pages/{page}.py", label=f"**{title}**", icon=":material/arrow_forward:")
            looks.caption(text.format(**about))


if st.session_state.pop(SUBMITTED, False):
    st.switch_page("pages/train.py", query_params=address.chosen())
chrome.begin("How does a network see?", "Everything here is real, computed now, and explained.")
with chrome.explained():
    wide, side = st.columns([8.4, 3.6], gap="large")
    with side:
        st.button(train_label(), type="primary", width="stretch", on_click=train)
        pictures = train_pictures(first_experiment(), len(load().train_labels))
        looks.caption(
            f"CNN 16: 16 filters, 2 epochs over {pictures:,} pictures. Watch every step; pause it, "
            "change its learning rate, or stop it."
        )
        under_way()
    cards()
    with wide:
        start_try_it.show()
