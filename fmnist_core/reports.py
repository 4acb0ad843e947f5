"""Reads the report and the predictions that a run, or a bundled model, leaves behind."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import numpy.typing as npt

from fmnist_core import temperature
from fmnist_core.errors import RunError
from fmnist_core.evaluation import Report, confusion


def test_report(path: Path) -> Report:
    """The part of ``report.json`` about the test set.

    Raises RunError: it is not there, or damaged.
    """
    try:
        return Report.from_json(json.dumps(json.loads(path.read_bytes())["test"]))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise RunError(
            f"The report of {path.parent.name} cannot be read ({error}). Train the network again."
        ) from error


def test_probabilities(
    directory: Path, labels: npt.NDArray[np.uint8]
) -> npt.NDArray[np.float32] | None:
    """What the network says to the test pictures with these labels (n,), calibrated: float32 (n,
    classes).

    At the temperature of its calibration, if it has one, so that every page is equally sure of a
    picture. None and RunError as for ``uncalibrated_test_probabilities``.
    """
    given = uncalibrated_test_probabilities(directory, labels)
    known = temperature.read(directory)
    return given if given is None or known is None else temperature.apply(given, known.temperature)


def uncalibrated_test_probabilities(
    directory: Path, labels: npt.NDArray[np.uint8]
) -> npt.NDArray[np.float32] | None:
    """The same, as the softmax gives them.

    None before the run has ended. Raises RunError: they are damaged, or of other test pictures
    than those that are loaded.
    """
    path = directory / "test_probabilities.npy"
    if not path.is_file():
        return None
    try:
        probabilities = np.load(path, allow_pickle=False)
    except (OSError, ValueError, EOFError) as error:
        raise RunError(
            f"The predictions of {directory.name} cannot be read ({error}). Train the network "
            "again."
        ) from error
    if len(probabilities) != len(labels):
        raise RunError(
            f"This run was judged on {len(probabilities):,} test pictures, but the dataset in use "
            f"has {len(labels):,}. Start the app with the dataset that it was trained on."
        )
    if not _as_reported(directory, labels, probabilities):
        raise RunError(
            "This run was judged on other test pictures than those of the dataset in use: its "
            "report counts other mistakes. Start the app with the dataset that it was trained on."
        )
    return np.asarray(probabilities)


def _as_reported(
    directory: Path, labels: npt.NDArray[np.uint8], probabilities: npt.NDArray[np.float32]
) -> bool:
    """Whether these labels give the confusions that the report has; of two sets of ten thousand
    pictures they differ."""
    try:
        reported = test_report(directory / "report.json").confusion
    except RunError:  # whoever shows the report says so
        return True
    if labels.max(initial=0) >= len(reported):
        return False
    counted = confusion(labels, probabilities.argmax(axis=1), len(reported))
    return bool(np.array_equal(counted, reported))
