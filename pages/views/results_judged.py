"""Test pictures with what they are, what the network said, and how sure it was."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from fmnist_core.datasets import Dataset
from fmnist_core.wording import how_sure
from pages.shared.gallery import gallery


def judged_gallery(
    indices: np.ndarray,
    probabilities: np.ndarray,
    data: Dataset,
    *,
    key: str,
    title: str,
    on_choose: Callable[[int], None],
    selected: int | None,
    notes: Sequence[str] | None = None,
) -> None:
    """Show test pictures: right ones with a check mark, wrong ones in a thick frame.

    Args:
        indices: (n,) into the test set.
        probabilities: (10000, classes), of the whole test set of ``data``.
        key, title, on_choose, selected: as for ``gallery``.
        notes: one more line for each.
    """
    labels = data.test_labels[indices]
    said, sure = probabilities[indices].argmax(axis=1), probabilities[indices].max(axis=1)
    captions, names = [], []
    for index, label, answer, share in zip(indices, labels, said, sure, strict=True):
        actual, predicted = data.class_names[label], data.class_names[answer]
        if label == answer:
            captions.append(f"{actual}\n✓ {how_sure(share)}")
            names.append(f"Test picture {index}: {actual}, right, {how_sure(share, 1)}")
        else:
            captions.append(f"{actual}\n→ {predicted} {how_sure(share)}")
            names.append(
                f"Test picture {index}: {actual}, taken for {predicted}, {how_sure(share, 1)}"
            )
    for place, note in enumerate(notes or ()):
        captions[place] += f"\n{note}"
        names[place] += f", {note}"
    gallery(
        data.test_images[indices],
        names,
        key=key,
        title=title,
        captions=captions,
        wrong=labels != said,
        tile=96,
        on_choose=on_choose,
        selected=selected,
    )
