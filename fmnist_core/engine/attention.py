"""Where a network looks: Grad-CAM, occlusion and integrated gradients for one picture and class.

All three are in points of the class's score, the number before the softmax: a probability near
1 hardly moves any more, whatever is covered.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import keras
import numpy as np
import numpy.typing as npt
import tensorflow as tf

from fmnist_core.engine.build import kind_of, stride_of
from fmnist_core.engine.stack import Network, Stage, last_answer, logits, through, tool
from fmnist_core.engine.streaming import pictures_at_once
from fmnist_core.explanations import EVERY_PIXEL, occlusion_side

Floats = npt.NDArray[np.float32]
CHUNK = 196
"""Covered pictures in one pass: a quarter of 784."""
PLACES = 14
"""Along a side of a picture that is too large to be covered at each pixel."""
PATH = 64
"""Points between black and the picture at which integrated gradients are taken."""


@dataclass(frozen=True)
class Grid:
    """Where the places of a feature map are in the picture, along either side: place i has its
    middle at pixel ``first + i * step``."""

    first: float
    step: float


@dataclass(frozen=True, eq=False)
class Cam:
    """What Grad-CAM found."""

    cam: Floats
    """(h, w), none below 0."""
    size: float
    """The largest sum, at any place, of what was added up there, each without its sign: what is
    far smaller than this is rounding."""
    share: float
    """What the map adds up to, as a share of what its places add to the score one by one. Grad-CAM
    weighs a feature map by its mean slope; where slopes differ from place to place, as in front of
    Flatten, little of them is left."""


class Attention:
    """The traced passes for one network. Nothing in them changes it."""

    def __init__(self, model: keras.Model) -> None:
        self._model = model
        self.stage = last_answer(model)
        self._scores = tf.function(lambda pictures: logits(model, pictures))
        self._cam = tf.function(self._weighted_maps)
        self._slopes = tf.function(self._gradients)

    def scores(self, pictures: Floats) -> Floats:
        """Before the softmax: (n, h, w, channels) -> (n, classes)."""
        given: Floats = self._scores(tf.constant(pictures)).numpy()
        return given

    def grad_cam(self, picture: Floats, wanted: int) -> Cam | None:
        """Of the last convolution's answer, or residual block's; None without either.

        Each feature map counts by the mean slope of the score along it.
        """
        if self.stage is None:
            return None
        given = self._cam(tf.constant(picture[np.newaxis]), tf.constant(wanted))
        cam, size, single = (each.numpy() for each in given)
        return Cam(cam, float(size), float(cam.sum() / single) if single > 0 else 0.0)

    def occlusion(self, picture: Floats, wanted: int) -> tuple[Floats, Floats]:
        """By how much the score falls when a black square has its middle at each pixel (h, w),
        and all scores with the square there (h, w, classes)."""
        rows, columns = (_middles(side) for side in picture.shape[:2])
        places = [(row, column) for row in np.unique(rows) for column in np.unique(columns)]
        chunk = pictures_at_once(self._model, CHUNK)
        found = np.concatenate(
            [
                self.scores(_covered(picture, places[i : i + chunk]))
                for i in range(0, len(places), chunk)
            ]
        ).reshape(len(np.unique(rows)), len(np.unique(columns)), -1)
        # Between the places of a large picture its nearest one counts.
        covered = found[np.unique(rows, return_inverse=True)[1]][
            :, np.unique(columns, return_inverse=True)[1]
        ]
        whole = self.scores(picture[np.newaxis])[0, wanted]
        return whole - covered[:, :, wanted], covered

    def integrated_gradients(self, picture: Floats, wanted: int) -> Floats:
        """Each pixel's share of the score, counted from a black picture: (h, w).

        The mean slope on the straight way from black to the picture, times the pixel. The sum of
        all is the difference of the two scores.
        """
        parts = (np.arange(PATH, dtype=np.float32) + np.float32(0.5)) / PATH
        total = np.zeros(picture.shape, np.float64)
        chunk = pictures_at_once(self._model, PATH)
        for i in range(0, PATH, chunk):
            points = picture * parts[i : i + chunk, np.newaxis, np.newaxis, np.newaxis]
            slopes = self._slopes(tf.constant(points), tf.constant(wanted)).numpy()
            total += slopes.sum(axis=0, dtype=np.float64)
        shares: Floats = (total / PATH * picture).sum(axis=-1)
        return shares.astype(np.float32)

    def _weighted_maps(
        self, picture: tf.Tensor, wanted: tf.Tensor
    ) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
        """The map, the largest sum without signs, and the sum of all places that speak for it."""
        assert self.stage is not None
        maps = through(self.stage.layers, picture)
        with tf.GradientTape() as tape:
            tape.watch(maps)
            score = logits(self._model, maps, len(self.stage.layers))[0, wanted]
        slopes = tape.gradient(score, maps)[0]
        weighted = maps[0] * tf.reduce_mean(slopes, axis=(0, 1))
        single = tf.reduce_sum(tf.nn.relu(tf.reduce_sum(maps[0] * slopes, axis=-1)))
        size = tf.reduce_max(tf.reduce_sum(tf.abs(weighted), axis=-1))
        return tf.nn.relu(tf.reduce_sum(weighted, axis=-1)), size, single

    def _gradients(self, pictures: tf.Tensor, wanted: tf.Tensor) -> tf.Tensor:
        with tf.GradientTape() as tape:
            tape.watch(pictures)
            score = tf.reduce_sum(logits(self._model, pictures)[:, wanted])
        return tape.gradient(score, pictures)


def answer(
    network: Network, params: dict[str, Any], arrays: dict[str, npt.NDArray[Any]]
) -> tuple[dict[str, Any], dict[str, npt.NDArray[Any]]]:
    """{"wanted": class, or None for the predicted one} {"picture"} -> {"wanted"} and, with a
    convolution, {"layer", "first", "step", "size", "share"}; {"scores", "black_scores",
    "occlusion", "covered", "integrated_gradients"} and, with a convolution, {"grad_cam"}."""
    attention = tool(network, Attention, lambda: Attention(network.model))
    picture = arrays["picture"]
    black_scores, scores = (
        attention.scores(each[np.newaxis])[0] for each in (np.zeros_like(picture), picture)
    )
    wanted = int(scores.argmax()) if params["wanted"] is None else int(params["wanted"])
    occlusion, covered = attention.occlusion(picture, wanted)
    found = {
        "scores": scores,
        "black_scores": black_scores,
        "occlusion": occlusion,
        "covered": covered,
        "integrated_gradients": attention.integrated_gradients(picture, wanted),
    }
    said: dict[str, Any] = {"wanted": wanted}
    grad_cam = attention.grad_cam(picture, wanted)
    if grad_cam is not None and attention.stage is not None:
        said |= {"layer": attention.stage.layer.name}
        said |= {"size": grad_cam.size, "share": grad_cam.share}
        said |= asdict(grid_of(attention.stage))
        found["grad_cam"] = grad_cam.cam
    return said, found


def grid_of(stage: Stage) -> Grid:
    """Where the places of a convolution's or residual block's maps are in the picture."""
    first, step = 0.0, 1.0
    for layer in stage.layers:
        window = getattr(layer, "kernel_size", None) or getattr(layer, "pool_size", None)
        if kind_of(layer) == "ResidualBlock":  # what goes around is what the places stand for
            size = stride = stride_of(layer)
            padding = "same"
        elif window:
            size, stride, padding = window[0], layer.strides[0], layer.padding
        else:  # works on each number alone
            continue
        before = 0
        if padding == "same":
            side = layer.input.shape[1]
            before = max((-(-side // stride) - 1) * stride + size - side, 0) // 2
        first += ((size - 1) / 2 - before) * step
        step *= stride
    return Grid(first, step)


def _middles(side: int) -> npt.NDArray[np.int64]:
    """Where the middle of the square is put for each pixel along a side: (side,)."""
    pixels = np.arange(side)
    if side <= EVERY_PIXEL:
        return pixels
    places = np.rint((np.arange(PLACES) + 0.5) * side / PLACES - 0.5).astype(np.int64)
    nearest: npt.NDArray[np.int64] = places[np.abs(pixels[:, np.newaxis] - places).argmin(axis=1)]
    return nearest


def _covered(picture: Floats, middles: list[tuple[int, int]]) -> Floats:
    """The picture with a black square at each of the middles: (n, h, w, channels)."""
    found = np.repeat(picture[np.newaxis], len(middles), axis=0)
    below, beside = (occlusion_side(side) // 2 for side in picture.shape[:2])
    for covered, (row, column) in zip(found, middles, strict=True):
        top, left = max(0, row - below), max(0, column - beside)
        covered[top : row + below + 1, left : column + beside + 1] = 0.0
    return found
