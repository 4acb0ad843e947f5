"""Optimizers as single fused operations: the formulas of Keras', one kernel per variable.

Keras' own spend a dozen small operations on every variable; for a small network that costs more
than the gradient. A test holds the two equal.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import keras
import tensorflow as tf

from fmnist_core.experiment import Training
from fmnist_core.updates import BETA_1, BETA_2, EPSILON, RHO

Apply = Callable[[Sequence[tf.Tensor], tf.Tensor], None]
"""(gradients, learning rate) -> None: one update of all variables."""


def fused_optimizer(training: Training, variables: Sequence[tf.Variable]) -> Apply:
    """The experiment's optimizer over these variables, to be called inside a ``tf.function``."""
    match training.optimizer:
        case "sgd":
            return _sgd(variables)
        case "sgd-nesterov":
            return _nesterov(variables, training.momentum)
        case "rmsprop":
            return _rmsprop(variables)
        case "adam":
            return _adam(variables)
        case "adamw":
            return _decayed(variables, training.weight_decay, _adam(variables))


def keras_optimizer(training: Training) -> keras.optimizers.Optimizer:
    """The same optimizer as Keras has it, for an exported model."""
    rate = training.learning_rate
    match training.optimizer:
        case "sgd":
            return keras.optimizers.SGD(rate)
        case "sgd-nesterov":
            return keras.optimizers.SGD(rate, momentum=training.momentum, nesterov=True)
        case "rmsprop":
            return keras.optimizers.RMSprop(rate)
        case "adam":
            return keras.optimizers.Adam(rate)
        case "adamw":
            return keras.optimizers.AdamW(rate, weight_decay=training.weight_decay)


def _sgd(variables: Sequence[tf.Variable]) -> Apply:
    def apply(gradients: Sequence[tf.Tensor], rate: tf.Tensor) -> None:
        for variable, gradient in zip(variables, gradients, strict=True):
            tf.raw_ops.ResourceApplyGradientDescent(var=variable.handle, alpha=rate, delta=gradient)

    return apply


def _nesterov(variables: Sequence[tf.Variable], momentum: float) -> Apply:
    velocities = _zeros(variables)

    def apply(gradients: Sequence[tf.Tensor], rate: tf.Tensor) -> None:
        for variable, velocity, gradient in zip(variables, velocities, gradients, strict=True):
            tf.raw_ops.ResourceApplyKerasMomentum(
                var=variable.handle,
                accum=velocity.handle,
                lr=rate,
                grad=gradient,
                momentum=momentum,
                use_nesterov=True,
            )

    return apply


def _rmsprop(variables: Sequence[tf.Variable]) -> Apply:
    squares, momenta = _zeros(variables), _zeros(variables)

    def apply(gradients: Sequence[tf.Tensor], rate: tf.Tensor) -> None:
        for variable, square, momentum, gradient in zip(
            variables, squares, momenta, gradients, strict=True
        ):
            tf.raw_ops.ResourceApplyRMSProp(
                var=variable.handle,
                ms=square.handle,
                mom=momentum.handle,
                lr=rate,
                rho=RHO,
                momentum=0.0,
                epsilon=EPSILON,
                grad=gradient,
            )

    return apply


def _adam(variables: Sequence[tf.Variable]) -> Apply:
    means, squares = _zeros(variables), _zeros(variables)
    power_1, power_2 = tf.Variable(1.0), tf.Variable(1.0)

    def apply(gradients: Sequence[tf.Tensor], rate: tf.Tensor) -> None:
        beta1_power = power_1.assign(power_1 * BETA_1)
        beta2_power = power_2.assign(power_2 * BETA_2)
        for variable, mean, square, gradient in zip(
            variables, means, squares, gradients, strict=True
        ):
            tf.raw_ops.ResourceApplyAdam(
                var=variable.handle,
                m=mean.handle,
                v=square.handle,
                beta1_power=beta1_power,
                beta2_power=beta2_power,
                lr=rate,
                beta1=BETA_1,
                beta2=BETA_2,
                epsilon=EPSILON,
                grad=gradient,
            )

    return apply


def _decayed(variables: Sequence[tf.Variable], weight_decay: float, update: Apply) -> Apply:
    def apply(gradients: Sequence[tf.Tensor], rate: tf.Tensor) -> None:
        for variable in variables:
            variable.assign_sub(variable * weight_decay * rate)
        update(gradients, rate)

    return apply


def _zeros(variables: Sequence[tf.Variable]) -> list[tf.Variable]:
    return [tf.Variable(tf.zeros_like(variable), trainable=False) for variable in variables]
