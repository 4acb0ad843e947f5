"""Layers, and what follows from stacking them: shapes, parameters and multiply-adds.

Pure arithmetic, equal to what Keras counts (a test compares the two), so that an editor can show
it at every keystroke without TensorFlow.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from math import ceil, prod
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from fmnist_core.errors import ArchitectureError
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


@dataclass(frozen=True)
class LayerRow:
    """One line of a summary. Shapes leave out the batch."""

    name: str
    """Unique in the stack, for example ``conv2d_1``; the last is ``output``."""
    kind: str
    output_shape: Shape
    parameters: int
    trainable_parameters: int
    multiply_adds: int
    """For one picture, forward; pooling, normalisation and activations count as none."""


@dataclass(frozen=True)
class Summary:
    rows: tuple[LayerRow, ...]

    @property
    def parameters(self) -> int:
        return sum(row.parameters for row in self.rows)

    @property
    def trainable_parameters(self) -> int:
        return sum(row.trainable_parameters for row in self.rows)

    @property
    def multiply_adds(self) -> int:
        return sum(row.multiply_adds for row in self.rows)

    @property
    def activations(self) -> int:
        """Numbers that one picture's forward pass produces."""
        return sum(prod(row.output_shape) for row in self.rows)


def summarise(architecture: Architecture) -> Summary:
    """Shapes, parameters and multiply-adds of every layer, the output layer last.

    Raises:
        ArchitectureError: where the layers do not fit, with the index of the layer.
    """
    shape: Shape = architecture.input_shape
    rows = []
    names = layer_names(architecture)
    for index, layer in enumerate(architecture.layers):
        _check_rank(layer, shape, index, architecture)
        row = _row(layer, shape, names[index])
        if min(row.output_shape) < 1:
            padding = "padding 'same', " if isinstance(layer, Conv2D) else ""
            raise ArchitectureError(
                f"{layer_title(layer)} does not fit: its input is {shape_text(shape)}, smaller "
                f"than its window. Use {padding}a smaller window, or move it up.",
                index,
            )
        rows.append(row)
        shape = row.output_shape
    if len(shape) != 1:
        raise ArchitectureError(
            f"The output layer needs a row of numbers, but the stack ends with "
            f"{shape_text(shape)}. Add Flatten or GlobalAveragePooling2D at the end."
        )
    output = Dense(units=architecture.output_units, activation="linear")
    rows.append(_row(output, shape, names[-1]))
    return Summary(tuple(rows))


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


_NEEDS_MAPS = (Conv2D, MaxPooling2D, AveragePooling2D, GlobalAveragePooling2D)


def _check_rank(layer: AnyLayer, shape: Shape, index: int, architecture: Architecture) -> None:
    if isinstance(layer, _NEEDS_MAPS) and len(shape) != 3:
        before = architecture.layers[index - 1].kind
        flattener = next(
            previous.kind
            for previous in architecture.layers[:index]
            if isinstance(previous, Flatten | GlobalAveragePooling2D)
        )
        raise ArchitectureError(
            f"{layer.kind} cannot follow {before}: it needs height and width. "
            f"Move it above {flattener}.",
            index,
        )
    if isinstance(layer, Dense) and len(shape) != 1:
        raise ArchitectureError(
            f"Dense needs a row of numbers, but gets {shape_text(shape)}. Put Flatten or "
            f"GlobalAveragePooling2D above it.",
            index,
        )


def _row(layer: AnyLayer, shape: Shape, name: str) -> LayerRow:
    parameters = fixed = multiply_adds = 0
    out = shape
    match layer:
        case Conv2D(kernel_size=size, strides=stride, padding=padding):
            out = (*(_window(n, size, stride, padding) for n in shape[:2]), layer.filters)
            weights = size * size * shape[2] * layer.filters
            parameters = weights + layer.filters * layer.use_bias
            multiply_adds = weights * out[0] * out[1]
        case MaxPooling2D(pool_size=size) | AveragePooling2D(pool_size=size):
            out = (*(_window(n, size, size, "valid") for n in shape[:2]), shape[2])
        case GlobalAveragePooling2D():
            out = shape[2:]
        case Flatten():
            out = (prod(shape),)
        case Dense():
            multiply_adds = shape[0] * layer.units
            parameters = multiply_adds + layer.units * layer.use_bias
            out = (layer.units,)
        case BatchNormalization():
            parameters = 4 * shape[-1]
            fixed = 2 * shape[-1]
    return LayerRow(name, layer.kind, out, parameters, parameters - fixed, multiply_adds)


def _window(size: int, window: int, stride: int, padding: str) -> int:
    """Positions of a sliding window. 'same' pads so that only the stride shrinks the picture."""
    return ceil(size / stride) if padding == "same" else (size - window) // stride + 1
