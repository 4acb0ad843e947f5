"""Which pictures a network learns from: Fashion-MNIST, or one of the visitor's own folders."""

from __future__ import annotations

import streamlit as st

from fmnist_core.datasets import load
from fmnist_core.errors import LabError
from fmnist_core.experiment import Experiment
from fmnist_core.folders import FOLDER_PRESETS, Folder, experiment_for
from fmnist_core.folders.folder import SIDE, SMALLEST_SIDE
from fmnist_core.presets import PRESETS
from fmnist_core.summary import summarise
from pages.shared import looks, services, session

FASHION = ""
_FOLDER, _NETWORK, _SIDE, _COLOUR = "set.folder", "set.network", "set.side", "set.colour"


def choose() -> None:
    """Only where there are own folders: most visitors have none."""
    folders = {folder.id: folder for folder in services.folders().list()}
    current = session.experiment().data.folder
    if not folders and not current:
        return
    options = [FASHION, *folders]
    if current not in options:
        options.append(current)
    st.session_state[_FOLDER] = current
    st.selectbox(
        "Pictures",
        options,
        format_func=lambda name: _title(name, folders),
        key=_FOLDER,
        on_change=_chosen,
        help="What it learns from. Your own folders come from Data, My folders.",
    )


def _title(name: str, folders: dict[str, Folder]) -> str:
    if name == FASHION:
        return load().name
    folder = folders.get(name)
    return f"{folder.name} ({folder.total:,})" if folder else "A folder that is gone"


def _chosen() -> None:
    name = st.session_state[_FOLDER]
    if name == FASHION:
        session.set_experiment(PRESETS[session.DEFAULT_PRESET].experiment)
        return
    try:
        begin(services.folders().get(name))
    except LabError as error:
        session.warn(str(error))


def begin(folder: Folder) -> None:
    """Make Train's experiment one on this folder, with the first of its networks."""
    session.set_experiment(experiment_for(next(iter(FOLDER_PRESETS.values())), folder))


def network() -> None:
    """The folder's networks, picture size and colour; each sets the input of the others."""
    experiment = session.experiment()
    try:
        folder = services.folders().get(experiment.data.folder)
    except LabError as error:
        st.error(str(error))
        return
    current = experiment.preset
    st.session_state[_NETWORK] = current if current in FOLDER_PRESETS else None
    st.selectbox(
        "Network",
        list(FOLDER_PRESETS),
        format_func=lambda name: FOLDER_PRESETS[name].title,
        key=_NETWORK,
        placeholder="Own network",
        on_change=_network_chosen,
        args=(folder,),
        help="Choosing one sets all that belongs to it. Change its layers below.",
    )
    if preset := FOLDER_PRESETS.get(current):
        looks.caption(preset.about)
    side, _, channels = experiment.architecture.input_shape
    st.session_state[_SIDE], st.session_state[_COLOUR] = side, channels == 3
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.number_input(
            "Picture size",
            SMALLEST_SIDE,
            SIDE,
            key=_SIDE,
            step=10,
            on_change=_resized,
            help="Pixels of a side: pictures are squeezed to a square of this size. Twice the "
            "side takes four times as long.",
        )
        st.toggle("Colour", key=_COLOUR, on_change=_resized, help="Off: grey, one channel.")
    looks.caption(_in_words(experiment, folder))


def _network_chosen(folder: Folder) -> None:
    name = st.session_state[_NETWORK]
    if name:
        session.set_experiment(experiment_for(FOLDER_PRESETS[name], folder))


def _resized() -> None:
    side, channels = st.session_state[_SIDE], 3 if st.session_state[_COLOUR] else 1
    experiment = session.experiment()
    shape = (side, side, channels)
    architecture = experiment.architecture.changed(input_shape=shape)
    session.set_experiment(experiment.changed(architecture=architecture))


def _in_words(experiment: Experiment, folder: Folder) -> str:
    output = experiment.architecture.output
    end = "one sigmoid unit, binary cross-entropy" if output.binary else "softmax"
    text = f"{folder.n('train'):,} training pictures, {len(folder.class_names)} classes: {end}."
    try:
        parameters = summarise(experiment.architecture).parameters
    except LabError:  # said below, beside the button
        return text
    return f"{text} {parameters:,} parameters."
