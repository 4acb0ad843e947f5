"""Transfer comparison -> a plain Keras script that makes it, with nothing of this program in it."""

from __future__ import annotations

from string import Template

from fmnist_core import codegen, codegen_layers, codegen_parts
from fmnist_core.codegen_parts import Code, refuse_special
from fmnist_core.errors import ExperimentError
from fmnist_core.head import L2, SCALE
from fmnist_core.transfer import BATCH, Transfer, check_transfer

HEAD = Template('''
"""$title: a Keras script, written by Fashion-MNIST Lab.

    python transfer.py [--data DIR]

It needs Keras 3, TensorFlow and NumPy. With --data it reads the four original IDX files from DIR;
without, Keras downloads them once. Split and few pictures are those of the Lab's comparison; first
weights and batches are drawn anew, so accuracies agree, but not to the last digit.
"""

import argparse
import gzip
import struct
from pathlib import Path

import keras
import numpy as np
from keras import layers

$constants
''')
DRAWN = '''
def few(labels, candidates, shots, draw):
    """``shots`` pictures of each new class: indices, the same for the same SEED."""
    found = []
    for label in NEW:
        random = np.random.default_rng([SEED, 5, draw, label])
        found.append(random.permutation(candidates[labels[candidates] == label])[:shots])
    return np.concatenate(found)


def places(labels, classes):
    """Labels as places in ``classes``."""
    return np.searchsorted(classes, labels)
'''
NETWORK = Template('''
def network(classes, seed):
    keras.utils.set_random_seed(seed)
    return keras.Sequential(
        [
$layers
        ]
    )


def learn(model, x, y, rate, batch_size, epochs, callbacks=()):
    model.compile(optimizer=$optimizer, loss=$loss, metrics=["accuracy"])
    model.fit(
        x, y, batch_size=batch_size, epochs=epochs, callbacks=list(callbacks), verbose=0
    )
    return model


def accuracy(model, x, y):
    return float((model.predict(x, batch_size=1000, verbose=0).argmax(1) == y).mean())


def scaled(features):
    length = np.linalg.norm(features, axis=1, keepdims=True)
    return $scale * features / np.where(length > 0, length, 1)


def new_head(features, y):
    """A new output layer for features of length $scale."""
    head = keras.Sequential(
        [
            keras.Input(features.shape[1:]),
            layers.Dense(
                len(NEW),
                activation="softmax",
                kernel_initializer="zeros",
                kernel_regularizer=keras.regularizers.L2($half_l2),
            ),
        ]
    )
    return learn_head(head, features, y)


def learn_head(head, features, y):
    head.compile(optimizer=keras.optimizers.Adam(0.02), loss="sparse_categorical_crossentropy")
    for _ in range(300):  # fit would take longer to begin an epoch than to learn in it
        head.train_on_batch(features, y)
    return head
''')
MAIN = Template("""
def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", type=Path, help="folder with the four IDX files")
    options = parser.parse_args()

    (pictures, labels), _ = load_pictures(options.data)
    pictures = pictures[..., np.newaxis] / np.float32(255)
    train, validation = split(labels)
    judged = validation[np.isin(labels[validation], NEW)]
    x_val, y_val = pictures[judged], places(labels[judged], NEW)

    known = train[np.isin(labels[train], KNOWN)]
    first = network(len(KNOWN), SEED)
    learn(first, pictures[known], places(labels[known], KNOWN), RATE, BATCH_SIZE, EPOCHS)
    describe = keras.Model(first.inputs, first.get_layer("output").input)
    val_features = describe.predict(x_val, batch_size=1000, verbose=0)

    reached = {}
    for draw in range(DRAWS):
        for shots in SHOTS:
            chosen = few(labels, train, shots, draw)
            x, y = pictures[chosen], places(labels[chosen], NEW)
            features = describe.predict(x, verbose=0)
            head = new_head(scaled(features), y)
            reached.setdefault(("frozen", shots), []).append(
                accuracy(head, scaled(val_features), y_val)
            )
            batch_size = min($batch, len(y))
            epochs = -(-STEPS // -(-len(y) // batch_size))
            for way, rate in (("unfrozen", RATE * SLOWER), ("scratch", RATE)):
                model = network(len(NEW), SEED + draw + 1)
                if way == "unfrozen":
                    for old, fresh in zip(first.layers[:-1], model.layers[:-1]):
                        fresh.set_weights(old.get_weights())
                    kernel, bias = head.layers[-1].get_weights()
                    length = np.linalg.norm(features, axis=1).mean()
                    model.layers[-1].set_weights([kernel * $scale / length, bias])
                learn(model, x, y, rate, batch_size, epochs, [StopAfter(STEPS)])
                reached.setdefault((way, shots), []).append(accuracy(model, x_val, y_val))
    for (way, shots), found in sorted(reached.items()):
        mean = np.mean(found)
        print(f"{way}, {shots} of each: {mean:.4f} ({DRAWS} draws, n = {len(y_val):,})", flush=True)


if __name__ == "__main__":
    main()
""")


def transfer_script(transfer: Transfer) -> str:
    """The source of a Python script that needs only Keras 3 with TensorFlow, and NumPy.

    Raises:
        ExperimentError: the network cannot be trained, or learns in a way that it does not have.
    """
    check_transfer(transfer)
    base = transfer.base
    refuse_special(base, "This script")
    if base.data.label_noise or base.training.label_smoothing:
        raise ExperimentError("This script does not have wrong or smoothed labels. Set both to 0.")
    train = "held_out:" if base.data.train_size is None else "held_out : held_out + TRAIN_SIZE"
    architecture = base.architecture.model_copy(update={"classes": Code("classes")})
    sparse = base.changed(training=base.training.changed(loss="sparse"))
    sections = [
        HEAD.substitute(title=codegen.plain(transfer.title), constants=_constants(transfer)),
        codegen_parts.READ,
        codegen_parts.SPLIT.substitute(train=train),
        DRAWN,
        codegen_parts.STOP_AFTER,
        codegen_layers.own_layers(base.architecture),
        NETWORK.substitute(
            layers="\n".join(codegen_layers.layer_lines(architecture, base.data.scaling)),
            optimizer=codegen.optimizer_code(base.training, "rate"),
            loss=codegen.loss_code(sparse),
            scale=SCALE,
            half_l2=L2 / 2,
        ),
        MAIN.substitute(batch=BATCH, scale=SCALE),
    ]
    return "\n\n\n".join(section.strip("\n") for section in sections if section) + "\n"


def _constants(transfer: Transfer) -> str:
    data, training = transfer.base.data, transfer.base.training
    values = {
        "SEED": transfer.base.seed,
        "KNOWN": transfer.known,
        "NEW": transfer.new,
        "SHOTS": transfer.shots,
        "DRAWS": transfer.draws,
        "STEPS": transfer.steps,
        "RATE": training.learning_rate,
        "SLOWER": transfer.slower,
        "BATCH_SIZE": training.batch_size,
        "EPOCHS": training.epochs,
        "VALIDATION_FRACTION": data.validation_fraction,
        "TRAIN_SIZE": data.train_size,
    }
    return "\n".join(f"{name} = {value!r}" for name, value in values.items() if value is not None)
