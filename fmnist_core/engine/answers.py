"""What a network gives -> probabilities of the classes, and whether they are right.

A network ends in one number per class, or, for two classes, in one number alone: the probability
of the second (or its logit). Everything behind the network sees one number per class.
"""

from __future__ import annotations

import tensorflow as tf


def class_logits(given: tf.Tensor) -> tf.Tensor:
    """Logits (n, classes); one logit z (n, 1) becomes -z/2 and z/2, whose softmax is the same."""
    return tf.concat([-given / 2, given / 2], axis=-1) if given.shape[-1] == 1 else given


def probabilities(given: tf.Tensor, logits: bool) -> tf.Tensor:
    """What the output layer gave, (n, classes) or (n, 1) -> probabilities (n, classes)."""
    if logits:
        return tf.nn.softmax(class_logits(given))
    return tf.concat([1 - given, given], axis=-1) if given.shape[-1] == 1 else given


def right(labels: tf.Tensor, given: tf.Tensor, logits: bool) -> tf.Tensor:
    """1.0 where the answer is the label's, else 0.0: float32 (n,)."""
    if given.shape[-1] == 1:
        answer = tf.cast(given[:, 0] > (0.0 if logits else 0.5), labels.dtype)
    else:
        answer = tf.argmax(given, -1, output_type=labels.dtype)
    return tf.cast(tf.equal(answer, labels), tf.float32)
