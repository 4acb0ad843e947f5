"""What follows from stacking layers: shapes, parameters, multiply-adds and numbers in memory.

Pure arithmetic, equal to what Keras counts (a test compares the two), so that an editor can show
it at every keystroke without TensorFlow.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil, prod

from fmnist_core.architecture import (
    AnyLayer,
    Architecture,
    AveragePooling2D,
    BatchNormalization,
    Conv2D,
    Dense,
    Flatten,
    GlobalAveragePooling2D,
    MaxPooling2D,
    ResidualBlock,
    Shape,
    layer_names,
    layer_title,
    shape_text,
)
from fmnist_core.errors import ArchitectureError


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
    activations: int
    """Numbers that one picture's forward pass produces here."""


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
        return sum(row.activations for row in self.rows)


def summarise(architecture: Architecture) -> Summary:
    """Shapes, parameters and multiply-adds of every layer, the output layer last.

    Raises:
        ArchitectureError: where the layers do not fit, with the index of the layer.
    """
    shape: Shape = architecture.input_shape
    rows = []
    names = layer_names(architecture)
    for index, layer in enumerate(architecture.layers):
        _check_fit(layer, shape, index, architecture)
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


_NEEDS_MAPS = (Conv2D, ResidualBlock, MaxPooling2D, AveragePooling2D, GlobalAveragePooling2D)


def _check_fit(layer: AnyLayer, shape: Shape, index: int, architecture: Architecture) -> None:
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
    if isinstance(layer, ResidualBlock) and layer.filters < shape[2]:
        raise ArchitectureError(
            f"{layer_title(layer)} adds what it makes to what comes in, and {shape[2]} maps come "
            f"in. Give it {shape[2]} filters or more.",
            index,
        )


def _row(layer: AnyLayer, shape: Shape, name: str) -> LayerRow:
    parameters = fixed = multiply_adds = inner = 0
    out = shape
    match layer:
        case Conv2D(kernel_size=size, strides=stride, padding=padding):
            out = (*(_window(n, size, stride, padding) for n in shape[:2]), layer.filters)
            weights = size * size * shape[2] * layer.filters
            parameters = weights + layer.filters * layer.use_bias
            multiply_adds = weights * out[0] * out[1]
        case ResidualBlock(filters=filters, strides=stride):
            out = (*(_window(n, 3, stride, "same") for n in shape[:2]), filters)
            weights = 9 * (shape[2] + filters) * filters
            fixed = 2 * (shape[2] + filters)
            parameters = weights + 2 * fixed
            multiply_adds = weights * out[0] * out[1]
            inner = 2 * prod(shape) + 4 * prod(out)  # twice normalised, ReLU and convolution
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
    trainable, numbers = parameters - fixed, inner + prod(out)
    return LayerRow(name, layer.kind, out, parameters, trainable, multiply_adds, numbers)


def _window(size: int, window: int, stride: int, padding: str) -> int:
    """Positions of a sliding window. 'same' pads so that only the stride shrinks the picture."""
    return ceil(size / stride) if padding == "same" else (size - window) // stride + 1
