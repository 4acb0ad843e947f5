"""A network taken apart: it is a stack of layers, so any part of it can run on its own.

A residual block is one layer of the stack; up to its second convolution it is a stack itself.
Nothing here changes the network. Layers are called as for a prediction, never as in training.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

import keras
import tensorflow as tf

from fmnist_core.engine.answers import class_logits
from fmnist_core.engine.build import kind_of
from fmnist_core.errors import RunError
from fmnist_core.experiment import Experiment

Tool = TypeVar("Tool")


class Network(Protocol):
    """A loaded network, as far as it concerns those who look into it."""

    model: keras.Model
    experiment: Experiment
    tools: dict[Any, Any]
    """Passes that were traced for it: they hold for any weights of this network."""
    known: dict[Any, Any]
    """What was found out with the weights that it holds now; emptied when others are loaded."""


@dataclass(frozen=True, eq=False)
class Stage:
    """A convolution (or a residual block), and where its answer is complete: behind its activation.

    A linear convolution gets its activation from layers of its own, with a BatchNormalization
    before it, perhaps; they belong to its answer. The last convolution of a residual block has
    none: its answer is what the block adds.
    """

    layer: Any
    """keras.layers.Conv2D; keras.Model for a residual block."""
    before: tuple[Any, ...]
    """What a picture goes through before it, in order; of its own residual block, too."""
    behind: tuple[Any, ...]
    """The layers that complete its answer."""

    @property
    def layers(self) -> tuple[Any, ...]:
        """From the picture to the answer."""
        return *self.before, self.layer, *self.behind

    @property
    def rectified(self) -> bool:
        """Whether its answer is that of a ReLU: what is zero everywhere then says nothing."""
        activation = getattr(self.layers[-1], "activation", None)
        return bool(activation is keras.activations.relu)


def layers_of(model: keras.Model) -> list[Any]:
    """All layers that compute, in order; the rescaling of the input is one of them."""
    return [layer for layer in model.layers if not isinstance(layer, keras.layers.InputLayer)]


def convolving(block: keras.Model) -> list[Any]:
    """The layers of a residual block that convolve, in order: without those around them."""
    kinds = keras.layers.BatchNormalization, keras.layers.Activation, keras.layers.Conv2D
    return [layer for layer in layers_of(block) if isinstance(layer, kinds)]


def through(layers: Sequence[Any], x: tf.Tensor) -> tf.Tensor:
    for layer in layers:
        x = layer(x, training=False)
    return x


def logits(model: keras.Model, x: tf.Tensor, start: int = 0) -> tf.Tensor:
    """The scores of the classes, before any softmax: (n, classes).

    ``x`` is what the layer at position ``start`` of ``layers_of`` takes in.
    """
    *layers, output = layers_of(model)
    return class_logits(tf.matmul(through(layers[start:], x), output.kernel) + output.bias)


def stages(model: keras.Model) -> list[Stage]:
    """Every convolution with its answer, in order; those inside residual blocks, too."""
    found, layers = [], layers_of(model)
    for i, layer in enumerate(layers):
        if kind_of(layer) == "Conv2D":
            found.append(_stage(layers, i))
        elif kind_of(layer) == "ResidualBlock":
            inner = convolving(layer)
            found += [
                _stage(inner, j, layers[:i])
                for j, each in enumerate(inner)
                if kind_of(each) == "Conv2D"
            ]
    return found


def last_answer(model: keras.Model) -> Stage | None:
    """The last convolution or residual block with its answer."""
    layers = layers_of(model)
    answering = [i for i, each in enumerate(layers) if kind_of(each) in ("Conv2D", "ResidualBlock")]
    return _stage(layers, answering[-1]) if answering else None


def stage(model: keras.Model, name: str, filter_index: int = 0) -> Stage:
    """The convolution of this name.

    Raises:
        RunError: there is none, or it has no such filter.
    """
    for found in stages(model):
        if found.layer.name == name:
            if 0 <= filter_index < found.layer.filters:
                return found
            raise RunError(
                f"{name} has no filter {filter_index}; give 0 to {found.layer.filters - 1}."
            )
    raise RunError(f"This network has no convolution {name[:40]!r}. Choose one of its own.")


def tool(network: Network, key: Any, make: Callable[[], Tool]) -> Tool:
    """What was prepared for this network under this key, prepared now if it was not yet."""
    if key not in network.tools:
        network.tools[key] = make()
    made: Tool = network.tools[key]
    return made


def _stage(stack: Sequence[Any], i: int, before: Sequence[Any] = ()) -> Stage:
    """Layer ``i`` of a stack, which takes in what ``before`` gives."""
    return Stage(stack[i], (*before, *stack[:i]), tuple(stack[i + 1 : _end(stack, i)]))


def _end(layers: Sequence[Any], i: int) -> int:
    """The position after the last layer of the answer of layer ``i``."""
    end = i + 1
    if getattr(layers[i], "activation", keras.activations.linear) is not keras.activations.linear:
        return end
    while end < len(layers) and isinstance(layers[end], keras.layers.BatchNormalization):
        end += 1
    if end < len(layers) and isinstance(layers[end], keras.layers.Activation):
        end += 1
    return end
