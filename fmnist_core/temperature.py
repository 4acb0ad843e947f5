"""Probabilities that mean what they say: one temperature for a model, and how far off it leaves.

A network that is right on 90 of 100 pictures of which it is 99 % sure is overconfident. Dividing
its logits by one number, the temperature, changes no answer but how sure each one is; the number
is the one under which the validation labels are likeliest (Guo et al., 2017).

Of a few pictures that are all right, that would be no number at all: certainty is likeliest. So
the temperature is held near 1 as by a prior, log-normal with ``_SPREAD``; of a thousand pictures
it moves the result by less than a hundredth.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from fmnist_core.calibration import calibration
from fmnist_core.errors import RunError

Floats = npt.NDArray[np.float32]
FILE = "calibration.json"
"""In a model's directory, beside its weights."""
_COLDEST, _HOTTEST = 0.05, 20.0
_SPREAD = 0.5
"""Of the logarithm before any picture is seen: two of three networks within 0.6 and 1.65."""
_GRID, _STEPS = 25, 50
"""Where the smallest is looked for first; then golden section, to a 10**-10th of that."""


@dataclass(frozen=True)
class Temperature:
    """``temperature`` was fitted on ``n`` held-out pictures (of validation, and their
    renderings if the network has learned such); ``error`` is the expected
    calibration error that it leaves on ``error_n`` test pictures, ``before`` the one without."""

    temperature: float
    n: int
    error: float
    before: float
    error_n: int

    def to_json(self) -> str:
        """Write it as one JSON object."""
        return json.dumps(asdict(self))


def read(directory: Path) -> Temperature | None:
    """What a model's directory says, None if nobody has calibrated it. Raises RunError: damaged."""
    try:
        fields = json.loads((directory / FILE).read_bytes())
        found = Temperature(**fields)
        if not _COLDEST <= found.temperature <= _HOTTEST:
            raise ValueError(f"temperature {found.temperature}")
    except FileNotFoundError:
        return None
    except (OSError, ValueError, TypeError) as error:
        raise RunError(
            f"The calibration of {directory.name} cannot be read ({error}). Delete its {FILE}."
        ) from error
    return found


def calibrate(
    validation: tuple[npt.ArrayLike, npt.ArrayLike], test: tuple[npt.ArrayLike, npt.ArrayLike]
) -> Temperature:
    """Fit on validation and measure on test: each is labels (n,) and probabilities (n, classes).

    Without validation pictures the temperature is 1: nothing else may be used to choose it.
    """
    labels, probabilities = (np.asarray(part) for part in validation)
    temperature = fit(labels, probabilities) if len(labels) else 1.0
    given = np.asarray(test[1], np.float32)
    return Temperature(
        temperature=temperature,
        n=len(labels),
        error=expected_error(test[0], apply(given, temperature)),
        before=expected_error(test[0], given),
        error_n=len(given),
    )


def fit(labels: npt.ArrayLike, probabilities: npt.ArrayLike) -> float:
    """The temperature that makes labels (n,) likeliest under probabilities (n, classes), few of
    them held near 1.

    Their logarithms serve as logits: a softmax forgets no more than a constant.
    """
    actual = np.asarray(labels, np.int64)
    logits = _logits(np.asarray(probabilities))

    def loss(log_temperature: float) -> float:
        scaled = logits / np.exp(log_temperature)
        normalised = np.log(np.exp(scaled).sum(axis=1))
        likelihood = (normalised - scaled[np.arange(len(actual)), actual]).sum()
        return float(likelihood + (log_temperature / _SPREAD) ** 2 / 2)

    grid = np.linspace(np.log(_COLDEST), np.log(_HOTTEST), _GRID)
    best = int(np.argmin([loss(each) for each in grid]))
    low, high = grid[max(0, best - 1)], grid[min(_GRID - 1, best + 1)]
    ratio = (np.sqrt(5) - 1) / 2
    for _ in range(_STEPS):
        left, right = high - ratio * (high - low), low + ratio * (high - low)
        if loss(left) < loss(right):
            high = right
        else:
            low = left
    return float(np.exp((low + high) / 2))


def apply(probabilities: npt.ArrayLike, temperature: float) -> Floats:
    """Probabilities (n, classes) as they are at another temperature; 1 changes nothing."""
    given = np.asarray(probabilities, np.float32)
    if temperature == 1.0 or not len(given):
        return given
    powers = np.exp(_logits(given) / temperature)
    scaled: Floats = (powers / powers.sum(axis=1, keepdims=True)).astype(np.float32)
    return scaled


def expected_error(labels: npt.ArrayLike, probabilities: npt.ArrayLike) -> float:
    """How far, on average, the highest probability is from the share that is right, in [0, 1].

    ``calibration.calibration`` says how. 0 for no pictures.
    """
    chances = np.asarray(probabilities, np.float64)
    if not len(chances):
        return 0.0
    return calibration(np.asarray(labels), chances).error


def _logits(probabilities: npt.NDArray[np.generic]) -> npt.NDArray[np.float64]:
    """Logarithms, 0 for the likeliest class; what was rounded to 0 is taken as 10**-30."""
    logs = np.log(np.maximum(np.asarray(probabilities, np.float64), 1e-30))
    shifted: npt.NDArray[np.float64] = logs - logs.max(axis=1, keepdims=True)
    return shifted
