"""The parts of a generated script that learns from a folder of one's own pictures.

They read, turn and shrink the pictures, draw the test set and split the rest exactly as
``images.opening`` and ``folders`` do; a test holds the arrays of both equal. The pictures stay
uint8 in one array, and a batch becomes float32 when it is needed: 1,300 colour squares of 300
pixels are 350 MB, but 1.4 GB as float32.
"""

from __future__ import annotations

from string import Template

from fmnist_core.architecture import Output
from fmnist_core.codegen_parts import mixed
from fmnist_core.experiment import Experiment
from fmnist_core.folders.folder import SIDE
from fmnist_core.folders.squares import check_shape

HEAD = Template('''
"""$title: a Keras script, written by Fashion-MNIST Lab.

    python script.py --data DIR [--epochs N | --steps N]

It needs Keras 3, TensorFlow, NumPy and Pillow. DIR is the folder of pictures that the Lab imported,
unpacked and unchanged: with a sub-folder per class, or with train/, validation/ and test/ that hold
these. Pictures (decoded by the same Pillow), split and initial weights are those of the Lab's run.
Only the order of the batches and dropout are drawn anew, so results agree, but not to the last
digit.
"""

import argparse
from pathlib import Path

import keras
import numpy as np
from keras import layers
from PIL import Image

$constants
''')

FIND = '''
TRAIN, VALIDATION, TEST = range(3)
SPLITS = {
    "train": TRAIN,
    "training": TRAIN,
    "validation": VALIDATION,
    "valid": VALIDATION,
    "val": VALIDATION,
    "test": TEST,
    "testing": TEST,
}
LITTER = ("__macosx", "thumbs.db", "desktop.ini")


def find_pictures(root):
    """(split, class, names of folders and file) of each file, sorted.

    Folders are class/picture or train/class/picture, all of it in any number of folders that hold
    no others.
    """
    found = [path.relative_to(root).parts for path in root.rglob("*") if is_inside(path, root)]
    found = [parts for parts in found if not is_litter(parts)]
    if not found:
        raise SystemExit(f"There are no pictures in {root}.")
    above = 0
    # A folder alone that holds folders is a wrapping; one that holds only pictures is a class.
    while len({parts[above] for parts in deeper(found, above)}) == 1 and deeper(found, above + 1):
        above += 1
    heads = {parts[above].casefold() for parts in found if len(parts) > above + 1}
    named = not heads.isdisjoint(SPLITS)
    depth = above + (3 if named else 2)
    return sorted(
        (SPLITS[parts[above].casefold()] if named else TRAIN, parts[-2], parts)
        for parts in found
        if len(parts) == depth
    )


def deeper(found, above):
    return [parts for parts in found if len(parts) > above + 1]


def is_inside(path, root):
    """A file, and no link that leads elsewhere."""
    return path.is_file() and path.resolve().is_relative_to(root)


def is_litter(parts):
    return any(part.startswith(".") or part.lower() in LITTER for part in parts)
'''

OPEN = '''
FORMATS = ("PNG", "JPEG", "WEBP", "BMP", "TIFF", "GIF")
MOST_BYTES, MOST_PIXELS = 64 * 2**20, 50_000_000
THINNED_SIDE, WORKING_SIDE = 4096, 1024
TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


def open_picture(path):
    """The first frame, upright, at most 1,024 pixels a side, in mode L, RGB or RGBA."""
    if path.stat().st_size > MOST_BYTES:
        raise ValueError("the file is too large")
    with Image.open(path, formats=FORMATS) as image:
        if image.width * image.height > MOST_PIXELS:
            raise ValueError("the picture has too many pixels")
        image.draft(None, (WORKING_SIDE, WORKING_SIDE))  # a large JPEG is decoded small at once
        image.load()
        turn = TURNS.get(orientation(image))
        upright = made_smaller(image)
    return upright if turn is None else upright.transpose(turn)


def orientation(image):
    """As the EXIF data say; 1, which is upright, where they are broken."""
    try:
        return int(image.getexif().get(0x0112, 1))
    except Exception:
        return 1


def made_smaller(image):
    if max(image.size) > THINNED_SIDE:
        scale = THINNED_SIDE / max(image.size)
        size = (max(1, round(image.width * scale)), max(1, round(image.height * scale)))
        image = image.resize(size, Image.Resampling.NEAREST)
    if image.mode in ("I", "F") or image.mode.startswith("I;"):
        image = Image.fromarray(to_levels(np.asarray(image)))
    see_through = image.mode in ("LA", "La", "PA", "RGBA", "RGBa") or "transparency" in image.info
    grey = image.mode in ("L", "1")
    image = image.convert("RGBA" if see_through else "L" if grey else "RGB")
    image.thumbnail((WORKING_SIDE, WORKING_SIDE), reducing_gap=2.0)
    return image


def to_levels(pixels):
    """16-bit and real numbers as 0 to 255: stretched, unless they lie in there already."""
    values = pixels.astype(np.float64)
    finite = values[np.isfinite(values)]
    if not finite.size:
        return np.zeros(pixels.shape, np.uint8)
    values = np.nan_to_num(values, nan=0.0, posinf=finite.max(), neginf=finite.min())
    low, high = values.min(), values.max()
    if low < 0 or high > 255:
        size = max(abs(low), abs(high))
        low, high = low / size, high / size
        values = (values / size - low) / (high - low) * 255 if high > low else values * 0
    elif high <= 1 and pixels.dtype.kind == "f":
        values = values * 255
    return np.rint(values).astype(np.uint8)
'''

