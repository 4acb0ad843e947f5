"""Weights in files: npz with ``w000``, ``w001`` ... in the order of ``model.weights``.

The scale and offset of the input, where the network has them, are kept beside the weights, so
that a checkpoint says everything that its experiment does not.
"""

from __future__ import annotations

import io
import zipfile
from pathlib import Path
from typing import Any

import keras
import numpy as np
import numpy.typing as npt

from fmnist_core.engine.build import RESCALING, build
from fmnist_core.errors import RunError
from fmnist_core.experiment import Experiment
from fmnist_core.files import write_atomically

_RESCALE = "rescale"


def save_weights(model: keras.Model, path: Path) -> None:
    """Write them all or not at all."""
    arrays = {f"w{i:03d}": np.asarray(weight) for i, weight in enumerate(model.weights)}
    for layer in model.layers:
        if layer.name == RESCALING:
            arrays[_RESCALE] = np.array([layer.scale, layer.offset], np.float64)
    buffer = io.BytesIO()
    # The stub counts the keywords as arguments of savez itself.
    np.savez(buffer, **arrays)  # type: ignore[arg-type]
    write_atomically(path, buffer.getvalue())


def load_weights(model: keras.Model, path: Path) -> None:
    """Raises RunError: no such file, or not the weights of this architecture."""
    _assign(model, _read(path), path)


def load_model(experiment: Experiment, path: Path) -> keras.Model:
    """The network of an experiment with the weights of a file.

    Raises:
        RunError: no such file, or not the weights of this architecture.
    """
    arrays = _read(path)
    rescale = arrays.pop(_RESCALE, None)
    scaling = None if rescale is None else (float(rescale[0]), float(rescale[1]))
    model = build(experiment.architecture, scaling, experiment.seed)
    _assign(model, arrays, path)
    return model


def _read(path: Path) -> dict[str, npt.NDArray[Any]]:
    try:
        with np.load(path, allow_pickle=False) as file:
            return dict(file)
    except FileNotFoundError as error:
        raise RunError(f"There are no weights at {path.name}. Choose another step.") from error
    except (OSError, ValueError, EOFError, zipfile.BadZipFile) as error:
        raise RunError(f"The weights in {path.name} cannot be read: {error}.") from error


def _assign(model: keras.Model, arrays: dict[str, npt.NDArray[Any]], path: Path) -> None:
    weights = [arrays[name] for name in sorted(arrays) if name != _RESCALE]
    expected = [tuple(weight.shape) for weight in model.weights]
    if [weight.shape for weight in weights] != expected:
        raise RunError(f"The weights in {path.name} are not those of this network.")
    model.set_weights(weights)
