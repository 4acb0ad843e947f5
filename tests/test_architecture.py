from __future__ import annotations

import pytest
from hypothesis import given, settings

from fmnist_core.architecture import (
    LAYER_TYPES,
    Activation,
    AnyLayer,
    Architecture,
    AveragePooling2D,
    BatchNormalization,
    Conv2D,
    Dense,
    Dropout,
    Flatten,
    GlobalAveragePooling2D,
    MaxPooling2D,
    ResidualBlock,
    layer_names,
    layer_title,
)
from fmnist_core.errors import ArchitectureError
from fmnist_core.summary import summarise
from tests import strategies


def rows(*layers: AnyLayer) -> list[tuple[tuple[int, ...], int, int, int]]:
    """Shape, parameters, trainable parameters and multiply-adds of each layer but the output."""
    summary = summarise(Architecture(layers=(*layers, Flatten())))
    return [
        (row.output_shape, row.parameters, row.trainable_parameters, row.multiply_adds)
        for row in summary.rows[:-2]
    ]


@pytest.mark.parametrize(
    ("layer", "shape", "parameters", "multiply_adds"),
    [
        (Conv2D(filters=5), (26, 26, 5), 50, 26 * 26 * 45),
        (Conv2D(filters=5, padding="same"), (28, 28, 5), 50, 28 * 28 * 45),
        (Conv2D(filters=5, use_bias=False), (26, 26, 5), 45, 26 * 26 * 45),
        (Conv2D(filters=2, kernel_size=5, strides=3), (8, 8, 2), 52, 8 * 8 * 50),
        (Conv2D(filters=2, strides=3, padding="same"), (10, 10, 2), 20, 10 * 10 * 18),
        (Conv2D(filters=1, kernel_size=28), (1, 1, 1), 785, 784),
        (MaxPooling2D(), (14, 14, 1), 0, 0),
        (AveragePooling2D(pool_size=3), (9, 9, 1), 0, 0),
        (GlobalAveragePooling2D(), (1,), 0, 0),
        (Flatten(), (784,), 0, 0),
        (Dropout(), (28, 28, 1), 0, 0),
        (Activation(activation="gelu"), (28, 28, 1), 0, 0),
    ],
    ids=lambda value: layer_title(value) if hasattr(value, "kind") else None,
)
def test_one_layer(
    layer: AnyLayer, shape: tuple[int, ...], parameters: int, multiply_adds: int
) -> None:
    assert rows(layer) == [(shape, parameters, parameters, multiply_adds)]


def test_dense_counts_a_weight_per_pair_and_a_bias_per_unit() -> None:
    assert rows(Flatten(), Dense(units=3))[1] == ((3,), 2355, 2355, 2352)
    assert rows(Flatten(), Dense(units=3, use_bias=False))[1] == ((3,), 2352, 2352, 2352)


def test_half_of_batch_normalisation_is_not_trained() -> None:
    assert rows(Conv2D(filters=7), BatchNormalization())[1] == ((26, 26, 7), 28, 14, 0)
    assert rows(Flatten(), BatchNormalization())[1] == ((784,), 3136, 1568, 0)


def test_a_residual_block_has_two_convolutions_and_no_weights_around_them() -> None:
    weights, statistics = 9 * (3 * 5 + 5 * 5), 2 * (3 + 5)
    same, smaller = (
        rows(Conv2D(filters=3, padding="same"), ResidualBlock(filters=5, strides=strides))[1]
        for strides in (1, 3)
    )
    counts = weights + 2 * statistics, weights + statistics
    assert same == ((28, 28, 5), *counts, 28 * 28 * weights)
    assert smaller == ((10, 10, 5), *counts, 10 * 10 * weights)


def test_a_residual_block_holds_what_its_seven_layers_give() -> None:
    summary = summarise(Architecture(layers=(ResidualBlock(filters=2, strides=2), Flatten())))
    before, after = 28 * 28, 14 * 14 * 2
    assert summary.rows[0].activations == 2 * before + 5 * after


def test_the_output_layer_comes_last_with_one_unit_per_class() -> None:
    summary = summarise(Architecture(layers=(Flatten(),)))
    last = summary.rows[-1]
    assert (last.name, last.kind, last.output_shape) == ("output", "Dense", (10,))
    assert (last.parameters, last.multiply_adds) == (7850, 7840)
    assert summary.parameters == summary.trainable_parameters == 7850
    assert summary.multiply_adds == 7840
    assert summary.activations == 784 + 10


