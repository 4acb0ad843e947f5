"""New classes -> a ZIP with their examples, the network's weights, and a Keras script."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Mapping
from pathlib import Path
from string import Template

import numpy as np
import numpy.typing as npt

from fmnist_core import codegen_layers
from fmnist_core.errors import ExperimentError
from fmnist_core.experiment import Experiment
from fmnist_core.head import L2, SCALE
from fmnist_core.images import to_png

SCRIPT = Template('''
"""New classes on the features of a trained network, written by Fashion-MNIST Lab.

    python new_classes.py [PICTURE ...]

It needs Keras 3, TensorFlow, NumPy and Pillow. Run it beside its folder examples/ and network.npz.
It trains a new output layer on the examples and says what each PICTURE (28 x 28, bright on black,
as those in examples/) is. The layers below stay as they are.
"""

import sys
from pathlib import Path

import keras
import numpy as np
from keras import layers
from PIL import Image

CLASSES = $classes
HERE = Path(__file__).parent


${own_layers}def read(path):
    picture = Image.open(path).convert("L").resize((28, 28))
    return np.asarray(picture, np.float32)[..., np.newaxis] / 255


def feature_extractor():
    """The network without its output layer; features of length $scale."""
    model = keras.Sequential(
        [
$layers
        ]
    )
    with np.load(HERE / "network.npz") as file:
        model.set_weights([file[name] for name in sorted(file.files) if name != "rescale"])
    features = keras.Model(model.inputs, model.get_layer("output").input)
    features.trainable = False
    return features


def scaled(features):
    length = np.linalg.norm(features, axis=1, keepdims=True)
    return $scale * features / np.where(length > 0, length, 1)


def main():
    keras.utils.set_random_seed(0)
    extractor = feature_extractor()
    paths = [(label, path) for label, name in enumerate(CLASSES)
             for path in sorted((HERE / "examples" / name).glob("*.png"))]
    labels = np.array([label for label, _ in paths])
    pictures = np.stack([read(path) for _, path in paths])
    features = scaled(extractor.predict(pictures, verbose=0))
    head = keras.Sequential(
        [
            keras.Input(features.shape[1:]),
            layers.Dense(
                len(CLASSES),
                activation="softmax",
                kernel_initializer="zeros",
                kernel_regularizer=keras.regularizers.L2($half_l2),
            ),
        ]
    )
    head.compile(
        optimizer=keras.optimizers.Adam(0.02),
        loss=keras.losses.SparseCategoricalCrossentropy(),
    )
    for _ in range(300):  # fit would take longer to begin an epoch than to learn in it
        head.train_on_batch(features, labels)
    right = (head.predict(features, verbose=0).argmax(1) == labels).sum()
    print(f"{right} of {len(labels)} examples right")
    for path in sys.argv[1:]:
        found = scaled(extractor.predict(read(path)[np.newaxis], verbose=0))
        given = head.predict(found, verbose=0)
        named = ", ".join(f"{name} {p:.3f}" for name, p in zip(CLASSES, given[0]))
        print(f"{path}: {named}")


if __name__ == "__main__":
    main()
''')


def exported(
    experiment: Experiment,
    weights: Path,
    examples: Mapping[str, npt.NDArray[np.float32]],
) -> bytes:
    """A ZIP.

    Args:
        experiment: of the network; ``weights`` are its npz file.
        examples: class name -> pictures (n, 28, 28, 1) in [0, 1].

    Raises:
        ExperimentError: the network standardises its pictures, which the script does not.
    """
    if experiment.data.scaling == "standardise":
        raise ExperimentError("This network standardises its pictures, which the script does not.")
    folders = {name: folder_name(name, number) for number, name in enumerate(examples)}
    lines = codegen_layers.layer_lines(experiment.architecture, experiment.data.scaling)
    own_layers = codegen_layers.own_layers(experiment.architecture).lstrip()
    script = SCRIPT.substitute(
        classes=repr(list(folders.values())),
        own_layers=own_layers and f"{own_layers}\n\n",
        layers="\n".join(lines),
        scale=SCALE,
        half_l2=L2 / 2,
    )
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("new_classes.py", script.lstrip())
        archive.write(weights, "network.npz")
        for name, pictures in examples.items():
            for number, picture in enumerate(pictures):
                levels = np.rint(picture[..., 0] * 255).astype(np.uint8)
                archive.writestr(f"examples/{folders[name]}/{number:03d}.png", to_png(levels))
    return buffer.getvalue()


def folder_name(name: str, number: int) -> str:
    """A class's name as every file system takes it, and in the order of the classes."""
    plain = re.sub(r"[^A-Za-z0-9]+", "-", name).strip("-").lower()
    return f"{number}-{plain}" if plain else f"{number}-class"