READ = Template('''
def to_square(image):
    """uint8 (SIDE, SIDE, CHANNELS), squeezed; what is transparent becomes white."""
    if image.mode == "RGBA":
        white = Image.new("RGBA", image.size, "white")
        image = Image.alpha_composite(white, image)
    image = image.convert("RGB").resize(($kept, $kept), Image.Resampling.BILINEAR)
$changes    return np.asarray(image).reshape(SIDE, SIDE, CHANNELS)


def read_pictures(folder):
    """uint8 pictures (n, SIDE, SIDE, CHANNELS), their labels (n,) and their splits (n,)."""
    root = folder.resolve()
    files = find_pictures(root)
    names = sorted({name for part, name, _ in files if part == TRAIN})
    if len(names) != CLASSES:
        raise SystemExit(f"Expected {CLASSES} classes in {folder}, found {len(names)}.")
    pictures = np.empty((len(files), SIDE, SIDE, CHANNELS), np.uint8)
    labels, splits = [], []
    for part, name, path in files:
        try:
            pictures[len(labels)] = to_square(open_picture(root.joinpath(*path)))
        except Exception as error:  # damaged, or no picture at all
            print(f"Left out {'/'.join(path)}: {error}")
            continue
        labels.append(names.index(name))
        splits.append(part)
    print(f"{len(labels):,} pictures of {', '.join(names)}", flush=True)
    labels = np.array(labels, np.uint8)
    return pictures[: len(labels)], labels, with_test(labels, np.array(splits))
''')
GREY = '    image = image.convert("L")\n'
SHRINK = "    image = image.resize((SIDE, SIDE), Image.Resampling.BILINEAR)\n"

SPLIT = Template('''
def stratified(labels, seed):
    """All indices in an order whose every beginning has the classes in proportion."""
    random = np.random.default_rng([seed, 0])
    position = np.empty(len(labels))
    for label in np.unique(labels):
        members = random.permutation(np.flatnonzero(labels == label))
        position[members] = (np.arange(len(members)) + 0.5) / len(members)
    return np.lexsort((random.random(len(labels)), position))


def with_test(labels, splits):
    """The splits, with test pictures drawn from the others where no folder names any."""
    if TEST in splits:
        return splits
    source, share = (VALIDATION, 0.5) if VALIDATION in splits else (TRAIN, 0.2)
    among = np.flatnonzero(splits == source)
    chosen = stratified(labels[among], 0)[: round(share * len(among))]
    splits = splits.copy()
    splits[among[chosen]] = TEST
    return splits


def split(labels, splits):
    """Indices to train, validate and test on: the same for the same SEED."""
    rest, named, test = (np.flatnonzero(splits == part) for part in (TRAIN, VALIDATION, TEST))
    order = rest[stratified(labels[rest], SEED)]
    held_out = 0 if len(named) else round(VALIDATION_FRACTION * len(rest))
    validation = named if len(named) else np.sort(order[:held_out])
    return np.sort(order[$train]), validation, test
''')

