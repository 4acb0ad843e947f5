"""What augmentation makes of one picture, for a preview: the very steps of training."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from fmnist_core.datasets.fashion_mnist import Dataset
from fmnist_core.engine.augment import augment, mixed, mixing_share
from fmnist_core.experiment import Augmentation

Floats = npt.NDArray[np.float32]


def varied(
    picture: Floats,
    augmentation: Augmentation,
    seed: int,
    count: int,
    dataset: Dataset,
) -> Floats:
    """``count`` variations (count, h, w, c) of a picture (h, w, c) in [0, 1].

    With mixup each is blended with a training picture of its own, by a share of its own: in
    training it is the batch's, one share for all.
    """
    levels = np.round(picture * 255).astype(np.uint8)
    levels = levels[..., 0] if levels.shape[-1] == 1 else levels  # as training has them
    pictures = np.repeat(levels[np.newaxis], count, axis=0)
    vary = augment(augmentation, seed)
    if vary:  # in as many steps: within one, several pictures are moved alike
        pictures = np.concatenate([vary(levels[np.newaxis], step) for step in range(count)])
    if augmentation.mixup:
        images = dataset.train_images
        chosen = np.random.default_rng(seed).choice(len(images), count, count > len(images))
        shares = (mixing_share(augmentation, seed, step) for step in range(count))
        for index, share in enumerate(shares):
            other = np.asarray(images[chosen[index]])
            pictures[index] = mixed(pictures[index : index + 1], other[np.newaxis], share)[0]
    return pictures.reshape(count, *picture.shape).astype(np.float32) / np.float32(255)
