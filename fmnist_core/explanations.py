"""Longer questions to a model: where does it look, what is one of its filters good for.

The answers come from a model worker; nothing here loads TensorFlow.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from fmnist_core.model_server import Caller, Floats, checked_picture

SECONDS = 120.0
"""For an answer: the largest networks allowed take long."""
NOTHING = 0.01
"""A map that moves the score by less than this share of what lies between the scores is flat."""
ROUNDING = 0.02
"""Of the numbers that Grad-CAM adds up: below this its map is what rounding left of them."""
WEAK = 0.05
"""Below this share of the score Grad-CAM says little, though it is not flat."""
EVERY_PIXEL = 32
"""Occlusion covers pictures up to this side at each pixel, larger ones at fewer places."""


def occlusion_side(side: int) -> int:
    """Pixels of the black square on a picture of this side: 5 of 28, odd, so that it has a
    middle."""
    return 2 * (5 * max(28, side) // 28 // 2) + 1


@dataclass(frozen=True, eq=False)
class GradCam:
    """Where the answer of a network's last convolution speaks for a class."""

    layer: str
    cam: Floats
    """(h, w), none below 0, in points of the score."""
    first: float
    step: float
    """Place i of the map has its middle at pixel ``first + i * step``."""
    size: float
    """Of the numbers that were added up."""
    share: float
    """Of what the places add to the score one by one, this is in the map."""

    @property
    def flat(self) -> bool:
        return bool(np.ptp(self.cam) <= ROUNDING * self.size)

    @property
    def weak(self) -> bool:
        return self.share < WEAK

    def on_picture(self, side: int) -> Floats:
        """(side, side): each pixel has the number of the place whose middle is nearest."""
        places = np.rint((np.arange(side) - self.first) / self.step).astype(np.int64)
        rows, columns = (np.clip(places, 0, size - 1) for size in self.cam.shape)
        return self.cam[np.ix_(rows, columns)]


@dataclass(frozen=True, eq=False)
class Attention:
    """Where a network looks in one picture, for one class. Scores are before the softmax."""

    wanted: int
    """The class."""
    scores: Floats
    """Of all classes (classes,)."""
    black_scores: Floats
    """The same for a black picture."""
    occlusion: Floats
    """(h, w): by how much the score falls with a black square's middle there."""
    covered: Floats
    """(h, w, classes): all scores with the square there."""
    integrated_gradients: Floats
    """(h, w): each pixel's share of the score, counted from a black picture."""
    grad_cam: GradCam | None
    """None for a network without a convolution."""
    temperature: float
    """Of the network's calibration: what its scores are divided by before the softmax."""

    @cached_property
    def probabilities(self) -> Floats:
        """(classes,), as every page shows them."""
        return _softmax(self.scores / self.temperature)

    @property
    def predicted(self) -> int:
        return int(self.scores.argmax())

    @property
    def rise(self) -> float:
        """Of the class's score, from a black picture to this one."""
        return float(self.scores[self.wanted] - self.black_scores[self.wanted])

    @property
    def spread(self) -> float:
        """Between the lowest and the highest score: what their points are worth."""
        return float(np.ptp(self.scores))

    @property
    def occlusion_flat(self) -> bool:
        return bool(np.abs(self.occlusion).max() <= NOTHING * self.spread)

    @property
    def gradients_flat(self) -> bool:
        return bool(np.abs(self.integrated_gradients).sum() <= NOTHING * self.spread)

    @property
    def needed(self) -> tuple[int, int, float]:
        """Row and column where the square costs most, and the class's probability with it."""
        row, column = np.unravel_index(int(self.occlusion.argmax()), self.occlusion.shape)
        covered = _softmax(self.covered[row, column] / self.temperature)
        return int(row), int(column), float(covered[self.wanted])


