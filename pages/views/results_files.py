"""Results, One run: what can be taken away as a file or a link."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urlencode, urljoin

import streamlit as st

from fmnist_core import history, settings
from fmnist_core.codegen import keras_script
from pages.shared import looks
from pages.views.results_facts import Facts


def show(facts: Facts) -> None:
    run = facts.run
    looks.section("Take it with you")
    with st.container(horizontal=True):
        model = run.directory / "model.keras"
        if model.is_file():
            _download("model.keras", model.read_bytes, f"{run.id}.keras", "Keras' own model file.")
        if facts.state.epochs:
            _download(
                "Epochs (CSV)",
                lambda: history.epochs_csv(facts.state),
                f"{run.id}-epochs.csv",
                "Loss and accuracy of each epoch, training and validation.",
            )
        if facts.state.batches:
            _download(
                "Steps (CSV)",
                lambda: history.steps_csv(facts.state),
                f"{run.id}-steps.csv",
                "Loss and accuracy of each batch.",
            )
        _download(
            "Experiment (JSON)",
            run.experiment.to_json,
            f"{run.id}.json",
            "Data, layers, training and seed: all that decides this run.",
        )
        _download(
            "Keras script",
            lambda: keras_script(run.experiment),
            f"{run.id}.py",
            "The same network in plain Keras, without this app.",
        )
    looks.caption("A link that opens this experiment in Train, seed included:")
    query = urlencode({"experiment": settings.to_link(run.experiment)})
    st.code(urljoin(st.context.url or "/", f"train?{query}"), language=None, wrap_lines=True)


def _download(label: str, data: Callable[[], bytes | str], file_name: str, note: str) -> None:
    """The file is made when it is asked for."""
    st.download_button(
        label,
        data,
        file_name,
        key=f"lab.download.{label}",
        icon=":material/download:",
        on_click="ignore",
        help=note,
    )
