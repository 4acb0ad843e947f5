"""What networks answer to a thousand validation pictures, computed once for all who look."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import streamlit as st

from fmnist_core import insight, models
from fmnist_core.embedding import Components, pca
from fmnist_core.experiment import Experiment
from pages.shared import looks, services, session

PIXELS = 64
"""Side to which larger pictures are shrunk for the map of their pixels."""
KEPT = 200
"""Answers; each is some 40 kB, with features 240 kB."""


@dataclass(frozen=True, eq=False)
class Sample:
    """Validation pictures of an experiment, evenly over the classes."""

    indices: np.ndarray
    """Into the training set."""

    @property
    def images(self) -> np.ndarray:
        return session.models_dataset().train_images[self.indices]

    @property
    def labels(self) -> np.ndarray:
        return session.models_dataset().train_labels[self.indices]

    def __len__(self) -> int:
        return len(self.indices)


def experiment() -> Experiment:
    """Of the chosen network."""
    return models.resolve(session.model(), services.store()).experiment


def sample(n: int = insight.SAMPLE) -> Sample:
    """The validation pictures that the chosen network is looked at with."""
    return Sample(insight.validation_sample(experiment(), n, session.models_dataset()))


def probabilities() -> np.ndarray:
    """(n, classes) of the chosen network for its ``sample``."""
    return _probabilities(session.model(), *_now())


def features() -> tuple[np.ndarray, Components, int]:
    """Of the chosen network for its ``sample``; see ``insight.features``."""
    return _features(session.model(), *_now())


def pixels() -> Components:
    """The main components of the ``sample``'s pixels."""
    chosen = experiment()
    shape = chosen.architecture.input_shape
    return _pixels(tuple(sample().indices.tolist()), f"{chosen.data.folder} {shape}")


def _now() -> tuple[Path, int, int]:
    """Which file of weights the choice means now, its age, and whose engine is asked."""
    weights = models.resolve(session.model(), services.store()).weights
    return weights, weights.stat().st_mtime_ns, id(services.store())


@st.cache_data(show_spinner=False, max_entries=KEPT)
def _probabilities(ref: str, weights: Path, written: int, store: int) -> np.ndarray:
    return insight.probabilities(services.backend(), ref, sample().images)


@st.cache_data(show_spinner=False, max_entries=KEPT)
def _features(
    ref: str, weights: Path, written: int, store: int
) -> tuple[np.ndarray, Components, int]:
    return insight.features(services.backend(), ref, sample().images)


@st.cache_data(show_spinner=False, max_entries=8)
def _pixels(indices: tuple[int, ...], data: str) -> Components:
    images = looks.small(session.models_dataset().train_images[list(indices)], PIXELS)
    return pca(images.reshape(len(images), -1) / 255, insight.COMPONENTS)
