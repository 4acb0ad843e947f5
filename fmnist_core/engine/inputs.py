"""An experiment's data, ready for the engine: tensors, labels with noise, indices of the splits."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import tensorflow as tf

from fmnist_core.datasets import splits
from fmnist_core.datasets.fashion_mnist import Dataset
from fmnist_core.datasets.statistics import moments
from fmnist_core.engine.streaming import Images, Indices
from fmnist_core.errors import ExperimentError
from fmnist_core.experiment import Experiment
from fmnist_core.folders import dataset_of
from fmnist_core.runs import default_root

_ORDER = 3  # a stream of random numbers of its own, beside those of the splits


@dataclass(frozen=True, eq=False)
class Inputs:
    images: Images
    """All training pictures, uint8 (n, h, w) or (n, h, w, 3): held once, batches are gathered from
    it; or mapped from a file, from which each batch is read."""
    labels: tf.Tensor
    """int32 (n,), with noise where the experiment wants it, in the training part only."""
    train: Indices
    validation: Indices
    panel: Indices
    rescale: tuple[float, float] | None
    """(scale, offset) from [0, 1] to what the network learns from; None: as it is."""

    def order(self, seed: int, epoch: int) -> Indices:
        """The training pictures in the order of one epoch."""
        return np.random.default_rng([seed, _ORDER, epoch]).permutation(self.train)


def prepare(experiment: Experiment, dataset: Dataset) -> Inputs:
    """Raises ExperimentError: for more training pictures than there are, or for no validation
    picture where its end depends on them."""
    data, seed = experiment.data, experiment.seed
    split = splits.split_of(data, dataset, seed)
    if experiment.watches_validation and not len(split.validation):
        raise ExperimentError(
            "Early stopping and a validation target need validation pictures, but of "
            f"{len(dataset.train_labels):,} pictures data.validation_fraction "
            f"{data.validation_fraction:g} sets none aside. Set it higher."
        )
    labels = dataset.train_labels.astype(np.int32)
    labels[split.train] = splits.flip_labels(
        labels[split.train], data.label_noise, seed, len(dataset.class_names)
    )
    panel = splits.panel(dataset.train_labels, split.validation, seed)
    return Inputs(
        images=held(dataset.train_images),
        labels=tf.constant(labels),
        train=split.train.astype(np.int32),
        validation=split.validation.astype(np.int32),
        panel=panel.astype(np.int32),
        rescale=_rescale(experiment, dataset.train_images, split.train),
    )


def dataset_now(experiment: Experiment) -> Dataset:
    """The pictures that an experiment learns from, those of this process' runs.

    Raises DataError: a folder that is not here, or is damaged.
    """
    return dataset_of(experiment, default_root())


def held(images: npt.NDArray[np.uint8]) -> Images:
    """As one tensor, unless they are mapped from a file."""
    return images if isinstance(images, np.memmap) else tf.constant(images)


def test_set(dataset: Dataset) -> tuple[Images, tf.Tensor, Indices]:
    """Pictures, labels and indices of the test set; asked for once, at the end of a run."""
    labels = dataset.test_labels.astype(np.int32)
    indices = np.arange(len(labels), dtype=np.int32)
    return held(dataset.test_images), tf.constant(labels), indices


def _rescale(
    experiment: Experiment, images: npt.NDArray[np.uint8], train: splits.Indices
) -> tuple[float, float] | None:
    match experiment.data.scaling:
        case "raw":
            return (255.0, 0.0)
        case "standardise":
            mean, std = moments(images, train)
            std = max(std, 1 / 255)  # pictures of one grey would divide by nothing
            return (1 / std, -mean / std)
        case "divide-255":
            return None
