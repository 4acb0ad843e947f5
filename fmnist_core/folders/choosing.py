"""Which pictures an experiment is about: Fashion-MNIST, or a folder of one's own."""

from __future__ import annotations

from pathlib import Path

from fmnist_core.architecture import shape_text
from fmnist_core.datasets.fashion_mnist import Dataset, load
from fmnist_core.datasets.splits import check_size
from fmnist_core.errors import ExperimentError
from fmnist_core.experiment import Experiment
from fmnist_core.folders.store import FolderStore


def dataset_of(experiment: Experiment, root: Path) -> Dataset:
    """The experiment's pictures, those of a folder in the shape that its network takes.

    Args:
        root: of the runs, beside which the folders lie.

    Raises:
        DataError: the folder is not here, or not to be had in this shape.
    """
    if not experiment.data.folder:
        return load()
    return FolderStore(root).dataset(experiment.data.folder, experiment.architecture.input_shape)


def check_data(experiment: Experiment, root: Path) -> None:
    """Refuse what its pictures do not allow, before anything is built.

    Raises:
        DataError: as ``dataset_of``. ExperimentError: another number of classes than the folder's,
            or more training pictures than there are.
    """
    data, architecture = dataset_of(experiment, root), experiment.architecture
    check_size(experiment.data, data)
    if experiment.data.folder and architecture.classes != len(data.class_names):
        raise ExperimentError(
            f"{data.name} has {len(data.class_names)} classes, but this network for "
            f"{shape_text(architecture.input_shape)} tells {architecture.classes} apart. Set "
            f"architecture.classes to {len(data.class_names)}."
        )
