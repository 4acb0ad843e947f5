"""The layers of a network as lines of a Keras script.

Names and initial weights are those of ``engine.build``; a test holds them equal.
"""

from __future__ import annotations

from fmnist_core.architecture import (
    Activation,
    AnyLayer,
    Architecture,
    AveragePooling2D,
    BatchNormalization,
    Conv2D,
    Dense,
    Dropout,
    MaxPooling2D,
    Output,
    ResidualBlock,
    layer_names,
)
from fmnist_core.experiment import Scaling

LINE_LENGTH = 100
RESIDUAL_BLOCK = '''
class ResidualBlock(layers.Layer):
    """What comes in, plus what two convolutions make of it."""

    def __init__(self, filters, strides=1, momentum=0.99, **settings):
        super().__init__(**settings)
        self.filters = filters
        self.around = layers.AveragePooling2D(strides, padding="same")
        self.change = keras.Sequential()
        for step in (strides, 1):
            self.change.add(layers.BatchNormalization(momentum=momentum))
            self.change.add(layers.Activation("relu"))
            self.change.add(
                layers.Conv2D(
                    self.filters,
                    3,
                    step,
                    padding="same",
                    use_bias=False,
                    kernel_initializer="he_normal",
                )
            )

    def build(self, shape):
        self.change.build(shape)

    def call(self, pictures, training=None):
        missing = self.filters - pictures.shape[-1]
        around = keras.ops.pad(self.around(pictures), [[0, 0], [0, 0], [0, 0], [0, missing]])
        return around + self.change(pictures, training=training)
'''


def own_layers(architecture: Architecture) -> str:
    """What a script must define before its model; nothing if Keras has all layers."""
    has_blocks = any(isinstance(layer, ResidualBlock) for layer in architecture.layers)
    return RESIDUAL_BLOCK if has_blocks else ""


def layer_lines(architecture: Architecture, scaling: Scaling, vary: bool = False) -> list[str]:
    """The lines inside the list of a Sequential model."""
    *names, output_name = layer_names(architecture)
    calls = [call("keras.Input", [str(architecture.input_shape), 'name="pictures"'])]
    if vary:
        calls.append(call("Vary", []))
    if scaling == "raw":
        calls.append(call("layers.Rescaling", ["255.0", 'name="rescaling"']))
    if scaling == "standardise":
        calls.append(call("layers.Rescaling", ["1 / std", "-mean / std", 'name="rescaling"']))
    for layer, name in zip(architecture.layers, names, strict=True):
        home = "" if isinstance(layer, ResidualBlock) else "layers."
        calls.append(call(f"{home}{layer.kind}", [*_arguments(layer), f'name="{name}"']))
    output = architecture.output
    name = "sigmoid" if output.binary else "softmax"
    activation = [] if output.logits else [f'activation="{name}"']
    units = str(architecture.output_units)
    ending = [units, *activation, *_kernel(output), f'name="{output_name}"']
    return [*calls, call("layers.Dense", ending)]


def _arguments(layer: AnyLayer) -> list[str]:
    """What differs from Keras' defaults."""
    match layer:
        case Conv2D():
            strides = [f"strides={layer.strides}"] if layer.strides > 1 else []
            padding = [f'padding="{layer.padding}"'] if layer.padding != "valid" else []
            sizes = [str(layer.filters), str(layer.kernel_size), *strides, *padding]
            return [*sizes, *_activation(layer), *_kernel(layer)]
        case Dense():
            return [str(layer.units), *_activation(layer), *_kernel(layer)]
        case MaxPooling2D() | AveragePooling2D():
            return [str(layer.pool_size)]
        case ResidualBlock():
            strides = [f"strides={layer.strides}"] if layer.strides > 1 else []
            return [str(layer.filters), *strides, *_momentum(layer)]
        case BatchNormalization():
            return _momentum(layer)
        case Activation():
            return [f'"{layer.activation}"']
        case Dropout():
            return [repr(layer.rate)]
        case _:
            return []


def _momentum(layer: BatchNormalization | ResidualBlock) -> list[str]:
    return [f"momentum={layer.momentum!r}"] if layer.momentum != 0.99 else []


def _activation(layer: Conv2D | Dense) -> list[str]:
    # Double quotes as in the rest of the script; an expression stays one.
    text = repr(layer.activation).replace("'", '"')
    name = [f"activation={text}"] if layer.activation != "linear" else []
    return name if layer.use_bias else [*name, "use_bias=False"]


def _kernel(layer: Conv2D | Dense | Output) -> list[str]:
    arguments, kernel = [], _initializer(layer.kernel_initializer)
    if layer.bias_initializer != "zeros":
        # Each initializer draws its seed when it is made: first the kernel's, as in the Lab.
        if kernel.startswith('"'):
            kernel = f"keras.initializers.get({kernel})"
        arguments = [
            f"kernel_initializer={kernel}",
            f"bias_initializer={_initializer(layer.bias_initializer)}",
        ]
    elif layer.kernel_initializer != "glorot_uniform":
        arguments.append(f"kernel_initializer={kernel}")
    if layer.l2:
        arguments.append(f"kernel_regularizer=keras.regularizers.L2({layer.l2!r})")
    return arguments


def _initializer(name: str) -> str:
    if name == "standard_normal":
        return "keras.initializers.RandomNormal(stddev=1.0)"
    return f'"{name}"'


def call(function: str, arguments: list[str]) -> str:
    """``function(arguments),`` on a line of its own, or one line per argument if it is long."""
    indent = 12 * " "
    line = f"{indent}{function}({', '.join(arguments)}),"
    if len(line) <= LINE_LENGTH:
        return line
    inner = "".join(f"{indent}    {argument},\n" for argument in arguments)
    return f"{indent}{function}(\n{inner}{indent}),"
