"""The parts of a generated script, as ``codegen`` puts them together."""

from __future__ import annotations

from string import Template

from fmnist_core.errors import ExperimentError
from fmnist_core.experiment import Augmentation, Experiment, Target


class Code(str):
    """An expression in place of a value: printed as it is."""

    __slots__ = ()

    def __repr__(self) -> str:
        return str(self)


HEAD = Template('''
"""$title: a Keras script, written by Fashion-MNIST Lab.

    python script.py [--data DIR] [--epochs N | --steps N]

It needs Keras 3, TensorFlow and NumPy. With --data it reads the four original IDX files from DIR;
without, Keras downloads them once. Data, split and initial weights are those of the Lab's run. Only
the order of the batches and dropout are drawn anew, so results agree, but not to the last digit.
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

READ = '''
def load_pictures(folder):
    """(pictures, labels) to train on, and (pictures, labels) to test on; uint8."""
    if folder is None:
        return keras.datasets.fashion_mnist.load_data()
    names = ("images-idx3", "labels-idx1")
    train, test = (
        [read_idx(folder / f"{part}-{name}-ubyte") for name in names] for part in ("train", "t10k")
    )
    return train, test


def read_idx(path):
    packed = path.with_name(path.name + ".gz")
    data = gzip.decompress(packed.read_bytes()) if packed.exists() else path.read_bytes()
    dimensions = data[3]
    shape = struct.unpack_from(f">{dimensions}I", data, offset=4)
    return np.frombuffer(data, np.uint8, offset=4 + 4 * dimensions).reshape(shape)
'''

SPLIT = Template('''
def split(labels):
    """Indices to train on and to validate on: stratified, and the same for the same SEED."""
    random = np.random.default_rng([SEED, 0])
    position = np.empty(len(labels))
    for label in np.unique(labels):
        members = random.permutation(np.flatnonzero(labels == label))
        position[members] = (np.arange(len(members)) + 0.5) / len(members)
    order = np.lexsort((random.random(len(labels)), position))
    held_out = round(VALIDATION_FRACTION * len(labels))
    return np.sort(order[$train]), np.sort(order[:held_out])
''')

NOISE = '''
def flip_labels(labels):
    """The labels, of which a share LABEL_NOISE is wrong."""
    random = np.random.default_rng([SEED, 1])
    noisy = labels.copy()
    chosen = random.permutation(len(noisy))[: round(LABEL_NOISE * len(noisy))]
    noisy[chosen] = (noisy[chosen] + random.integers(1, CLASSES, size=len(chosen))) % CLASSES
    return noisy
'''

MODEL = Template("""
def build_model($arguments):
    keras.utils.set_random_seed(SEED)
$moments    return keras.Sequential(
        [
$layers
        ]
    )
""")

MOMENTS = """\
    mean = float(x_train.mean(dtype=np.float64))
    std = max(float(x_train.std(dtype=np.float64)), 1 / 255)
"""

TRIANGLE = '''
class Triangle(keras.optimizers.schedules.LearningRateSchedule):
    """Climbs to the top rate during the first fifth of the steps, then falls to 0."""

    def __init__(self, top, total_steps):
        self.top = top
        self.total_steps = total_steps

    def __call__(self, step):
        step = keras.ops.cast(step, "float32")
        climb = (step + 1) / self.total_steps / 0.2
        fall = (1 - step / self.total_steps) / 0.8
        return self.top * keras.ops.minimum(climb, fall)
'''

VARY = Template('''
class Vary(layers.Layer):
    """Training pictures that are never twice the same; what comes in from outside is black."""

    def __init__(self):
        super().__init__(name="vary")
        self.seed = keras.random.SeedGenerator(SEED)

    def random(self, *shape):
        return keras.random.uniform(shape, -1.0, 1.0, seed=self.seed)

    def call(self, pictures, training=False):
        if not training:
            return pictures
        n, height, width = keras.ops.shape(pictures)[0], *pictures.shape[1:3]
$parts        return pictures
''')

VARY_MOVE = Template("""\
        angle = $rotation * self.random(n) * np.pi / 180
        wider, taller = (1 / (1 + $zoom * self.random(n)) for _ in range(2))
$flip$upside_down        # From a pixel of the new picture back to where it is read in the old one.
        x = (width - 1) / 2 + keras.ops.round($width_shift * width * self.random(n))
        y = (height - 1) / 2 + keras.ops.round($height_shift * height * self.random(n))
        cosine, sine, zero = keras.ops.cos(angle), keras.ops.sin(angle), keras.ops.zeros(n)
        across = (width - 1) / 2 - wider * (cosine * x - sine * y)
        down = (height - 1) / 2 - taller * (sine * x + cosine * y)
        rows = [cosine * wider, -sine * wider, across, sine * taller, cosine * taller, down]
        pictures = keras.ops.image.affine_transform(
            pictures, keras.ops.stack([*rows, zero, zero], axis=1), "$interpolation"
        )
""")

VARY_FLIP = "        wider *= keras.ops.sign(self.random(n))\n"
VARY_UPSIDE_DOWN = "        taller *= keras.ops.sign(self.random(n))\n"

VARY_LIGHT = Template("""\
        light = 1 + $brightness * self.random(n, 1, 1, 1)
        pictures = keras.ops.clip(pictures * light, 0.0, 1.0)
""")

VARY_COVER = Template("""\
        hidden = True
        for axis, side in ((1, height), (2, width)):
            start = keras.ops.floor((self.random(n, 1) + 1) / 2 * side) - $erase // 2
            middle = start + $erase / 2
            inside = keras.ops.abs(np.arange(side) + 0.5 - middle) < $erase / 2
            hidden = hidden & keras.ops.expand_dims(inside, 3 - axis)
        pictures = keras.ops.where(hidden[..., np.newaxis], 0.0, pictures)
""")

MIXED = Template('''
class Mixed(keras.utils.PyDataset):
    """Batches in a new order every epoch,$varied blended with themselves in reverse."""

$vary    def __init__(self, x, y):
        super().__init__()
        self.x, self.y = x, y
        self.random = np.random.default_rng(SEED)
        self.on_epoch_end()

    def __len__(self):
        return -(-len(self.x) // BATCH_SIZE)

    def on_epoch_end(self):
        self.order = self.random.permutation(len(self.x))

    def __getitem__(self, index):
        batch = self.order[index * BATCH_SIZE : (index + 1) * BATCH_SIZE]
        share = self.random.beta($mixup, $mixup)
        x, y = self.x[batch], self.y[batch]
$line        return share * x + (1 - share) * x[::-1], share * y + (1 - share) * y[::-1]
''')

STOP_AFTER = '''
class StopAfter(keras.callbacks.Callback):
    """Ends training after so many steps, in the middle of an epoch if need be."""

    def __init__(self, steps):
        super().__init__()
        self.steps_left = steps

    def on_train_batch_end(self, batch, logs=None):
        self.steps_left -= 1
        if self.steps_left == 0:
            self.model.stop_training = True
'''

STOP_AT = Template('''
class StopAtTarget(keras.callbacks.Callback):
    """Ends training as soon as an epoch ends with this $split $metric."""

    def on_epoch_end(self, epoch, logs=None):
        if logs["$key"] $comparison $value:
            self.model.stop_training = True
''')

MAIN = Template("""
def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", type=Path, $folder)
    parser.add_argument("--epochs", type=int, help="train for so many epochs")
    parser.add_argument("--steps", type=int, help="train for so many steps")
    options = parser.parse_args()

$read$prepare
    steps_per_epoch = -(-len(train) // BATCH_SIZE)
    total_steps = $total_steps
    if options.epochs:
        total_steps = options.epochs * steps_per_epoch
    if options.steps:
        total_steps = options.steps

    model = build_model($arguments)
    trainable = sum(int(np.prod(weight.shape)) for weight in model.trainable_weights)
    print(f"Parameters: {model.count_params():,} ({trainable:,} trainable)", flush=True)

$schedule    model.compile(
        optimizer=$optimizer,
        loss=$loss,
        metrics=[$metric],
    )
    model.fit(
$pictures        epochs=-(-total_steps // steps_per_epoch),
$validation        callbacks=[
$callbacks
        ],
        verbose=2,
    )
    _, accuracy = model.evaluate($test, verbose=0)
    print(f"Test accuracy: {accuracy:.4f} (n = {len($tested):,})")


if __name__ == "__main__":
    main()
""")


MAIN_OF_ARRAYS = {
    "folder": 'help="folder with the four IDX files"',
    "read": """\
    (pictures, labels), (x_test, y_test) = load_pictures(options.data)
    pictures, x_test = (x[..., np.newaxis] / np.float32(255) for x in (pictures, x_test))
    train, validation = split(labels)
    x_train, y_train = pictures[train], labels[train]
""",
    "metric": '"accuracy"',
    "test": "x_test, y_test, batch_size=1000",
    "tested": "x_test",
}


def vary(augmentation: Augmentation) -> str:
    """The layer that varies training pictures, with only what this experiment asks for."""
    values = augmentation.model_dump()
    steps = ""
    if augmentation.moves:
        smooth = augmentation.rotation or augmentation.zoom
        steps += VARY_MOVE.substitute(
            {name: repr(value) for name, value in values.items()},
            flip=VARY_FLIP if augmentation.flip else "",
            upside_down=VARY_UPSIDE_DOWN if augmentation.upside_down else "",
            interpolation="bilinear" if smooth else "nearest",
        )
    if augmentation.brightness:
        steps += VARY_LIGHT.substitute(values)
    if augmentation.erase:
        steps += VARY_COVER.substitute(values)
    return VARY.substitute(parts=steps) if steps else ""


def mixed(template: Template, augmentation: Augmentation) -> str:
    """Batches that are blended after each of their pictures was varied by itself."""
    varies = bool(vary(augmentation))
    return template.substitute(
        mixup=augmentation.mixup,
        varied=" varied and" if varies else "",
        vary="    vary = Vary()\n\n" if varies else "",
        line="        x = np.asarray(self.vary(x, training=True))\n" if varies else "",
    )


def stop_at(target: Target) -> str:
    return STOP_AT.substitute(
        split=target.split,
        metric=target.metric,
        key=f"val_{target.metric}" if target.split == "validation" else target.metric,
        comparison="<=" if target.metric == "loss" else ">=",
        value=repr(target.value),
    )


def refuse_special(base: Experiment, script: str) -> None:
    """Raises ExperimentError: the experiment has what only a script of its own has."""
    training = base.training
    for wrong, what, remedy in (
        (bool(base.data.folder), "pictures of your own", "Use Fashion-MNIST"),
        (training.schedule != "constant", "a changing learning rate", "Set it to constant"),
        (base.data.augmentation != Augmentation(), "varied pictures", "Take the variations out"),
        (base.data.scaling == "standardise", "standardised pictures", "Divide by 255"),
        (training.steps is not None, "a limit in steps", "Use epochs"),
        (
            training.early_stopping or training.target,
            "an early ending",
            "Take it out; the best epoch counts anyway",
        ),
    ):
        if wrong:
            raise ExperimentError(f"{script} does not have {what}. {remedy}.")
