"""The pictures that experiments learn from: IDX files, splits and simple statistics."""

from fmnist_core.datasets.fashion_mnist import (
    CLASS_NAMES,
    FASHION_MNIST,
    Dataset,
    data_dir,
    load,
)
from fmnist_core.datasets.splits import Split, flip_labels, panel, split, split_of
from fmnist_core.datasets.statistics import Moments, class_counts, mean_pictures, moments

__all__ = [
    "CLASS_NAMES",
    "FASHION_MNIST",
    "Dataset",
    "Moments",
    "Split",
    "class_counts",
    "data_dir",
    "flip_labels",
    "load",
    "mean_pictures",
    "moments",
    "panel",
    "split",
    "split_of",
]
