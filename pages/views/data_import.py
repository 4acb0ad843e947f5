"""Data, My folders: where a ZIP or a folder of the server is given, and how far its import is."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

import streamlit as st

from fmnist_core.errors import DataError
from fmnist_core.folders import BackgroundImport, Folder, import_folder, import_zip
from fmnist_core.folders.allowed import ALLOWED_VARIABLE, allowed_folders
from fmnist_core.folders.folder import MOST_PICTURES
from pages.shared import looks, services
from pages.shared.once import STARTING, once

MOST_MEGABYTES = 256
"""Of an upload, which Streamlit holds in memory; a folder of the server may be larger. More than
``server.maxUploadSize`` in .streamlit/config.toml would be refused on arrival."""
AT_ONCE = 0.5
"""Seconds: what is imported by then shows no progress."""
TICK = 0.5
_GOING_ON, _REFUSED = "lab.folder.going-on", "lab.folder.refused"
_UPLOAD, _PATH = "lab.folder.upload", "lab.folder.path"


def show() -> Folder | None:
    """The controls; the folder that has just been imported, once."""
    looks.section("Bring your own pictures")
    imported = _outcome()
    going_on: BackgroundImport | None = st.session_state.get(_GOING_ON)
    _upload(bool(going_on))
    if paths := allowed_folders():
        _folders_of_the_server(paths, bool(going_on))
    if going_on:
        _progress(going_on)
    elif refused := st.session_state.get(_REFUSED):
        st.error(looks.plain(refused), icon=":material/error:")
    return imported


def _outcome() -> Folder | None:
    """Of an import that has ended since the page was drawn."""
    going_on: BackgroundImport | None = st.session_state.get(_GOING_ON)
    if going_on is None or not going_on.ended:
        return None
    del st.session_state[_GOING_ON]
    try:
        folder = going_on.folder()
    except DataError as error:
        st.session_state[_REFUSED] = f"{going_on.name}: {error}"
        return None
    st.session_state[_UPLOAD] = st.session_state.get(_UPLOAD, 0) + 1  # an empty uploader
    return folder


def _upload(busy: bool) -> None:
    key = f"{_UPLOAD}.{st.session_state.get(_UPLOAD, 0)}"
    st.file_uploader(
        "A ZIP with one folder per class",
        type=["zip"],
        key=key,
        max_upload_size=MOST_MEGABYTES,
        disabled=busy,
        on_change=_begin_upload,
        args=(key,),
        help=f"At most {MOST_PICTURES:,} pictures. They stay on the computer that runs this app.",
    )


def _folders_of_the_server(paths: list[Path], busy: bool) -> None:
    chosen = st.selectbox(
        "Or a folder of this server",
        paths,
        format_func=lambda path: path.name,
        key=_PATH,
        disabled=busy,
        help=f"Those beside each other where {ALLOWED_VARIABLE} says; its owner allowed them.",
    )
    st.button(
        "Import",
        icon=":material/folder_open:",
        key="lab.folder.import",
        disabled=busy,
        on_click=_begin_folder,
        args=(chosen,),
    )


def _begin_upload(key: str) -> None:
    """A file was given, or taken away."""
    uploaded = st.session_state[key]
    if uploaded is None:
        st.session_state.pop(_REFUSED, None)
        return
    name, root = uploaded.name.removesuffix(".zip"), services.folders().root
    bring = partial(import_zip, root, uploaded, name)
    _begin(uploaded.file_id, lambda: BackgroundImport(uploaded.name, bring))


def _begin_folder(path: Path) -> None:
    bring = partial(import_folder, services.folders().root, path, path.name)
    _begin(path, lambda: BackgroundImport(path.name, bring))


def _begin(what: object, start: Callable[[], BackgroundImport]) -> None:
    """Unless one goes on: until the page is drawn again, its button still looks as if it waited."""
    going_on: BackgroundImport | None = st.session_state.get(_GOING_ON)
    if going_on and not going_on.ended:
        return
    started = once(what, start, STARTING)
    st.session_state.pop(_REFUSED, None)
    st.session_state[_GOING_ON] = started
    started.wait(AT_ONCE)


@st.fragment(run_every=TICK)
def _progress(going_on: BackgroundImport) -> None:
    if going_on.ended:
        st.rerun()
    done, total = going_on.done, going_on.total
    text = f"Reading {going_on.name}"
    if total:
        text += f": {done:,} of {total:,} pictures"
    st.progress(done / max(1, total), looks.plain(text))
