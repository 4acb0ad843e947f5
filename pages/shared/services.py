"""What all sessions of a server share: the runs, who trains and who answers."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

from fmnist_core.datasets import Dataset
from fmnist_core.experiment import Experiment
from fmnist_core.folders import FolderStore, dataset_of
from fmnist_core.jobs.local import LocalBackend
from fmnist_core.model_server import ModelServer
from fmnist_core.new_classes import NewClassesStore
from fmnist_core.pictures import PictureStore
from fmnist_core.runs import RunStore


@dataclass(frozen=True)
class Services:
    """What all sessions of a server share."""

    store: RunStore
    backend: LocalBackend
    server: ModelServer
    pictures: PictureStore


_given: Services | None = None


def use(services: Services | None) -> None:
    """Let every page use these services (None: the real ones again). For tests."""
    global _given
    _given = services


def current() -> Services:
    return _given or _real_services()


@st.cache_resource(show_spinner=False)
def _real_services() -> Services:
    store = RunStore()
    backend = LocalBackend(store)
    backend.start()
    return Services(store, backend, ModelServer(backend), PictureStore(store.root))


def store() -> RunStore:
    return current().store


def backend() -> LocalBackend:
    return current().backend


def server() -> ModelServer:
    return current().server


def folders() -> FolderStore:
    return FolderStore(store().root)


def own_classes() -> NewClassesStore:
    return NewClassesStore(store().root)


def dataset(about: Experiment) -> Dataset:
    """The pictures that an experiment is about. Raises DataError: the folder is gone."""
    return dataset_of(about, store().root)
