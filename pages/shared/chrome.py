"""What stands around every page: style, heading, the two chips, and the run bar."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import fields

import streamlit as st
from streamlit.runtime.pages_manager import PagesManager

from fmnist_core import models
from fmnist_core.errors import LabError
from pages.shared import looks, services, session
from pages.shared import run_bar as bar


def style() -> None:
    """The style sheet, with the palette as CSS variables for it and for the components."""
    palette = looks.palette()
    colours = [f for f in fields(palette) if f.type == "str"]
    variables = "".join(f"--lab-{f.name}:{getattr(palette, f.name)};" for f in colours)
    st.html(f"<style>:root{{{variables}}}{looks.component_text('lab.css')}</style>")


def begin(title: str, lead: str = "") -> None:
    """Heading and chips; called first by every page."""
    _insist_on_navigation()
    with st.container(
        horizontal=True, horizontal_alignment="distribute", vertical_alignment="center", key="head"
    ):
        with st.container(width="stretch", gap=None, key="title"):
            st.title(title, anchor=False)
            if lead:
                st.html(f'<p class="lab-lead">{lead}</p>')
        with st.container(horizontal=True, width="content", gap="small", key="chips"):
            _model_chip()
            _picture_chip()
    for message in session.warnings():
        st.warning(message, icon=":material/link_off:")
    if session.warnings():
        st.button("Understood", on_click=session.dismiss_warnings, key="lab.understood")


def _insist_on_navigation() -> None:
    """Until st.navigation was called once, Streamlit takes a folder named pages for an app of its
    old kind, and a deep link that is among a server's first requests runs its page alone.

    The server's flag does not tell: somebody else's page may have cleared it meanwhile."""
    if not session.entered():
        PagesManager.uses_pages_directory = False
        session.enter(session.page())  # once: whoever runs this file by itself gets it by itself
        st.rerun()


@contextmanager
def explained() -> Iterator[None]:
    """Show an error that the visitor can do something about where it happened."""
    try:
        yield
    except LabError as error:
        st.error(str(error), icon=":material/error:")


def run_bar() -> None:
    """The run in progress, at the bottom of every page."""
    with st.bottom, explained():
        bar.show()


def _model_chip() -> None:
    refs = model_refs()
    chosen = session.model()
    if chosen not in refs:
        refs.insert(0, chosen)
    with st.popover(f"Network: {looks.plain(model_title(chosen))}", icon=":material/hub:"):
        key = _key("model", chosen)
        st.selectbox(
            "Network that answers",
            refs,
            refs.index(chosen),
            format_func=model_title,
            key=key,
            on_change=lambda: session.use_model(st.session_state[key]),
            help="Used by Start, Inside, Predict and Beat the model. Runs appear here once they "
            "have weights.",
        )


def _picture_chip() -> None:
    with explained():
        described = session.pictures().describe(session.picture())
        with st.popover(described, icon=":material/push_pin:"):
            pixels = session.pictures().load(session.picture())
            last = len(session.models_dataset().test_labels) - 1
            st.html(looks.picture_html(pixels, described, "168px"))
            key = _key("picture", session.picture())
            st.number_input(
                "Test picture",
                0,
                last,
                min(_test_index(), last),
                key=key,
                on_change=lambda: session.pin(f"test:{st.session_state[key]}"),
                help=f"0 to {last:,}. The pinned picture goes with you to Inside and Predict.",
            )
            st.button(
                "Another one",
                icon=":material/casino:",
                on_click=lambda: session.pin(f"test:{random.randint(0, last)}"),
                key="lab.chip.random",
            )


def _key(name: str, chosen: str) -> str:
    """Of a control in a chip: another one for each thing that is chosen.

    While a popover is closed the browser does not hear what its controls are set to. One that was
    used before would go on sending its old value, and each click elsewhere would choose that again.
    """
    return f"lab.chip.{name}.{chosen}"


def _test_index() -> int:
    split, _, index = session.picture().partition(":")
    return int(index) if split == "test" and index.isdigit() else 0


def model_refs() -> list[str]:
    """Every network that can answer: bundled, then runs with weights, newest first."""
    refs = list(models.bundled())
    for run in services.store().list():
        try:
            models.resolve(run.id, services.store())
        except LabError:  # queued, failed before its first checkpoint
            continue
        refs.append(run.id)
    return refs


def model_title(ref: str) -> str:
    """A model's name for a visitor; recorded runs say so."""
    try:
        files = models.resolve(ref, services.store())
    except LabError:
        return ref
    return (
        f"{files.title} (recorded)"
        if files.recorded and ref not in models.bundled()
        else files.title
    )
