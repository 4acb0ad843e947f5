"""The block that the bundled models and the fast presets are made of."""

from __future__ import annotations

from fmnist_core.architecture import (
    Activation,
    AnyLayer,
    BatchNormalization,
    Conv2D,
    GlobalAveragePooling2D,
    ResidualBlock,
)


def block(
    filters: int, size: int = 3, strides: int = 1, momentum: float = 0.9
) -> tuple[AnyLayer, ...]:
    """Convolution, batch normalisation, ReLU.

    ``momentum`` is that of the moving averages: few steps want a smaller one.
    """
    normalised = BatchNormalization(momentum=momentum), Activation()
    return convolution(filters, size, strides), *normalised


def convolution(filters: int, size: int = 3, strides: int = 1) -> Conv2D:
    """A convolution that a normalisation follows."""
    return Conv2D(
        filters=filters,
        kernel_size=size,
        strides=strides,
        padding="same",
        activation="linear",
        use_bias=False,  # the normalisation behind it has one
        kernel_initializer="he_normal",
    )


def residual_network(filters: int, blocks: int, momentum: float = 0.9) -> tuple[AnyLayer, ...]:
    """Three groups of so many residual blocks, each after the first with twice the filters on
    maps of half the side (He et al. 2016); 6 * ``blocks`` + 2 layers with weights, the output's
    included. ``residual_network(16, 3)`` is their ResNet-20."""
    groups = [
        ResidualBlock(
            filters=filters << group,
            strides=2 if group and not number else 1,
            momentum=momentum,
        )
        for group in range(3)
        for number in range(blocks)
    ]
    last = BatchNormalization(momentum=momentum), Activation(), GlobalAveragePooling2D()
    return convolution(filters), *groups, *last
