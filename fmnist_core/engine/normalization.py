"""Batch normalisation of feature maps in one operation.

Keras computes it from a dozen small ones (means, differences, squares, each with a pass over all
feature maps forward and backward), which for 28 x 28 maps costs more than the convolution before
it. TensorFlow's fused operation reads the maps once for the moments and once for the result.
"""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import tensorflow as tf

CHANNELS = 16
"""oneDNN normalises bfloat16 fast where the channels are a multiple of this; else float32 is."""


class FusedBatchNormalization(keras.layers.BatchNormalization):
    """Keras' layer, weight for weight, for (n, h, w, channels) float32 or bfloat16.

    For training only: exported models hold Keras' own, which has the same weights.
    """

    def call(self, inputs: tf.Tensor, training: Any = None, mask: Any = None) -> tf.Tensor:
        kind = inputs.dtype
        if inputs.shape[-1] % CHANNELS:
            inputs = tf.cast(inputs, tf.float32)
        moving = self.moving_mean.value, self.moving_variance.value
        nothing = np.zeros(0, np.float32)
        outputs, mean, variance, *_ = tf.raw_ops.FusedBatchNormV3(
            x=inputs,
            scale=self.gamma.value,
            offset=self.beta.value,
            mean=nothing if training else moving[0],
            variance=nothing if training else moving[1],
            epsilon=self.epsilon,
            is_training=bool(training),
        )
        if training:
            n = tf.cast(tf.size(inputs) / tf.size(mean), tf.float32)
            variance *= (n - 1) / n  # the operation's is of the population, Keras' of the batch
            for average, value in zip(moving, (mean, variance), strict=True):
                average.assign_sub((average - value) * (1 - self.momentum))
        return tf.cast(outputs, kind)
