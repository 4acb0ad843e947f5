"""What is computed once of the whole dataset, and shared by all sessions."""

from __future__ import annotations

from functools import cache

import numpy as np

from fmnist_core.datasets import Dataset, Moments, load, mean_pictures, moments

SPLITS = {"train": "Training", "test": "Test"}


def arrays(split: str) -> tuple[np.ndarray, np.ndarray]:
    """Pictures (n, 28, 28) and labels (n,), both uint8, of "train" or "test"."""
    data = load()
    if split == "train":
        return data.train_images, data.train_labels
    return data.test_images, data.test_labels


def training_moments() -> Moments:
    """Mean and deviation of all training pixels, scaled to [0, 1]."""
    return _moments(load())


def spread(split: str) -> tuple[np.ndarray, np.ndarray]:
    """Mean and deviation of every pixel, by class: float32 (classes, 28, 28), in [0, 1]."""
    return _spread(load(), split)


def means() -> np.ndarray:
    """The mean training picture of every class, float32 (classes, 28, 28), in [0, 1]."""
    return _means(load())


@cache
def _means(data: Dataset) -> np.ndarray:
    return mean_pictures(data.train_images, data.train_labels, len(data.class_names))


@cache
def _moments(data: Dataset) -> Moments:
    return moments(data.train_images)


@cache
def _spread(data: Dataset, split: str) -> tuple[np.ndarray, np.ndarray]:
    images, labels = arrays(split)
    classes = range(len(data.class_names))
    deviations = [images[labels == label].std(axis=0) / 255 for label in classes]
    return mean_pictures(images, labels), np.array(deviations, np.float32)