def test_names_count_each_kind() -> None:
    stack = Architecture(layers=(Conv2D(), MaxPooling2D(), Conv2D(), Flatten(), Dense()))
    expected = ("conv2d_1", "maxpooling2d_1", "conv2d_2", "flatten_1", "dense_1", "output")
    assert layer_names(stack) == expected


def test_every_kind_of_layer_has_a_title_and_is_offered() -> None:
    titles = {kind: layer_title(layer()) for kind, layer in LAYER_TYPES.items()}  # type: ignore[arg-type]
    assert titles == {
        "Conv2D": "Conv2D 32, 3x3 valid",
        "ResidualBlock": "ResidualBlock 32",
        "MaxPooling2D": "MaxPooling2D 2x2",
        "AveragePooling2D": "AveragePooling2D 2x2",
        "GlobalAveragePooling2D": "GlobalAveragePooling2D",
        "BatchNormalization": "BatchNormalization",
        "Activation": "Activation relu",
        "Dropout": "Dropout 0.25",
        "Flatten": "Flatten",
        "Dense": "Dense 128",
    }
    assert layer_title(Conv2D(strides=2)) == "Conv2D 32, 3x3 valid, stride 2"
    assert layer_title(ResidualBlock(strides=2)) == "ResidualBlock 32, stride 2"


@pytest.mark.parametrize(
    ("layers", "message", "layer"),
    [
        (
            (Flatten(), Conv2D()),
            "Conv2D cannot follow Flatten: it needs height and width. Move it above Flatten.",
            1,
        ),
        (
            (GlobalAveragePooling2D(), Dense(), MaxPooling2D()),
            (
                "MaxPooling2D cannot follow Dense: it needs height and width. "
                "Move it above GlobalAveragePooling2D."
            ),
            2,
        ),
        (
            (Conv2D(), Dense()),
            (
                "Dense needs a row of numbers, but gets 26x26x32. "
                "Put Flatten or GlobalAveragePooling2D above it."
            ),
            1,
        ),
        (
            (Conv2D(filters=4),),
            (
                "The output layer needs a row of numbers, but the stack ends with 26x26x4. "
                "Add Flatten or GlobalAveragePooling2D at the end."
            ),
            None,
        ),
        (
            (MaxPooling2D(pool_size=20), Conv2D(), Flatten()),
            (
                "Conv2D 32, 3x3 valid does not fit: its input is 1x1x1, smaller than its window. "
                "Use padding 'same', a smaller window, or move it up."
            ),
            1,
        ),
        (
            (Conv2D(filters=8), ResidualBlock(filters=4), Flatten()),
            (
                "ResidualBlock 4 adds what it makes to what comes in, and 8 maps come in. "
                "Give it 8 filters or more."
            ),
            1,
        ),
        (
            (Flatten(), ResidualBlock()),
            (
                "ResidualBlock cannot follow Flatten: it needs height and width. "
                "Move it above Flatten."
            ),
            1,
        ),
        (
            (MaxPooling2D(pool_size=20), MaxPooling2D(), Flatten()),
            (
                "MaxPooling2D 2x2 does not fit: its input is 1x1x1, smaller than its window. "
                "Use a smaller window, or move it up."
            ),
            1,
        ),
    ],
)
def test_what_does_not_fit_is_said_in_words(
    layers: tuple[AnyLayer, ...], message: str, layer: int | None
) -> None:
    with pytest.raises(ArchitectureError) as caught:
        summarise(Architecture(layers=layers))
    assert str(caught.value) == message
    assert caught.value.layer == layer


@given(strategies.architectures())
def test_stacks_that_fit_are_summarised(architecture: Architecture) -> None:
    summary = summarise(architecture)
    assert tuple(row.name for row in summary.rows) == layer_names(architecture)
    assert len(set(layer_names(architecture))) == len(architecture.layers) + 1
    assert all(min(row.output_shape) >= 1 for row in summary.rows)
    assert all(0 <= row.trainable_parameters <= row.parameters for row in summary.rows)
    assert summary.rows[-1].output_shape == (10,)


@settings(max_examples=300)
@given(strategies.arbitrary_architectures())
def test_any_stack_is_summarised_or_refused(architecture: Architecture) -> None:
    try:
        summary = summarise(architecture)
    except ArchitectureError as error:
        refused = error
    else:
        assert min(min(row.output_shape) for row in summary.rows) >= 1
        return
    assert refused.layer is None or 0 <= refused.layer < len(architecture.layers)
    assert str(refused).endswith(".")
