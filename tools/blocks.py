"""The block that the bundled models are made of."""

from __future__ import annotations

from fmnist_core.architecture import Activation, BatchNormalization, Conv2D, Layer


def block(filters: int, size: int = 3, strides: int = 1) -> tuple[Layer, ...]:
    """Convolution, batch normalisation, ReLU."""
    conv = Conv2D(
        filters=filters,
        kernel_size=size,
        strides=strides,
        padding="same",
        activation="linear",
        use_bias=False,  # the normalisation behind it has one
        kernel_initializer="he_normal",
    )
    return conv, BatchNormalization(momentum=0.9), Activation()
