"""What augmentation makes of one picture, for a preview: the very steps of training."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import tensorflow as tf

from fmnist_core.datasets.fashion_mnist import Dataset
from fmnist_core.engine.augment import augment, mixing_share
from fmnist_core.engine.steps import as_pictures
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
    pictures = tf.repeat(tf.constant(picture)[tf.newaxis], count, axis=0)
    vary = augment(augmentation, seed)
    if vary:
        pictures = vary(pictures, tf.constant(0))
    if augmentation.mixup:
        images = dataset.train_images
        chosen = np.random.default_rng(seed).choice(len(images), count, count > len(images))
        others = as_pictures(tf.constant(images[chosen]))
        shares = [mixing_share(augmentation, seed, tf.constant(step)) for step in range(count)]
        share = tf.reshape(tf.stack(shares), [-1, 1, 1, 1])
        pictures = share * pictures + (1 - share) * others
    return np.clip(pictures.numpy(), 0.0, 1.0)
