"""Data, Classes: how many of each, what they look like on the whole, how much they vary."""

from __future__ import annotations

import numpy as np
import streamlit as st

from fmnist_core import figures
from fmnist_core.datasets import class_counts, load
from pages.shared import looks
from pages.shared.gallery import gallery
from pages.shared.plots import legend, plot
from pages.views import data_facts


def show() -> None:
    split = str(
        st.segmented_control(
            "Split",
            list(data_facts.SPLITS),
            format_func=data_facts.SPLITS.__getitem__,
            default="train",
            required=True,
            key="lab.classes.split",
            persist_state="session",
            help="Of which pictures the means and spreads below are taken.",
        )
    )
    _means(split)
    left, right = st.columns(2, gap="large")
    with left:
        _counts()
    with right:
        _brightness(split)


def _means(split: str) -> None:
    names = load().class_names
    counts = class_counts(data_facts.arrays(split)[1])
    means, deviations = data_facts.spread(split)
    labels = [f"{name}\nn = {n:,}" for name, n in zip(names, counts, strict=True)]
    looks.section(f"The mean picture of each class ({data_facts.SPLITS[split].lower()})")
    gallery(
        means,
        [f"Mean of {name}" for name in names],
        key="lab.classes.means",
        title="Mean picture per class",
        captions=labels,
        tile=96,
    )
    first, second = _most_alike(means)
    looks.caption(
        "Sharp means the class hardly varies; a blur means that many shapes share a name. Most "
        f"alike are {names[first]} and {names[second]}: expect them to be mixed up."
    )
    looks.section("Where the pictures of a class differ")
    coloured, scale = figures.viridis(deviations, low=0.0)
    gallery(
        coloured,
        [f"Standard deviation within {name}" for name in names],
        key="lab.classes.spread",
        title="Spread per class",
        captions=list(names),
        tile=96,
    )
    legend(scale, "standard deviation of each pixel, of pictures in 0 to 1")


def _counts() -> None:
    data = load()
    train, test = class_counts(data.train_labels), class_counts(data.test_labels)
    figure = figures.class_counts(train, test, data.class_names, looks.palette())
    plot(figure, "lab.classes.counts", "Pictures per class in training and test")
    even = len(set(train)) == len(set(test)) == 1
    looks.caption(
        "Every class has as many as the next, so guessing one class scores "
        f"{100 / len(train):.0f} %."
        if even
        else "The classes are not equally large."
    )


def _brightness(split: str) -> None:
    images, labels = data_facts.arrays(split)
    figure = figures.brightness(
        images,
        labels,
        load().class_names,
        looks.palette(),
        data_facts.SPLITS[split].lower(),
    )
    plot(figure, "lab.classes.brightness", "Mean brightness of the pictures of each class")
    typical = [np.median(images[labels == label].mean(axis=(1, 2))) for label in np.unique(labels)]
    names = load().class_names
    darkest, brightest = names[int(np.argmin(typical))], names[int(np.argmax(typical))]
    looks.caption(
        f"Box: the middle half of the pictures; whiskers: 90 %. {darkest} is darkest, {brightest} "
        "brightest: this one number already tells some classes apart."
    )


def _most_alike(means: np.ndarray) -> tuple[int, int]:
    """The two classes whose mean pictures differ least."""
    flat = means.reshape(len(means), -1)
    distances = np.linalg.norm(flat[:, None] - flat[None], axis=2)
    np.fill_diagonal(distances, np.inf)
    first, second = np.unravel_index(distances.argmin(), distances.shape)
    return int(first), int(second)
