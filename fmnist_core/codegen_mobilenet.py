"""MobileNetV2 under a new head -> a plain Keras script, with nothing of this program in it."""

from __future__ import annotations

from string import Template

from fmnist_core import codegen, codegen_parts
from fmnist_core.mobilenet import VALIDATION, MobileNet

HEAD = Template('''
"""$title: a Keras script, written by Fashion-MNIST Lab.

    python mobilenet.py [--data DIR] [--weights FILE] [--seed N]

It needs Keras 3, TensorFlow and NumPy. With --data it reads the four original IDX files from DIR;
without, Keras downloads them once. With --weights MobileNetV2 takes its weights (include_top=False)
from FILE; without, Keras downloads those of ImageNet once. The split and the pictures are those of
the Lab; batches are drawn anew, so accuracies agree, but not to the last digit.
"""

import argparse
import gzip
import struct
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf
from keras import layers

$constants
''')
BODY = Template('''
def enlarged(pictures):
    """uint8 (n, 28, 28) -> (n, SIDE, SIDE, 3) in [-1, 1], as MobileNetV2 wants them."""
    levels = tf.cast(pictures[..., tf.newaxis], tf.float32)
    large = tf.image.resize(levels, (SIDE, SIDE), method="bilinear")
    return tf.repeat(large, 3, axis=-1) / 127.5 - 1.0


def features(base, pictures):
    chunks = [pictures[i : i + 100] for i in range(0, len(pictures), 100)]
    return np.concatenate([base(enlarged(chunk), training=False).numpy() for chunk in chunks])


def new_head(inputs):
    keras.utils.set_random_seed(SEED)
    return keras.Sequential(
        [
            keras.Input((inputs,)),$dense
            layers.Dense(10, activation="softmax"),
        ]
    )


def learn(model, rate, epochs, train, validation):
    model.compile(
        optimizer=keras.optimizers.Adam(rate),
        loss="sparse_categorical_crossentropy",
        metrics=["accuracy"],
    )
    model.fit(train, validation_data=validation, epochs=epochs, verbose=2)


def batches(x, y, size=None):
    found = tf.data.Dataset.from_tensor_slices((x, y))
    if size:
        found = found.shuffle(len(y), seed=SEED)
    found = found.batch(size or 100)
    if x.ndim == 3:
        found = found.map(lambda pictures, labels: (enlarged(pictures), labels))
    return found.prefetch(2)


def right(name, probabilities, labels):
    accuracy = (probabilities.argmax(axis=1) == labels).mean()
    print(f"{name}: test accuracy {accuracy:.4f} (n = {len(labels):,})", flush=True)
''')
MAIN = Template("""
def main():
    global SEED
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", type=Path, help="folder with the four IDX files")
    parser.add_argument("--weights", help="file with MobileNetV2's weights, without its top")
    parser.add_argument("--seed", type=int, default=SEED)
    options = parser.parse_args()
    SEED = options.seed

    (pictures, labels), (test_pictures, test_labels) = load_pictures(options.data)
    chosen, held_out = split(labels)
    held_out = held_out[:$validation]
    y, y_val = labels[chosen], labels[held_out]

    def flat(levels):
        return levels.reshape(len(levels), -1).astype("float32") / np.float32(255)

    head = new_head(28 * 28)
    train = batches(flat(pictures[chosen]), y, BATCH_SIZE)
    learn(head, RATE, EPOCHS, train, batches(flat(pictures[held_out]), y_val))
    on_pixels = head.predict(flat(test_pictures), batch_size=1000, verbose=0)

    base = keras.applications.MobileNetV2(
        input_shape=(SIDE, SIDE, 3),
        include_top=False,
        pooling="avg",
        weights=None if options.weights else "imagenet",
    )
    if options.weights:
        base.load_weights(options.weights)
    print(f"MobileNetV2: {base.count_params():,} parameters", flush=True)
    head = new_head(base.output_shape[-1])
    train = batches(features(base, pictures[chosen]), y, BATCH_SIZE)
    learn(head, RATE, EPOCHS, train, batches(features(base, pictures[held_out]), y_val))
    on_features = head.predict(features(base, test_pictures), batch_size=1000, verbose=0)
    print(f"head: {head.count_params():,} parameters", flush=True)
$tuning
    right("pixels", on_pixels, test_labels)
    right("head", on_features, test_labels)
$tuned

if __name__ == "__main__":
    main()
""")
TUNING = """
    names = [layer.name for layer in base.layers]
    first = next(i for i, name in enumerate(names) if name.startswith(f"block_{17 - BLOCKS}_"))
    base.trainable = True
    for i, layer in enumerate(base.layers):
        # Batch normalisation stays as it is: statistics of few pictures would spoil it.
        layer.trainable = i >= first and not isinstance(layer, layers.BatchNormalization)
    inputs = keras.Input((SIDE, SIDE, 3))
    whole = keras.Model(inputs, head(base(inputs, training=False)))
    train = batches(pictures[chosen], y, BATCH_SIZE)
    learn(whole, FINE_RATE, FINE_EPOCHS, train, batches(pictures[held_out], y_val))
    trainable = sum(int(np.prod(each.shape)) for each in whole.trainable_weights)
    print(f"fine-tuned: {trainable:,} parameters", flush=True)
    on_pictures = whole.predict(batches(test_pictures, test_labels), verbose=0)
"""


def mobilenet_script(study: MobileNet) -> str:
    """The source of a Python script that needs only Keras 3 with TensorFlow, and NumPy."""
    dense = f'\n            layers.Dense({study.units}, activation="relu"),' if study.units else ""
    tuned = study.fine_tune_epochs > 0
    sections = [
        HEAD.substitute(title=codegen.plain(study.title), constants=_constants(study)),
        codegen_parts.READ,
        codegen_parts.SPLIT.substitute(train="held_out : held_out + TRAIN_SIZE"),
        BODY.substitute(dense=dense),
        MAIN.substitute(
            validation=VALIDATION,
            tuning=TUNING.rstrip("\n") if tuned else "",
            tuned='    right("fine-tuned", on_pictures, test_labels)\n' if tuned else "",
        ),
    ]
    return "\n\n\n".join(section.strip("\n") for section in sections) + "\n"


def _constants(study: MobileNet) -> str:
    values: dict[str, object] = {
        "SEED": study.seed,
        "SIDE": study.side,
        "TRAIN_SIZE": study.train_size,
        "VALIDATION_FRACTION": study.base.data.validation_fraction,
        "BATCH_SIZE": study.batch_size,
        "EPOCHS": study.epochs,
        "RATE": study.learning_rate,
    }
    if study.fine_tune_epochs:
        values |= {
            "FINE_EPOCHS": study.fine_tune_epochs,
            "FINE_RATE": study.fine_tune_rate,
            "BLOCKS": study.fine_tune_blocks,
        }
    return "\n".join(f"{name} = {value!r}" for name, value in values.items())
