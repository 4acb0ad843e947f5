"""The moving averages of batch normalisation, taken anew.

Training leaves those of its last steps, on pictures as they were varied. A network answers
pictures as they are (Wu and Johnson 2021, "Rethinking 'Batch' in BatchNorm", arXiv:2105.07576).
"""

from __future__ import annotations

from collections.abc import Iterator

import keras
import numpy as np
import numpy.typing as npt

from fmnist_core.engine.build import kind_of

BATCH_SIZE = 500


def average_anew(model: keras.Model, pictures: npt.NDArray[np.float32]) -> None:
    """Each average becomes the mean over batches of the pictures; what was learned stays.

    ``pictures`` are as the network takes them, (n, h, w, channels) in [0, 1], in random order.
    """
    layers = list(normalizations(model))
    momenta = [layer.momentum for layer in layers]
    for number, batch in enumerate(np.array_split(pictures, -(-len(pictures) // BATCH_SIZE))):
        for layer in layers:
            layer.momentum = number / (number + 1)
        model(batch, training=True)
    for layer, momentum in zip(layers, momenta, strict=True):
        layer.momentum = momentum


def normalizations(model: keras.Model) -> Iterator[keras.layers.BatchNormalization]:
    """All batch normalisations of a network, those inside residual blocks too."""
    for layer in model.layers:
        if kind_of(layer) == "ResidualBlock":
            yield from normalizations(layer)
        elif isinstance(layer, keras.layers.BatchNormalization):
            yield layer
