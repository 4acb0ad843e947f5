"""Short questions to a model: what does it see, which filters does it have. Arrays in and out.

The answers come from a model worker; nothing here loads TensorFlow.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from fmnist_core.errors import PictureError
from fmnist_core.experiment import Augmentation

Floats = npt.NDArray[np.float32]
CHUNK = 1000
"""Pictures of 28 x 28 in one call, so that a drawing waits for a tenth of a second at most."""
CHUNK_NUMBERS = CHUNK * 28 * 28
"""Of larger pictures as many as have so many numbers, one at least."""
MAX_PICTURES = 100_000


class Caller(Protocol):
    """The part of a backend that is needed here."""

    def call(
        self,
        operation: str,
        params: dict[str, Any],
        arrays: dict[str, npt.NDArray[Any]],
        timeout: float = ...,
    ) -> tuple[dict[str, Any], dict[str, npt.NDArray[Any]]]: ...


@dataclass(frozen=True, eq=False)
class FeatureMaps:
    """What one layer answers to one picture."""

    layer: str
    kind: str
    maps: Floats
    """(h, w, channels), or (units,) after Flatten."""


@dataclass(frozen=True, eq=False)
class Filters:
    """The kernels of one convolution."""

    layer: str
    kernels: Floats
    """(height, width, channels in, channels out)."""


@dataclass(frozen=True, eq=False)
class Origin:
    """Where one number of a feature map comes from."""

    kind: str
    """Of the layer: Keras' class name."""
    value: float
    """What the feature map holds."""
    told: dict[str, Any]
    """Numbers and names, as ``engine.pixels.origin`` lists them for each kind of layer."""
    arrays: dict[str, Floats]
    """``window``, ``kernel`` and ``sums``, where the layer has them."""


class ModelServer:
    """Answers for any model reference that ``models.resolve`` knows.

    Every method raises RunNotFoundError for an unknown model, PictureError for something that is
    not a picture, EngineBusyError while the engine starts, and EngineError when it fails.
    """

    def __init__(self, backend: Caller) -> None:
        self._backend = backend

    def predict(self, model: str, pictures: Floats, *, calibrated: bool = True) -> Floats:
        """Probabilities float32 (n, classes) for pictures (n, h, w, channels) in [0, 1], such as
        (n, 28, 28, 1): the shape that the network takes.

        At the temperature of the model's calibration, if it has one and ``calibrated`` is set.
        """
        params = {"model": model, "calibrated": calibrated}
        answer = self._in_chunks("predict", "probabilities", params, pictures)
        return np.zeros((0, 10), np.float32) if answer is None else answer

    def features(self, model: str, pictures: Floats) -> Floats:
        """What the output layer is given, float32 (n, units), for pictures (n, h, w, channels)."""
        answer = self._in_chunks("features", "features", {"model": model}, pictures)
        return np.zeros((0, 0), np.float32) if answer is None else answer

    def _in_chunks(
        self, operation: str, result: str, params: dict[str, Any], pictures: Floats
    ) -> Floats | None:
        """Ask about many pictures; None for none."""
        pictures = _checked(pictures, "(n, h, w, channels)", 4)
        if len(pictures) > MAX_PICTURES:
            raise PictureError(
                f"Received {len(pictures):,} pictures; at most {MAX_PICTURES:,} at once."
            )
        at_once = max(1, CHUNK_NUMBERS // max(1, int(np.prod(pictures.shape[1:]))))
        parts = [
            self._backend.call(operation, params, {"pictures": chunk})[1][result]
            for chunk in np.split(pictures, range(at_once, len(pictures), at_once))
            if len(chunk)
        ]
        return np.concatenate(parts) if parts else None

    def feature_maps(self, model: str, picture: Floats) -> list[FeatureMaps]:
        """What every layer answers to a picture (h, w, channels) in [0, 1], input first."""
        return self._maps("feature_maps", model, picture)

    def filters(self, model: str) -> list[Filters]:
        """The kernels of every convolution, in order, those inside residual blocks too; empty for
        a network without any."""
        result, arrays = self._backend.call("filters", {"model": model}, {})
        return [Filters(layer["name"], arrays[str(i)]) for i, layer in enumerate(result["layers"])]

    def filter_maps(self, model: str, picture: Floats) -> list[FeatureMaps]:
        """What each of ``filters`` answers to a picture (h, w, channels) in [0, 1]."""
        return self._maps("filter_maps", model, picture)

    def _maps(self, operation: str, model: str, picture: Floats) -> list[FeatureMaps]:
        picture = checked_picture(picture)
        result, arrays = self._backend.call(operation, {"model": model}, {"picture": picture})
        return [
            FeatureMaps(layer["name"], layer["kind"], arrays[str(i)])
            for i, layer in enumerate(result["layers"])
        ]

    def varied(
        self,
        picture: Floats,
        augmentation: Augmentation,
        seed: int = 0,
        count: int = 24,
        folder: str = "",
    ) -> Floats:
        """What training with this augmentation would make of a picture (h, w, channels) in [0, 1].

        ``folder`` is where mixup takes the other pictures from. Returns float32 (count, h, w,
        channels); the same seed gives the same pictures.
        """
        params = {"augmentation": augmentation.model_dump(), "seed": seed, "count": count}
        params["folder"] = folder
        arrays = {"picture": checked_picture(picture)}
        return self._backend.call("varied", params, arrays)[1]["pictures"]

    def pixel(self, model: str, picture: Floats, layer: int, place: tuple[int, int, int]) -> Origin:
        """Where a number comes from: ``place`` (row, column, channel) in the feature maps number
        ``layer`` of ``feature_maps``. Raises RunError: there is no such number."""
        picture = checked_picture(picture)
        params = {"model": model, "layer": layer, "place": list(place)}
        told, arrays = self._backend.call("pixel", params, {"picture": picture})
        return Origin(told["kind"], told["value"], told, arrays)

    def separate(self, picture: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8] | None:
        """Where the garment is in a photo, RGB (h, w, 3): 255 there, else 0, (h, w).

        None when it cannot be told from its background. ``images.prepare`` takes this method.
        """
        if picture.ndim != 3 or picture.shape[2] != 3 or picture.dtype != np.uint8:
            raise PictureError(
                f"Expected a uint8 picture of shape (h, w, 3), received {picture.dtype} "
                f"{picture.shape}."
            )
        _, answers = self._backend.call("separate", {}, {"picture": picture})
        return answers.get("mask")


def checked_picture(picture: Any) -> Floats:
    """One picture (h, w, channels) in [0, 1] as float32. Raises PictureError: it is not."""
    return _checked(picture, "(h, w, channels)", 3)


def _checked(pictures: Any, wanted: str, dimensions: int) -> Floats:
    array = np.asarray(pictures)
    if array.ndim != dimensions or array.shape[-1] not in (1, 3):
        raise PictureError(f"Expected pictures of shape {wanted}, received {array.shape}.")
    if not np.issubdtype(array.dtype, np.floating):
        raise PictureError(f"Expected float pictures in [0, 1], received {array.dtype}.")
    # Written so that NaN is refused too.
    if array.size and not (array.min() >= 0 and array.max() <= 1):
        raise PictureError(
            f"Expected numbers from 0 to 1, received {array.min():g} to {array.max():g}."
        )
    return np.ascontiguousarray(array, np.float32)
