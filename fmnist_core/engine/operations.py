"""The fixed list of questions that a model worker answers: JSON and arrays in, the same out."""

from __future__ import annotations

import functools
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
import numpy.typing as npt
import tensorflow as tf

from fmnist_core import models, replay, temperature
from fmnist_core.architecture import shape_text
from fmnist_core.datasets import load
from fmnist_core.engine import ascent, attention, exciting, one_step, surgery, survey, tsne
from fmnist_core.engine.answers import probabilities
from fmnist_core.engine.build import kind_of
from fmnist_core.engine.explain import (
    LayerArray,
    all_outputs,
    convolution_outputs,
    filters,
    penultimate,
    shown_layers,
)
from fmnist_core.engine.pixels import origin
from fmnist_core.engine.stack import stages, tool
from fmnist_core.engine.streaming import pictures_at_once
from fmnist_core.engine.varied import varied
from fmnist_core.engine.weights import load_model, load_weights
from fmnist_core.errors import PictureError
from fmnist_core.experiment import Augmentation
from fmnist_core.folders import FolderStore
from fmnist_core.models import ModelFiles
from fmnist_core.runs import RunStore, default_root

Params = dict[str, Any]
Arrays = dict[str, npt.NDArray[Any]]
Operation = Callable[[Params, Arrays], tuple[Params, Arrays]]
Forward = Callable[[tf.Tensor], tf.Tensor]
BATCH_SIZES = (1, 32, 1024)
"""Pictures are filled up to one of these: each size is traced once, and none is far too large."""
LOADED_MODELS = 16
_loaded: OrderedDict[Path, Predictor] = OrderedDict()
_maps = tsne.Maps()


