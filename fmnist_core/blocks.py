"""The block that the bundled models and the fast presets are made of."""

from __future__ import annotations

from fmnist_core.architecture import Activation, AnyLayer, BatchNormalization, Conv2D


def block(
    filters: int, size: int = 3, strides: int = 1, momentum: float = 0.9
) -> tuple[AnyLayer, ...]:
    """Convolution, batch normalisation, ReLU.

    ``momentum`` is that of the moving averages: few steps want a smaller one.
    """
    conv = Conv2D(
        filters=filters,
        kernel_size=size,
        strides=strides,
        padding="same",
        activation="linear",
        use_bias=False,  # the normalisation behind it has one
        kernel_initializer="he_normal",
    )
    return conv, BatchNormalization(momentum=momentum), Activation()