@dataclass(frozen=True, eq=False)
class Exciting:
    """The training-set pictures that a filter answers most to, the most exciting first."""

    indices: npt.NDArray[np.int64]
    """(9,) into the training set; the first ``validation`` candidates were never trained on."""
    held_out: npt.NDArray[np.bool_]
    """(9,): it is a validation picture of the run."""
    peaks: Floats
    """(9,): the largest answer anywhere in the picture."""
    maps: Floats
    """(9, h, w): the filter's answers."""
    validation: int
    train: int
    """How many of each were looked through."""
    awake: int
    """On how many of them the filter rises above zero."""
    dead: bool
    """It is a ReLU's, and above zero on none of them."""
    answer: str
    """The layer where the filter's answer is complete: itself, or its activation."""

    @property
    def n(self) -> int:
        return self.validation + self.train


@dataclass(frozen=True, eq=False)
class Surgery:
    """What a network takes its validation pictures for, before and after one filter changed."""

    indices: npt.NDArray[np.int64]
    """(n,) into the training set."""
    labels: npt.NDArray[np.uint8]
    before: npt.NDArray[np.uint8]
    after: npt.NDArray[np.uint8]
    """(n,) classes."""


@dataclass(frozen=True, eq=False)
class BestInput:
    """The picture that a filter answers most to, and the noise that it grew from."""

    start: Floats
    end: Floats
    """(h, w, channels) in [0, 1]."""
    start_map: Floats
    end_map: Floats
    """(h, w): the filter's answers to the two."""
    steps: int


class Explanations:
    """Answers for any model reference that ``models.resolve`` knows.

    No question changes the model. Every method raises RunNotFoundError for an unknown model,
    RunError for a filter that it does not have, EngineBusyError while the engine starts, and
    EngineError when it fails.
    """

    def __init__(self, backend: Caller) -> None:
        self._backend = backend

    def attention(self, model: str, picture: Floats, wanted: int | None = None) -> Attention:
        """For a picture (h, w, channels) in [0, 1] and a class; None: the predicted one.

        Raises PictureError: it is no picture.
        """
        arrays = {"picture": checked_picture(picture)}
        said, found = self._ask("attention", {"model": model, "wanted": wanted}, arrays)
        names = ("scores", "black_scores", "occlusion", "covered", "integrated_gradients")
        cam = found.get("grad_cam")
        places = ("layer", "first", "step", "size", "share")
        return Attention(
            wanted=said["wanted"],
            temperature=said["temperature"],
            grad_cam=None if cam is None else GradCam(cam=cam, **{n: said[n] for n in places}),
            **{name: found[name] for name in names},
        )

    def exciting(self, model: str, layer: str, number: int) -> Exciting:
        """The nine pictures that a convolution's filter answers most to."""
        params = {"model": model, "layer": layer, "filter": number}
        said, found = self._ask("exciting", params, {})
        both: dict[str, Any] = {**said, **found}
        return Exciting(**both)

    def surgery(
        self, model: str, layer: str, number: int, kernel: Floats, bias: float = 0.0
    ) -> Surgery:
        """With ``kernel`` (h, w, channels in) and ``bias`` instead of the filter's own.

        Raises RunError: it was trained without validation pictures.
        """
        params = {"model": model, "layer": layer, "filter": number, "bias": bias}
        return Surgery(**self._ask("surgery", params, {"kernel": kernel})[1])

    def best_input(self, model: str, layer: str, number: int, seed: int) -> BestInput:
        """Gradient ascent from the grey noise of a seed."""
        params = {"model": model, "layer": layer, "filter": number, "seed": seed}
        said, found = self._ask("best_input", params, {})
        both: dict[str, Any] = {**said, **found}
        return BestInput(**both)

    def _ask(
        self, operation: str, params: dict[str, Any], arrays: dict[str, npt.NDArray[Any]]
    ) -> tuple[dict[str, Any], dict[str, npt.NDArray[Any]]]:
        return self._backend.call(operation, params, arrays, timeout=SECONDS)


def _softmax(scores: Floats) -> Floats:
    powers = np.exp(scores - scores.max())
    probabilities: Floats = powers / powers.sum()
    return probabilities