class Predictor:
    """A loaded network with its traced forward passes."""

    def __init__(self, files: ModelFiles) -> None:
        self.model = load_model(files.experiment, files.weights)
        self.experiment = files.experiment
        self.tools: dict[Any, Any] = {}
        self.known: dict[Any, Any] = {}
        self._held = _stamp(files.weights)
        self._logits = files.experiment.architecture.output.logits
        most = pictures_at_once(self.model, BATCH_SIZES[-1])
        self._sizes = [size for size in BATCH_SIZES if size <= most]
        self._forward = tf.function(self._probabilities)
        self._outputs = all_outputs(self.model)
        self._penultimate = tf.function(penultimate(self.model))
        self._all_layers = tf.function(lambda picture: self._outputs(picture, training=False))

    def hold(self, weights: Path) -> None:
        """Load other weights of the same network, unless it holds them already."""
        stamp = _stamp(weights)
        if stamp != self._held:
            load_weights(self.model, weights)
            self._held = stamp
            self.known.clear()

    def predict(self, pictures: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        """(n, h, w, channels) in [0, 1] -> probabilities (n, classes)."""
        return self._in_chunks(self._forward, pictures)

    def features(self, pictures: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        """(n, h, w, channels) in [0, 1] -> what the output layer is given, (n, units)."""
        return self._in_chunks(self._penultimate, pictures)

    def feature_maps(self, picture: npt.NDArray[np.float32]) -> list[LayerArray]:
        """What every layer answers to (h, w, channels) in [0, 1], the picture itself first."""
        outputs = self._all_layers(tf.constant(picture[np.newaxis]))
        return [
            LayerArray(_title(layer), kind_of(layer), output.numpy()[0])
            for layer, output in zip(shown_layers(self.model), outputs, strict=True)
        ]

    def filter_maps(self, picture: npt.NDArray[np.float32]) -> list[LayerArray]:
        """What every convolution answers to (h, w, channels) in [0, 1]."""
        layers = [each.layer for each in stages(self.model)]
        if not layers:
            return []
        answers = tool(self, "filter maps", lambda: tf.function(convolution_outputs(self.model)))
        maps = answers(tf.constant(picture[np.newaxis]))
        return [LayerArray(each.name, kind_of(each), maps[each.name].numpy()[0]) for each in layers]

    def _in_chunks(
        self, forward: Forward, pictures: npt.NDArray[np.float32]
    ) -> npt.NDArray[np.float32]:
        largest = self._sizes[-1]
        chunks = [pictures[i : i + largest] for i in range(0, max(len(pictures), 1), largest)]
        return np.concatenate([_chunk(forward, chunk, self._sizes) for chunk in chunks])

    def _probabilities(self, pictures: tf.Tensor) -> tf.Tensor:
        return probabilities(self.model(pictures, training=False), self._logits)


def ping(params: Params, arrays: Arrays) -> tuple[Params, Arrays]:
    """One small operation: TensorFlow works in this process."""
    return {"sum": float(tf.constant(1.0) + 1.0)}, {}


def predict(params: Params, arrays: Arrays) -> tuple[Params, Arrays]:
    """{"model", "calibrated"} {"pictures"} -> {} {"probabilities"}"""
    asked, pictures = predictor(params["model"]), arrays["pictures"]
    _insist_on_shape(asked, pictures)
    found = asked.predict(pictures)
    if params.get("calibrated", True):
        found = temperature.apply(found, _temperature(params["model"]))
    return {}, {"probabilities": found}


def features(params: Params, arrays: Arrays) -> tuple[Params, Arrays]:
    """{"model"} {"pictures"} -> {} {"features": (n, units)}"""
    asked, pictures = predictor(params["model"]), arrays["pictures"]
    _insist_on_shape(asked, pictures)
    return {}, {"features": asked.features(pictures)}


def feature_maps(params: Params, arrays: Arrays) -> tuple[Params, Arrays]:
    """{"model"} {"picture"} -> {"layers": [{"name", "kind"}]} {"0": maps, "1": ...}"""
    asked, picture = predictor(params["model"]), arrays["picture"]
    _insist_on_shape(asked, picture)
    return _layers(asked.feature_maps(picture))


def filters_of(params: Params, arrays: Arrays) -> tuple[Params, Arrays]:
    """{"model"} -> {"layers": [{"name", "kind"}]} {"0": kernels, "1": ...}"""
    return _layers(filters(predictor(params["model"]).model))


def filter_maps(params: Params, arrays: Arrays) -> tuple[Params, Arrays]:
    """{"model"} {"picture"} -> {"layers": [{"name", "kind"}]} {"0": maps, "1": ...}"""
    asked, picture = predictor(params["model"]), arrays["picture"]
    _insist_on_shape(asked, picture)
    return _layers(asked.filter_maps(picture))


def pixel(params: Params, arrays: Arrays) -> tuple[Params, Arrays]:
    """{"model", "layer", "place"} {"picture"} -> what ``pixels.origin`` says"""
    asked = predictor(params["model"])
    _insist_on_shape(asked, arrays["picture"])
    outputs = [layer.array for layer in asked.feature_maps(arrays["picture"])]
    return origin(asked.model, outputs, params["layer"], tuple(params["place"]))


def separate(params: Params, arrays: Arrays) -> tuple[Params, Arrays]:
    """{} {"picture": RGB uint8 (h, w, 3)} -> {} {"mask"}, or nothing if it cannot be told."""
    # Here, because the preload must stay light: OpenCV is loaded by whoever is asked first.
    from fmnist_core.engine import separating

    mask = separating.separate(arrays["picture"])
    return {}, {} if mask is None else {"mask": mask}


def varied_pictures(params: Params, arrays: Arrays) -> tuple[Params, Arrays]:
    """{"augmentation", "seed", "count", "folder"} {"picture"} -> {} {"pictures"}"""
    augmentation, picture = Augmentation(**params["augmentation"]), arrays["picture"]
    folder = params.get("folder")
    data = FolderStore(default_root()).dataset(folder, picture.shape) if folder else load()
    found = varied(picture, augmentation, params["seed"], params["count"], data)
    return {}, {"pictures": found}


def of_network(
    question: Callable[[Predictor, Params, Arrays], tuple[Params, Arrays]],
) -> Operation:
    """A question to the network that ``params["model"]`` names, as an operation."""
    return lambda params, arrays: question(predictor(params["model"]), params, arrays)


def attention_of(params: Params, arrays: Arrays) -> tuple[Params, Arrays]:
    """{"model", "wanted"} {"picture"} -> as ``attention.answer`` gives it, and {"temperature"}"""
    said, found = of_network(attention.answer)(params, arrays)
    return said | {"temperature": _temperature(params["model"])}, found


def survey_of(params: Params, arrays: Arrays) -> tuple[Params, Arrays]:
    """{"model", "components"} {"images"} -> as ``survey.survey`` gives it"""
    asked = predictor(params["model"])
    return survey.survey(asked.model, asked.experiment, arrays["images"], params["components"])


def layer_sizes(params: Params, arrays: Arrays) -> tuple[Params, Arrays]:
    """{"model"} {"images", "labels"} -> as ``survey.layer_sizes`` gives it, {}"""
    asked = predictor(params["model"])
    return survey.layer_sizes(asked.model, asked.experiment, arrays["images"], arrays["labels"]), {}


def one_step_of(params: Params, arrays: Arrays) -> tuple[Params, Arrays]:
    """{"model", "optimizer", "learning_rate", "variable", "index"} -> as ``one_step`` gives it"""
    ref, store = params["model"], _store()
    steps = replay.steps_learned(ref, store)
    return one_step.one_step(models.resolve(ref, store), steps, params)


def tsne_of(params: Params, arrays: Arrays) -> tuple[Params, Arrays]:
    """{} {"points" (n, d)} -> {} {"map" (n, 2)}, or nothing while it is made"""
    found = _maps.ask(arrays["points"])
    return {}, {} if found is None else {"map": found}


OPERATIONS: dict[str, Operation] = {
    "ping": ping,
    "predict": predict,
    "features": features,
    "feature_maps": feature_maps,
    "filters": filters_of,
    "filter_maps": filter_maps,
    "pixel": pixel,
    "separate": separate,
    "varied": varied_pictures,
    "attention": attention_of,
    "exciting": of_network(exciting.answer),
    "surgery": of_network(surgery.answer),
    "best_input": of_network(ascent.answer),
    "survey": survey_of,
    "layer_sizes": layer_sizes,
    "one_step": one_step_of,
    "tsne": tsne_of,
}


def predictor(ref: str) -> Predictor:
    """The network of a reference, holding the weights that the reference means now.

    A run's checkpoints share one network: another step costs the reading of a file, not another
    tracing.

    Raises:
        RunNotFoundError: no such model. RunError: its weights cannot be read.
    """
    files = models.resolve(ref, _store())
    if files.directory not in _loaded:
        _loaded[files.directory] = Predictor(files)
        if len(_loaded) > LOADED_MODELS:
            _loaded.popitem(last=False)
    _loaded.move_to_end(files.directory)
    _loaded[files.directory].hold(files.weights)
    return _loaded[files.directory]


@functools.cache
def _store() -> RunStore:
    return RunStore()


def _temperature(ref: str) -> float:
    """Of a network's probabilities; 1 for one that nobody has calibrated."""
    known = models.resolve(ref, _store()).calibration
    return 1.0 if known is None else known.temperature


def _insist_on_shape(asked: Predictor, pictures: npt.NDArray[np.float32]) -> None:
    """Raises PictureError: the network takes pictures of another size or other colours."""
    taken = asked.experiment.architecture.input_shape
    if pictures.shape[-3:] != taken:
        raise PictureError(
            f"This network takes pictures of {shape_text(taken)}, received "
            f"{shape_text(pictures.shape[-3:])}. Choose a picture of its own data, or another "
            f"network."
        )


def _stamp(weights: Path) -> tuple[Path, int]:
    return weights, weights.stat().st_mtime_ns


def _title(layer: keras.Layer) -> str:
    return "input" if isinstance(layer, keras.layers.InputLayer) else layer.name


def _chunk(
    forward: Forward, pictures: npt.NDArray[np.float32], sizes: list[int]
) -> npt.NDArray[np.float32]:
    n = len(pictures)
    size = next(size for size in sizes if size >= n)
    if size > n:
        filled = np.zeros((size, *pictures.shape[1:]), np.float32)
        filled[:n] = pictures
        pictures = filled
    return forward(tf.constant(pictures)).numpy()[:n]


def _layers(layers: list[LayerArray]) -> tuple[Params, Arrays]:
    described = [{"name": layer.name, "kind": layer.kind} for layer in layers]
    return {"layers": described}, {str(i): layer.array for i, layer in enumerate(layers)}
