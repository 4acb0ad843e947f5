"""Training pictures that vary: one batch moved, turned, mirrored, dimmed, covered or mixed.

All of it runs inside the training step. Keras' preprocessing layers do the same one by one, each
with its own pass over the pictures; here mirror, shift, turn and zoom are one transformation of
the coordinates, and a picture is read once. The random numbers follow from seed and step, so the
same run sees the same pictures again.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import tensorflow as tf

from fmnist_core.experiment import Augmentation

Augment = Callable[[tf.Tensor, tf.Tensor], tf.Tensor]
"""(pictures float32 (n, h, w, c) in [0, 1], step int32 ()) -> the same, varied."""
Loss = Callable[[tf.Tensor, tf.Tensor], tf.Tensor]
"""(labels int32 (n,), what the network gave (n, classes)) -> loss of each picture (n,)."""
Vary = Callable[[tf.Tensor, tf.Tensor], tuple[tf.Tensor, Loss]]
"""(pictures, step) -> the pictures as they are learned, and the loss that belongs to them."""
_PLACE, _LIGHT, _COVER, _MIX = range(4)  # streams of random numbers


def augment(augmentation: Augmentation, seed: int) -> Augment | None:
    """What varies a batch, to be called inside a ``tf.function``; None where nothing is varied."""
    parts: list[Augment] = []
    if augmentation.moves:
        parts.append(lambda pictures, step: _moved(pictures, augmentation, _key(seed, step)))
    if augmentation.brightness:
        parts.append(lambda pictures, step: _lit(pictures, augmentation, _key(seed, step)))
    if augmentation.erase:
        parts.append(lambda pictures, step: _covered(pictures, augmentation, _key(seed, step)))
    if not parts:
        return None

    def varied(pictures: tf.Tensor, step: tf.Tensor) -> tf.Tensor:
        for part in parts:
            pictures = part(pictures, step)
        return pictures

    return varied


def training_batch(augmentation: Augmentation, seed: int, loss: Loss) -> Vary:
    """What a step learns from: its pictures varied and, with mixup, blended as their losses are.

    Blended is each with its counterpart in the batch in reverse order, which is as good as any:
    the order of a batch is random.
    """
    vary = augment(augmentation, seed)

    def varied(pictures: tf.Tensor, step: tf.Tensor) -> tuple[tf.Tensor, Loss]:
        if vary:
            pictures = vary(pictures, step)
        if not augmentation.mixup:
            return pictures, loss
        share = mixing_share(augmentation, seed, step)

        def blended(labels: tf.Tensor, given: tf.Tensor) -> tf.Tensor:
            return share * loss(labels, given) + (1 - share) * loss(labels[::-1], given)

        return share * pictures + (1 - share) * pictures[::-1], blended

    return varied


def mixing_share(augmentation: Augmentation, seed: int, step: tf.Tensor) -> tf.Tensor:
    """How much of each picture stays when a batch is mixed with its reverse: Beta(a, a).

    Zhang et al. 2018, arXiv:1710.09412; one share for the batch, as in the authors' code.
    """
    alpha = augmentation.mixup
    key = _stream(_key(seed, step), _MIX)
    first, second = tf.unstack(tf.random.stateless_gamma([2], key, alpha))
    return first / (first + second)


def _moved(pictures: tf.Tensor, augmentation: Augmentation, key: tf.Tensor) -> tf.Tensor:
    """Mirror, shift, turn and zoom about the middle; what comes in from outside is black."""
    n, height, width = tf.shape(pictures)[0], pictures.shape[1], pictures.shape[2]
    places = tf.random.stateless_uniform([7, n], _stream(key, _PLACE), -1.0, 1.0)
    mirror, turn_over, right, down, angle, wider, taller = tf.unstack(places)
    angle *= math.radians(augmentation.rotation)
    wider, taller = (1 / (1 + augmentation.zoom * each) for each in (wider, taller))
    if augmentation.flip:
        wider *= tf.sign(mirror)
    if augmentation.upside_down:
        taller *= tf.sign(turn_over)
    # Whole pixels: a shift by half a pixel would blur, and blurred is what no test picture is.
    right = tf.round(right * augmentation.width_shift * width)
    down = tf.round(down * augmentation.height_shift * height)
    cosine, sine = tf.cos(angle), tf.sin(angle)
    middle_x, middle_y = (width - 1) / 2, (height - 1) / 2
    # From a pixel of the new picture back to where it is read in the old one.
    x, y = middle_x + right, middle_y + down
    rows = [
        (cosine * wider, -sine * wider, middle_x - wider * (cosine * x - sine * y)),
        (sine * taller, cosine * taller, middle_y - taller * (sine * x + cosine * y)),
    ]
    zeros = tf.zeros_like(angle)
    transforms = tf.stack([*rows[0], *rows[1], zeros, zeros], axis=1)
    smooth = augmentation.rotation or augmentation.zoom
    return tf.raw_ops.ImageProjectiveTransformV3(
        images=pictures,
        transforms=transforms,
        output_shape=[height, width],
        interpolation="BILINEAR" if smooth else "NEAREST",
        fill_mode="CONSTANT",
        fill_value=0.0,
    )


def _lit(pictures: tf.Tensor, augmentation: Augmentation, key: tf.Tensor) -> tf.Tensor:
    """Each picture brighter or darker; black stays black."""
    shape = [tf.shape(pictures)[0], 1, 1, 1]
    change = augmentation.brightness
    light = tf.random.stateless_uniform(shape, _stream(key, _LIGHT), 1 - change, 1 + change)
    return tf.clip_by_value(pictures * light, 0.0, 1.0)


def _covered(pictures: tf.Tensor, augmentation: Augmentation, key: tf.Tensor) -> tf.Tensor:
    """A black square on each, its middle anywhere: cutout, DeVries & Taylor 2017."""
    n, height, width = tf.shape(pictures)[0], pictures.shape[1], pictures.shape[2]
    middles = tf.random.stateless_uniform([2, n, 1], _stream(key, _COVER))
    half = augmentation.erase / 2
    y, x = (
        tf.floor(middles[axis] * side) - augmentation.erase // 2
        for axis, side in ((0, height), (1, width))
    )
    rows, columns = (
        tf.abs(tf.range(side, dtype=tf.float32)[tf.newaxis] + 0.5 - start - half) < half
        for start, side in ((y, height), (x, width))
    )
    covered = rows[:, :, tf.newaxis] & columns[:, tf.newaxis, :]
    return tf.where(covered[..., tf.newaxis], 0.0, pictures)


def _key(seed: int, step: tf.Tensor) -> tf.Tensor:
    return tf.stack([tf.constant(seed, tf.int64), tf.cast(step, tf.int64)])


def _stream(key: tf.Tensor, number: int) -> tf.Tensor:
    """A key of its own for each kind of change, so that one more leaves the others as they were."""
    return tf.random.experimental.stateless_fold_in(key, number)