BATCHES = '''
class Batches(keras.utils.PyDataset):
    """Pictures in [0, 1] and labels, each batch made when it is needed; shuffled, in a new order
    every epoch."""

    def __init__(self, pictures, labels, indices, shuffle=False):
        super().__init__()
        self.pictures, self.labels, self.indices = pictures, labels, indices
        self.random = np.random.default_rng(SEED) if shuffle else None
        self.on_epoch_end()

    def __len__(self):
        return -(-len(self.indices) // BATCH_SIZE)

    def on_epoch_end(self):
        if self.random:
            self.indices = self.random.permutation(self.indices)

    def __getitem__(self, index):
        batch = self.indices[index * BATCH_SIZE : (index + 1) * BATCH_SIZE]
        return self.pictures[batch] / np.float32(255), self.labels[batch]
'''

MIXED = Template('''
class Mixed(Batches):
    """Each batch is$varied blended with itself in reverse, labels too."""

$vary    def __getitem__(self, index):
        x, y = super().__getitem__(index)
$line        share = self.random.beta($mixup, $mixup)
        return share * x + (1 - share) * x[::-1], share * y + (1 - share) * y[::-1]
''')

NEARER = Template('''
def is_right(labels, given):
    """Of a blended label the nearer class counts."""
    return keras.ops.equal(labels > 0.5, given > $threshold)
''')

MOMENTS = """\
    counts = sum(np.bincount(pictures[i].ravel(), minlength=256) for i in train)
    levels = np.arange(256) / 255
    mean = float(np.average(levels, weights=counts))
    std = max(float(np.average((levels - mean) ** 2, weights=counts)) ** 0.5, 1 / 255)
"""

MAIN_READ = Template("""\
    pictures, labels, splits = read_pictures(options.data)
    train, $validation, test = split(labels, splits)
""")
VALIDATE = "        validation_data=Batches(pictures, labels, validation),\n"
NO_SHUFFLE = "        shuffle=False,  # of batches: Batches shuffles the pictures\n"


def sizes(experiment: Experiment) -> dict[str, int]:
    """Constants of the script.

    Raises:
        DataError: own pictures are not to be had in the network's shape.
    """
    shape = experiment.architecture.input_shape
    check_shape(shape)
    return {"SIDE": shape[0], "CHANNELS": shape[2]}


def reading(experiment: Experiment, train: str) -> list[str]:
    """What finds, opens and splits the pictures; ``train`` is the slice of an order to train on."""
    side, _, channels = experiment.architecture.input_shape
    changes = (GREY if channels == 1 else "") + (SHRINK if side != SIDE else "")
    read = READ.substitute(kept=SIDE, changes=changes)
    return [FIND, OPEN, read, SPLIT.substitute(train=train)]


def batches(experiment: Experiment) -> list[str]:
    """What hands the pictures to Keras."""
    mixup, output = experiment.data.augmentation.mixup, experiment.architecture.output
    if not mixup:
        return [BATCHES]
    nearer = NEARER.substitute(threshold=_threshold(output)) if output.binary else ""
    return [BATCHES, mixed(MIXED, experiment.data.augmentation), nearer]


def main(experiment: Experiment, one_hot: bool) -> dict[str, str]:
    """What ``main`` does with the pictures."""
    data = experiment.data
    held_out = data.validation_fraction > 0
    prepare = ["    labels[train] = flip_labels(labels[train])"] if data.label_noise else []
    if one_hot:
        prepare.append("    labels = keras.utils.to_categorical(labels, CLASSES)")
    elif data.augmentation.mixup:
        prepare.append("    labels = labels.astype(np.float32)[:, np.newaxis]")
    kind = "Mixed" if data.augmentation.mixup else "Batches"
    return {
        "folder": 'required=True, help="folder with the pictures"',
        "read": MAIN_READ.substitute(validation="validation" if held_out else "_"),
        "prepare": "".join(f"{line}\n" for line in prepare),
        "metric": _metric(experiment),
        "pictures": f"        {kind}(pictures, labels, train, shuffle=True),\n",
        "validation": (VALIDATE if held_out else "") + NO_SHUFFLE,
        "test": "Batches(pictures, labels, test)",
        "tested": "test",
    }


def _metric(experiment: Experiment) -> str:
    """The expression of the metric that is called accuracy."""
    output = experiment.architecture.output
    if output.binary and experiment.data.augmentation.mixup:
        return 'keras.metrics.MeanMetricWrapper(is_right, name="accuracy")'
    if output.binary and output.logits:  # Keras' own compares with 0.5, also for logits
        return f'keras.metrics.BinaryAccuracy(threshold={_threshold(output)}, name="accuracy")'
    return '"accuracy"'


def _threshold(output: Output) -> float:
    return 0.0 if output.logits else 0.5
