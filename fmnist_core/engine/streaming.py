"""Pictures for a call: all of them, held as one tensor, or a few, read from a file for it.

Fashion-MNIST fits into memory, and gathering a batch inside TensorFlow costs least. One's own
pictures lie in a file that is mapped (``folders.squares``): a call gets those that it needs and no
more than ``BYTES`` of them, or one batch if that is larger.
"""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import tensorflow as tf

Images: TypeAlias = Any
"""uint8 (n, h, w) or (n, h, w, channels): tf.Tensor, tf.Variable or np.memmap."""
Indices = npt.NDArray[np.int32]
BYTES = 64 * 2**20
NUMBERS = 100_000_000
"""Of one layer's answers to all pictures of a call, at most: 400 MB."""
UNBOUNDED = 1_000_000
_ALIGNMENT = 64
"""Bytes. TensorFlow reads as many at once, and takes for granted that they begin at a multiple."""


def picked(
    images: Images, labels: tf.Tensor, indices: npt.NDArray[np.int32]
) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
    """Pictures and labels, and the positions in them of those that ``indices`` mean."""
    if not isinstance(images, np.memmap):
        return images, labels, tf.constant(indices)
    wanted, places = np.unique(indices, return_inverse=True)  # ascending: the file's own order
    return (
        tf.constant(np.asarray(images[wanted])),
        tf.gather(labels, wanted),
        tf.constant(places.astype(np.int32)),
    )


def pictures_of(images: Images, indices: Indices) -> npt.NDArray[np.uint8]:
    """Those pictures, uint8 (n, h, w) or (n, h, w, 3), each as often as ``indices`` name it."""
    held = tf.convert_to_tensor(images) if isinstance(images, tf.Variable) else images
    # NumPy sees a tensor where it lies. TensorFlow's own gather would queue behind the steps.
    return np.asarray(held).take(indices, axis=0)


def aligned(shape: tuple[int, ...]) -> npt.NDArray[np.uint8]:
    """An array whose memory TensorFlow can use as it lies there; its contents are arbitrary."""
    size = int(np.prod(shape))
    room = np.empty(size + _ALIGNMENT, np.uint8)
    begin = -room.ctypes.data % _ALIGNMENT
    return room[begin : begin + size].reshape(shape)


def as_tensor(array: npt.NDArray[np.uint8]) -> tf.Tensor:
    """The array as it lies in memory, if that is ``aligned``: leave it alone until the tensor has
    been used. Otherwise a copy."""
    if array.ctypes.data % _ALIGNMENT or not array.flags.c_contiguous:
        return tf.constant(array)
    return tf.experimental.dlpack.from_dlpack(array.__dlpack__())


def steps_at_once(images: Images, batch_size: int) -> int:
    """Steps whose pictures may be in memory together."""
    if not isinstance(images, np.memmap):
        return UNBOUNDED
    return max(1, BYTES // (batch_size * int(np.prod(images.shape[1:]))))


def pictures_at_once(model: tf.Module, largest: int, smallest: int = 1) -> int:
    """A power of two: as many pictures as one forward pass may hold the answers for."""
    numbers = max(int(np.prod(layer.output.shape[1:])) for layer in model.layers)
    fitting = 1 << max(0, (NUMBERS // numbers).bit_length() - 1)
    return max(smallest, min(largest, fitting))
