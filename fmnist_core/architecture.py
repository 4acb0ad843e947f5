"""Layers and stacks of them, as values: frozen, validated, named as in Keras."""

from __future__ import annotations

from collections import Counter
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from fmnist_core.limits import MAX_CHANNELS, MAX_FILTERS, MAX_LAYERS, MAX_SIDE, MAX_UNITS
from fmnist_core.values import Value

Shape = tuple[int, ...]
Side = Annotated[int, Field(ge=1, le=MAX_SIDE)]
Channels = Annotated[int, Field(ge=1, le=MAX_CHANNELS)]
PICTURE_SHAPE = (28, 28, 1)
CLASSES = 10
ActivationName = Literal["linear", "relu", "leaky_relu", "elu", "gelu", "silu", "tanh", "sigmoid"]
Initializer = Literal[
    "glorot_uniform", "glorot_normal", "he_uniform", "he_normal", "standard_normal", "zeros"
]
"""Keras' names; ``standard_normal`` is N(0, 1), which some tutorials use and few should."""


class Layer(Value):
    """Base of all layers. ``kind`` is Keras' class name."""


class Kernel(Layer):
    """What Conv2D and Dense share."""

    activation: ActivationName = "relu"
    use_bias: bool = True
    kernel_initializer: Initializer = "glorot_uniform"
    bias_initializer: Literal["zeros", "standard_normal"] = "zeros"
    l2: float = Field(0.0, ge=0, le=10)


class Conv2D(Kernel):
    kind: Literal["Conv2D"] = "Conv2D"
    filters: int = Field(32, ge=1, le=MAX_FILTERS)
    kernel_size: int = Field(3, ge=1, le=28)
    strides: int = Field(1, ge=1, le=28)
    padding: Literal["valid", "same"] = "valid"


class ResidualBlock(Layer):
    """What comes in, plus what two convolutions make of it.

    Pre-activation (He et al. 2016, "Identity mappings in deep residual networks"): normalisation,
    ReLU, 3x3 convolution, twice. Where a block makes the maps smaller or more, what comes in is
    averaged over windows and followed by maps of zeros, so the way around has no parameters.
    """

    kind: Literal["ResidualBlock"] = "ResidualBlock"
    filters: int = Field(32, ge=1, le=MAX_FILTERS)
    """Of both convolutions; at least as many as maps come in."""
    strides: int = Field(1, ge=1, le=28)
    """Of the first convolution."""
    momentum: float = Field(0.99, ge=0, lt=1)
    """Of the moving averages of both normalisations."""


class MaxPooling2D(Layer):
    kind: Literal["MaxPooling2D"] = "MaxPooling2D"
    pool_size: int = Field(2, ge=1, le=28)


class AveragePooling2D(Layer):
    kind: Literal["AveragePooling2D"] = "AveragePooling2D"
    pool_size: int = Field(2, ge=1, le=28)


class GlobalAveragePooling2D(Layer):
    kind: Literal["GlobalAveragePooling2D"] = "GlobalAveragePooling2D"


class BatchNormalization(Layer):
    kind: Literal["BatchNormalization"] = "BatchNormalization"
    momentum: float = Field(0.99, ge=0, lt=1)


class Activation(Layer):
    kind: Literal["Activation"] = "Activation"
    activation: ActivationName = "relu"


class Dropout(Layer):
    kind: Literal["Dropout"] = "Dropout"
    rate: float = Field(0.25, ge=0, lt=1)


class Flatten(Layer):
    kind: Literal["Flatten"] = "Flatten"


class Dense(Kernel):
    kind: Literal["Dense"] = "Dense"
    units: int = Field(128, ge=1, le=MAX_UNITS)


AnyLayer = Annotated[
    Conv2D
    | ResidualBlock
    | MaxPooling2D
    | AveragePooling2D
    | GlobalAveragePooling2D
    | BatchNormalization
    | Activation
    | Dropout
    | Flatten
    | Dense,
    Field(discriminator="kind"),
]
LAYER_TYPES: dict[str, type[Layer]] = {
    layer.__name__: layer
    for layer in (
        Conv2D,
        ResidualBlock,
        MaxPooling2D,
        AveragePooling2D,
        GlobalAveragePooling2D,
        BatchNormalization,
        Activation,
        Dropout,
        Flatten,
        Dense,
    )
}
"""Every layer a stack may hold, in the order an editor offers them."""


class Output(Value):
    """The last Dense layer: one unit per class, or one for two. Never in the list of layers."""

    logits: bool = False
    """True: the layer gives logits and the loss applies the softmax. False: it gives softmax."""
    binary: bool = False
    """One sigmoid unit, the probability of the second of two classes, instead of a softmax."""
    kernel_initializer: Initializer = "glorot_uniform"
    bias_initializer: Literal["zeros", "standard_normal"] = "zeros"
    l2: float = Field(0.0, ge=0, le=10)


class Architecture(Value):
    """A stack of layers between a picture and one number per class."""

    layers: tuple[AnyLayer, ...] = Field(max_length=MAX_LAYERS)
    output: Output = Output()
    input_shape: tuple[Side, Side, Channels] = PICTURE_SHAPE
    """Height, width, channels."""
    classes: int = Field(CLASSES, ge=2, le=1000)

    @model_validator(mode="after")
    def _binary_means_two(self) -> Self:
        if self.output.binary and self.classes != 2:
            raise ValueError(
                f"one sigmoid unit (output.binary) tells 2 classes apart, received {self.classes}. "
                f"Set output.binary to false."
            )
        return self

    @property
    def output_units(self) -> int:
        return 1 if self.output.binary else self.classes

    @property
    def convolves(self) -> bool:
        return any(isinstance(layer, Conv2D | ResidualBlock) for layer in self.layers)


def layer_names(architecture: Architecture) -> tuple[str, ...]:
    """The names of all layers, ``conv2d_1``, ``dense_1`` ..., and ``output``."""
    seen: Counter[str] = Counter()
    names = []
    for layer in architecture.layers:
        kind = layer.kind.lower()
        seen[kind] += 1
        names.append(f"{kind}_{seen[kind]}")
    return (*names, "output")


def layer_title(layer: AnyLayer) -> str:
    """A layer in a few words: ``Conv2D 32, 3x3``."""
    match layer:
        case Conv2D():
            size = f"{layer.kernel_size}x{layer.kernel_size}"
            extra = f", stride {layer.strides}" if layer.strides > 1 else ""
            return f"Conv2D {layer.filters}, {size} {layer.padding}{extra}"
        case ResidualBlock():
            extra = f", stride {layer.strides}" if layer.strides > 1 else ""
            return f"ResidualBlock {layer.filters}{extra}"
        case MaxPooling2D() | AveragePooling2D():
            return f"{layer.kind} {layer.pool_size}x{layer.pool_size}"
        case Dense():
            return f"Dense {layer.units}"
        case Dropout():
            return f"Dropout {layer.rate:g}"
        case Activation():
            return f"Activation {layer.activation}"
        case _:
            return layer.kind


def shape_text(shape: Shape) -> str:
    return "x".join(f"{size:,}" for size in shape)
