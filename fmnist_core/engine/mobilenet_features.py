"""MobileNetV2: its weights, never random ones, and what it makes of pictures, kept in files."""

from __future__ import annotations

import hashlib
import io
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import keras
import numpy as np
import numpy.typing as npt
import tensorflow as tf

from fmnist_core.errors import RunError
from fmnist_core.files import write_atomically
from fmnist_core.mobilenet import FEATURES, WEIGHTS_VARIABLE, missing, weights_file

Levels = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.float32]
Progress = Callable[[int, float, bool], None]
"""(pictures done, seconds, whether they were there from an earlier run)."""
CHUNK = 64
SAY_SECONDS = 1.0
KEPT_BYTES = 2**30
"""Of features, on the disk: some thirty sets of 14,000 pictures."""
DOWNLOAD_SECONDS = 10.0
"""Without an answer for so long, there is no network."""


@dataclass(frozen=True, eq=False)
class Loaded:
    model: keras.Model
    """(n, side, side, 3) float32 in [-1, 1] -> (n, 1280)."""
    source: str
    """The name of the weights' file."""
    sha256: str
    imagenet: bool
    """Keras' own file; False: one that the server's owner named."""
    trained: bool
    """Whether they have ever learned: batch normalisation begins with moving means of 0."""


def load(side: int) -> Loaded:
    """MobileNetV2 without its output layer, averaged over places, with weights from a file.

    Raises:
        RunError: there are none, they cannot be had, or they are of another network.
    """
    where, path = weights_file(side)
    if where == "file" and not path.is_file():
        raise RunError(missing(side))
    model = _download(side, path) if where == "nowhere" else _from_file(side, path)
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    trained = any(
        np.any(np.asarray(layer.moving_mean))
        for layer in model.layers
        if isinstance(layer, keras.layers.BatchNormalization)
    )
    return Loaded(model, path.name, digest, imagenet=where != "file", trained=trained)


def _from_file(side: int, path: Path) -> keras.Model:
    model = _build(side, None)
    try:
        model.load_weights(path)
    except Exception as error:  # Keras and h5py raise all kinds
        raise RunError(
            f"{path.name} does not hold the weights of MobileNetV2 without its output layer "
            f"(include_top=False, alpha 1, {model.count_params():,} parameters), or is damaged. "
            f"Set {WEIGHTS_VARIABLE} to a file that does."
        ) from error
    return model


def _download(side: int, path: Path) -> keras.Model:
    before = socket.getdefaulttimeout()
    socket.setdefaulttimeout(DOWNLOAD_SECONDS)
    try:
        model = _build(side, "imagenet")
    except Exception as error:  # Keras raises a bare Exception for a failed download
        raise RunError(
            "MobileNetV2's ImageNet weights are not on this machine and could not be downloaded. "
            f"Start the app with {WEIGHTS_VARIABLE} set to a file of them, such as {path.name}, "
            "or with a network. Random weights are never used."
        ) from error
    finally:
        socket.setdefaulttimeout(before)
    if not path.is_file():
        raise RunError(
            f"Keras loaded MobileNetV2's weights, but {path} is not there, so they cannot be "
            f"checked. Set {WEIGHTS_VARIABLE} to their file."
        )
    return model


def _build(side: int, weights: str | None) -> keras.Model:
    return keras.applications.MobileNetV2(
        input_shape=(side, side, 3), include_top=False, pooling="avg", weights=weights
    )


def enlarged(pictures: tf.Tensor, side: int) -> tf.Tensor:
    """uint8 (n, 28, 28) -> float32 (n, side, side, 3) in [-1, 1]: bilinear, grey repeated."""
    levels = tf.cast(pictures[..., tf.newaxis], tf.float32)
    large = tf.image.resize(levels, (side, side), method="bilinear")
    return tf.repeat(large, 3, axis=-1) / 127.5 - 1.0


class Features:
    """What MobileNetV2 makes of pictures: computed once for each set, then read from ``folder``.

    Their key says everything that they depend on: weights, size and the pictures themselves.
    """

    def __init__(self, loaded: Loaded, side: int, folder: Path, go_on: Callable[[], bool]) -> None:
        self._loaded = loaded
        self._side = side
        self._folder = folder
        self._go_on = go_on
        model = loaded.model
        self._forward = tf.function(
            lambda pictures: model(enlarged(pictures, side), training=False),
            input_signature=[tf.TensorSpec([None, 28, 28], tf.uint8)],
        )

    def of(self, pictures: Levels, progress: Progress) -> Floats | None:
        """uint8 (n, 28, 28) -> float32 (n, 1280), in float16's precision; None: stopped."""
        path = self._path(pictures)
        begin = time.perf_counter()
        kept = _read(path, len(pictures))
        if kept is None:
            kept = self._compute(
                pictures, lambda n: progress(n, time.perf_counter() - begin, False)
            )
            if kept is None:
                return None
            buffer = io.BytesIO()
            np.save(buffer, kept)
            path.parent.mkdir(parents=True, exist_ok=True)
            write_atomically(path, buffer.getvalue())
            tidy(self._folder)
            progress(len(pictures), time.perf_counter() - begin, False)
        else:
            path.touch()  # used now: the last to be tidied away
            progress(len(pictures), time.perf_counter() - begin, True)
        return kept.astype(np.float32)

    def _compute(
        self, pictures: Levels, done: Callable[[int], None]
    ) -> npt.NDArray[np.float16] | None:
        found = np.empty((len(pictures), FEATURES), np.float16)
        said = time.monotonic()
        for first in range(0, len(pictures), CHUNK):
            if not self._go_on():
                return None
            chunk = pictures[first : first + CHUNK]
            found[first : first + CHUNK] = self._forward(tf.constant(chunk)).numpy()
            if time.monotonic() - said > SAY_SECONDS:
                said = time.monotonic()
                done(first + len(chunk))
        return found

    def _path(self, pictures: Levels) -> Path:
        shown = hashlib.sha256(pictures.tobytes()).hexdigest()
        return self._folder / f"{self._loaded.sha256[:16]}-{self._side}-{shown[:16]}.npy"


def tidy(folder: Path, most: int = KEPT_BYTES) -> None:
    """Of the features in a folder keep those used last, ``most`` bytes and no more."""
    newest_first = sorted(folder.glob("*.npy"), key=lambda path: -path.stat().st_mtime)
    kept = 0
    for path in newest_first:
        kept += path.stat().st_size
        if kept > most:
            path.unlink(missing_ok=True)


def _read(path: Path, n: int) -> npt.NDArray[np.float16] | None:
    """None: not there, or not what was written."""
    try:
        found = np.load(path, allow_pickle=False)
    except (OSError, ValueError, EOFError):
        return None
    return found if found.shape == (n, FEATURES) and found.dtype == np.float16 else None
