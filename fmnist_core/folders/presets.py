"""Networks for one's own pictures: three and five blocks of Conv2D and MaxPooling2D, RMSprop.

The sizes are those that courses use for photos of 150 x 150 and 300 x 300 pixels.
"""

from __future__ import annotations

from dataclasses import dataclass

from fmnist_core.architecture import (
    AnyLayer,
    Architecture,
    Conv2D,
    Dense,
    Dropout,
    Flatten,
    MaxPooling2D,
    Output,
)
from fmnist_core.experiment import Data, Experiment, Training
from fmnist_core.folders.folder import SIDE, Folder


@dataclass(frozen=True)
class FolderPreset:
    name: str
    title: str
    about: str
    side: int
    filters: tuple[int, ...]
    """Of each block's convolution."""
    dropout: float = 0.0
    batch_size: int = 32


FOLDER_PRESETS = {
    preset.name: preset
    for preset in (
        FolderPreset(
            "three-blocks",
            "Three blocks",
            "Three times convolution and pooling, 150 x 150: the usual beginning.",
            150,
            (16, 32, 64),
        ),
        FolderPreset(
            "five-blocks",
            "Five blocks",
            "Five times convolution and pooling, 300 x 300: sees more, takes four times as long.",
            300,
            (16, 32, 64, 64, 64),
        ),
        FolderPreset(
            "five-blocks-150",
            "Five blocks, shrunk to 150",
            "The same five blocks on pictures of half the side: what does shrinking cost?",
            150,
            (16, 32, 64, 64, 64),
        ),
        FolderPreset(
            "small-pictures",
            "Two blocks",
            "Two blocks on 64 x 64 pixels: seconds instead of minutes.",
            64,
            (16, 32),
        ),
    )
}


def experiment_for(preset: FolderPreset, folder: Folder, side: int | None = None) -> Experiment:
    """The preset's network on a folder's pictures, in their colours; ``side`` None: the preset's.

    Two classes get one sigmoid unit and binary cross-entropy, more a softmax.
    """
    side = min(SIDE, side or preset.side)
    layers: list[AnyLayer] = []
    for filters in preset.filters:
        layers += [Conv2D(filters=filters, padding="same"), MaxPooling2D()]
    layers += [Flatten()]
    if preset.dropout:
        layers.append(Dropout(rate=preset.dropout))
    layers.append(Dense(units=128 if len(preset.filters) < 5 else 512))
    classes = len(folder.class_names)
    return Experiment(
        title=f"{preset.title}, {folder.name}"[:80],
        preset=preset.name,
        architecture=Architecture(
            layers=tuple(layers),
            output=Output(binary=classes == 2),
            input_shape=(side, side, 3 if folder.colour else 1),
            classes=classes,
        ),
        data=Data(folder=folder.id, validation_fraction=0.2),
        training=Training(
            optimizer="rmsprop",
            learning_rate=0.001,
            batch_size=preset.batch_size,
            epochs=15,
        ),
    )
