"""Hypothesis strategies: layers, stacks of layers, and whole experiments."""

from __future__ import annotations

from typing import get_args

from hypothesis import strategies as st

from fmnist_core import limits
from fmnist_core.architecture import (
    Activation,
    ActivationName,
    AnyLayer,
    Architecture,
    AveragePooling2D,
    BatchNormalization,
    Conv2D,
    Dense,
    Dropout,
    Flatten,
    GlobalAveragePooling2D,
    Initializer,
    MaxPooling2D,
    Output,
    ResidualBlock,
)
from fmnist_core.errors import ArchitectureError
from fmnist_core.experiment import (
    Augmentation,
    Data,
    EarlyStopping,
    Experiment,
    OptimizerName,
    Scaling,
    ScheduleName,
    Target,
    Training,
)
from fmnist_core.summary import summarise

ACTIVATIONS = st.sampled_from(get_args(ActivationName))
INITIALIZERS = st.sampled_from(get_args(Initializer))
_OUTPUT = {
    "kernel_initializer": INITIALIZERS,
    "bias_initializer": st.sampled_from(["zeros", "standard_normal"]),
    "l2": st.sampled_from([0.0, 1e-4, 0.01]),
}
_KERNEL = {"activation": ACTIVATIONS, "use_bias": st.booleans(), **_OUTPUT}


def convolutions(filters: int = 8, kernel_size: int = 7) -> st.SearchStrategy[Conv2D]:
    return st.builds(
        Conv2D,
        filters=st.integers(1, filters),
        kernel_size=st.integers(1, kernel_size),
        strides=st.integers(1, 4),
        padding=st.sampled_from(["valid", "same"]),
        **_KERNEL,
    )


def residual_blocks(filters: int = 8) -> st.SearchStrategy[ResidualBlock]:
    return st.builds(
        ResidualBlock,
        filters=st.integers(1, filters),
        strides=st.integers(1, 4),
        momentum=st.floats(0, 0.999),
    )


def poolings() -> st.SearchStrategy[MaxPooling2D | AveragePooling2D]:
    sizes = st.integers(1, 5)
    return st.builds(MaxPooling2D, pool_size=sizes) | st.builds(AveragePooling2D, pool_size=sizes)


def denses(units: int = 32) -> st.SearchStrategy[Dense]:
    return st.builds(Dense, units=st.integers(1, units), **_KERNEL)


def shapeless() -> st.SearchStrategy[BatchNormalization | Activation | Dropout]:
    """Layers that fit everywhere and leave the shape alone."""
    return st.one_of(
        st.builds(BatchNormalization, momentum=st.floats(0, 0.999)),
        st.builds(Activation, activation=ACTIVATIONS),
        st.builds(Dropout, rate=st.floats(0, 0.9)),
    )


FLATTENERS = st.sampled_from([Flatten(), GlobalAveragePooling2D()])
OUTPUTS = st.builds(Output, logits=st.booleans(), **_OUTPUT)


def any_layers() -> st.SearchStrategy[AnyLayer]:
    return st.one_of(
        convolutions(), residual_blocks(), poolings(), denses(), shapeless(), FLATTENERS
    )


def arbitrary_architectures(max_size: int = 8) -> st.SearchStrategy[Architecture]:
    """Layers in any order: most do not fit together."""
    layers = st.lists(any_layers(), max_size=max_size).map(tuple)
    return st.builds(Architecture, layers=layers, output=OUTPUTS)


@st.composite
def architectures(draw: st.DrawFn, max_size: int = 4) -> Architecture:
    """Stacks that fit: maps, then one flattening layer, then rows of numbers."""
    kinds = st.one_of(convolutions(), residual_blocks(), poolings(), shapeless())
    maps = draw(st.lists(kinds, max_size=max_size))
    rows = draw(st.lists(denses() | shapeless() | st.just(Flatten()), max_size=max_size))
    flattener = draw(FLATTENERS)
    while not _fits(*maps, flattener):
        maps.pop()
    return Architecture(layers=(*maps, flattener, *rows), output=draw(OUTPUTS))


def _fits(*layers: AnyLayer) -> bool:
    try:
        summarise(Architecture(layers=layers))
    except ArchitectureError:
        return False
    return True


def augmentations() -> st.SearchStrategy[Augmentation]:
    return st.builds(
        Augmentation,
        flip=st.booleans(),
        upside_down=st.booleans(),
        width_shift=st.floats(0, 0.5),
        height_shift=st.floats(0, 0.5),
        rotation=st.floats(0, 180),
        zoom=st.floats(0, 0.9),
        brightness=st.floats(0, 1),
        erase=st.integers(0, 28),
        mixup=st.just(0.0) | st.floats(0.01, 10),
    )


def data(validation: st.SearchStrategy[float] | None = None) -> st.SearchStrategy[Data]:
    return st.builds(
        Data,
        train_size=st.none() | st.integers(20, 60_000),
        validation_fraction=validation or st.just(0.0) | st.floats(0.001, 0.5),
        label_noise=st.floats(0, 1),
        scaling=st.sampled_from(get_args(Scaling)),
        augmentation=st.just(Augmentation()) | augmentations(),
    )


@st.composite
def trainings(draw: st.DrawFn, validated: bool = True) -> Training:
    """``validated``: whether there are validation pictures to watch."""
    smoothing = draw(st.just(0.0) | st.floats(0, 0.9))
    splits = ["training", "validation"] if validated else ["training"]
    target = st.builds(
        Target,
        metric=st.sampled_from(["loss", "accuracy"]),
        split=st.sampled_from(splits),
        value=st.floats(0, 1_000),
    )
    stopping = st.builds(
        EarlyStopping,
        monitor=st.sampled_from(["loss", "accuracy"]),
        patience=st.integers(1, limits.MAX_EPOCHS),
        restore_best=st.booleans(),
    )
    return Training(
        optimizer=draw(st.sampled_from(get_args(OptimizerName))),
        learning_rate=draw(st.floats(0, 100, exclude_min=True)),
        momentum=draw(st.floats(0, 0.999)),
        weight_decay=draw(st.floats(0, 1)),
        schedule=draw(st.sampled_from(get_args(ScheduleName))),
        decay_factor=draw(st.floats(0, 1, exclude_min=True)),
        decay_epochs=draw(st.floats(0, 1_000, exclude_min=True)),
        batch_size=draw(st.integers(1, limits.MAX_BATCH_SIZE)),
        epochs=draw(st.integers(1, limits.MAX_EPOCHS)),
        steps=draw(st.none() | st.integers(1, limits.MAX_STEPS)),
        loss="one-hot" if smoothing else draw(st.sampled_from(["sparse", "one-hot"])),
        label_smoothing=smoothing,
        early_stopping=draw(st.none() | stopping) if validated else None,
        target=draw(st.none() | target),
    )


@st.composite
def experiments(
    draw: st.DrawFn, networks: st.SearchStrategy[Architecture] | None = None
) -> Experiment:
    """Every setting drawn from its whole range; the networks fit unless others are given."""
    some_data = draw(data())
    return Experiment(
        title=draw(st.text(st.characters(exclude_categories=["Cs"]), max_size=20)),
        preset=draw(st.sampled_from(["", "cnn-16", "mlp-350", "unknown"])),
        data=some_data,
        architecture=draw(architectures() if networks is None else networks),
        training=draw(trainings(validated=some_data.validation_fraction > 0)),
        seed=draw(st.integers(0, limits.MAX_SEED)),
    )
