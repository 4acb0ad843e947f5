"""The script of a folder of one's own pictures as text, and its reader, which must be ours."""

from __future__ import annotations

import ast
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageDraw

from fmnist_core.architecture import Architecture, Conv2D, Flatten, MaxPooling2D, Output
from fmnist_core.codegen import keras_script
from fmnist_core.codegen_search import search_script
from fmnist_core.datasets import flip_labels
from fmnist_core.datasets.splits import split_of
from fmnist_core.errors import DataError, ExperimentError
from fmnist_core.experiment import Data, Experiment, Training
from fmnist_core.folders import FolderStore, import_folder, import_zip, layout, sources
from fmnist_core.folders.folder import Folder
from fmnist_core.folders.store import FOLDER
from fmnist_core.images import opening
from fmnist_core.presets import preset
from fmnist_core.search import Choice, Search
from fmnist_core.settings import with_settings

SHAPES = ("circle", "cross", "square")


def experiment_of(
    folder: str = "abcd1234",
    shape: tuple[int, int, int] = (32, 32, 3),
    classes: int = 2,
    changes: tuple[str, ...] = (),
) -> Experiment:
    """A small network on a folder; two classes are told apart by one sigmoid unit."""
    experiment = Experiment(
        title="Shapes",
        architecture=Architecture(
            layers=(Conv2D(filters=4), MaxPooling2D(pool_size=4), Flatten()),
            output=Output(binary=classes == 2),
            input_shape=shape,
            classes=classes,
        ),
        data=Data(folder=folder, validation_fraction=0.2),
        training=Training(batch_size=8, epochs=2),
    )
    return with_settings(experiment, list(changes))


EVERYTHING = (
    "seed=5",
    "data.train_size=20",
    "data.label_noise=0.2",
    "data.scaling=standardise",
    "data.augmentation.mixup=0.4",
    "training.loss=one-hot",
    "training.label_smoothing=0.1",
    "training.schedule=triangle",
    'training.target={"value":0.9}',
    "training.early_stopping={}",
    "architecture.output.logits=true",
)


def draw(path: Path, kind: str, seed: int, size: tuple[int, int] = (50, 40)) -> Image.Image:
    """A shape of some colour on another, saved as PNG or JPEG."""
    random = np.random.default_rng([seed, SHAPES.index(kind)])
    back, front = random.integers(0, 256, (2, 3)).tolist()
    image = Image.new("RGB", size, tuple(back))
    pencil = ImageDraw.Draw(image)
    left, top, right, bottom = size[0] // 5, size[1] // 5, 4 * size[0] // 5, 3 * size[1] // 4
    if kind == "circle":
        pencil.ellipse((left, top, right, bottom), tuple(front))
    elif kind == "square":
        pencil.rectangle((left, top, right, bottom), tuple(front))
    else:
        pencil.line((left, top, right, bottom), tuple(front), 5)
        pencil.line((left, bottom, right, top), tuple(front), 5)
    path.parent.mkdir(parents=True, exist_ok=True)
    image.save(path)
    return image


def draw_folder(root: Path, counts: dict[str, tuple[int, ...]]) -> Path:
    """``counts``: folder ('' or a split's) -> pictures of each shape. Returns the root."""
    for number, (part, wanted) in enumerate(counts.items()):
        for kind, n in zip(SHAPES, wanted, strict=False):
            for i in range(n):
                # Numbers without zeros in front: 10 comes before 9 in both readers, or in none.
                ending = "jpg" if i % 2 else "png"
                draw(root / part / kind / f"{i}.{ending}", kind, 1_000 * number + i)
    return root


def imported(root: Path, path: Path) -> Folder:
    return import_folder(root / FOLDER, path, "Shapes", lambda done, total: None)


def functions_of(source: str) -> dict[str, Any]:
    """The script's functions and constants, without its Keras."""
    kept = [
        node
        for node in ast.parse(source).body
        if isinstance(node, ast.FunctionDef | ast.Assign | ast.Import | ast.ImportFrom)
        and "keras" not in ast.unparse(node).split()
    ]
    names: dict[str, Any] = {}
    exec(compile(ast.Module(kept, []), "script.py", "exec"), names)
    return names


def assert_same(experiment: Experiment, path: Path, root: Path) -> None:
    """What the script reads, and how it splits it, is what a run has."""
    script = functions_of(keras_script(experiment))
    shape = experiment.architecture.input_shape
    dataset = FolderStore(root).dataset(experiment.data.folder, shape)
    pictures, labels, splits = script["read_pictures"](path)
    train, validation, test = script["split"](labels, splits)
    assert pictures.dtype == labels.dtype == np.uint8
    assert pictures.shape == (len(labels), *shape)

    learned = np.flatnonzero(splits != script["TEST"])
    ours = dataset.train_images.reshape(-1, *shape)
    np.testing.assert_array_equal(pictures[learned], ours)
    np.testing.assert_array_equal(labels[learned], dataset.train_labels)
    np.testing.assert_array_equal(pictures[test], dataset.test_images.reshape(-1, *shape))
    np.testing.assert_array_equal(labels[test], dataset.test_labels)

    expected = split_of(experiment.data, dataset, experiment.seed)
    np.testing.assert_array_equal(np.searchsorted(learned, train), expected.train)
    if experiment.data.validation_fraction:
        np.testing.assert_array_equal(np.searchsorted(learned, validation), expected.validation)


LAYOUTS = {
    "classes": {"": (31, 24)},
    "three classes in a wrapping": {"pictures/of shapes": (9, 14, 12)},
    "train alone": {"train": (8, 9)},
    "validation": {"train": (14, 21), "validation": (9, 6)},
    "other names": {"my/Training": (12, 13), "my/VAL": (3, 4), "my/testing": (5, 2)},
    "test, no validation": {"train": (14, 11), "test": (4, 4)},
}


@pytest.mark.parametrize("name", LAYOUTS)
@pytest.mark.parametrize(
    ("shape", "changes"),
    [
        ((28, 28, 1), ()),
        ((300, 300, 3), ("seed=7", "data.validation_fraction=0.35")),
        ((64, 64, 3), ("seed=3", "data.validation_fraction=0")),
    ],
)
def test_it_reads_and_splits_as_we_do(
    name: str, shape: tuple[int, int, int], changes: tuple[str, ...], tmp_path: Path
) -> None:
    path = draw_folder(tmp_path / "pictures", LAYOUTS[name])
    folder = imported(tmp_path, path)
    experiment = experiment_of(folder.id, shape, len(folder.class_names), changes)
    assert_same(experiment, path, tmp_path)


@pytest.mark.parametrize("counts", [{"": (24, 21)}, {"train": (15, 17), "val": (6, 4)}])
def test_a_smaller_training_set_is_ours(counts: dict[str, tuple[int, ...]], tmp_path: Path) -> None:
    path = draw_folder(tmp_path / "pictures", counts)
    folder = imported(tmp_path, path)
    changes = ("seed=4", "data.train_size=21")
    assert_same(experiment_of(folder.id, changes=changes), path, tmp_path)


def test_it_reads_an_archive_as_it_was_packed(tmp_path: Path) -> None:
    path = draw_folder(tmp_path / "pictures", {"train": (9, 12), "valid": (6, 5)})
    archive = shutil.make_archive(str(tmp_path / "packed"), "zip", tmp_path, "pictures")
    folder = import_zip(tmp_path / FOLDER, Path(archive), "Shapes", lambda done, total: None)
    assert_same(experiment_of(folder.id), path, tmp_path)


def odd_pictures(folder: Path) -> None:
    """Every kind of picture that our opening treats in a way of its own."""
    random = np.random.default_rng(0)
    plain = draw(folder / "a.png", "circle", 1, (70, 45))
    see_through = plain.copy()
    see_through.putalpha(Image.fromarray(random.integers(0, 256, (45, 70), np.uint8)))
    see_through.save(folder / "transparent.png")
    see_through.convert("LA").save(folder / "transparent-grey.png")
    see_through.save(folder / "transparent.webp")
    palette = plain.quantize(8)
    palette.save(folder / "palette.png", transparency=0)
    palette.save(folder / "palette.gif", save_all=True, append_images=[palette.rotate(90)])
    plain.convert("L").save(folder / "grey.jpg")
    plain.convert("1").save(folder / "black-and-white.png")
    plain.convert("CMYK").save(folder / "ink.jpg")
    plain.save(folder / "plain.bmp")
    exif = Image.Exif()
    for turn in range(10):
        exif[0x0112] = turn
        plain.save(folder / f"turned-{turn}.jpg", exif=exif)
    exif[0x0112] = 6
    plain.save(folder / "turned.tiff", exif=exif)
    draw(folder / "large.jpg", "cross", 2, (2_600, 1_500)).save(
        folder / "large-turned.jpg", exif=exif
    )
    draw(folder / "large.png", "cross", 3, (1_025, 700))
    draw(folder / "wide.png", "square", 4, (4_300, 33))
    levels = random.integers(0, 60_000, (40, 30))
    Image.fromarray(levels.astype(np.uint16)).save(folder / "sixteen-bit.png")
    Image.fromarray((levels // 300).astype(np.uint16)).save(folder / "sixteen-bit-small.png")
    Image.fromarray(levels.astype(np.int32) - 9_000).save(folder / "integers.tiff")
    reals = levels.astype(np.float32) / 60_000
    Image.fromarray(reals).save(folder / "reals.tiff")
    reals[3, 4:9] = np.nan, np.inf, -np.inf, 2, -1
    Image.fromarray(reals).save(folder / "strange-reals.tiff")
    Image.fromarray(np.full((9, 9), np.nan, np.float32)).save(folder / "no-number.tiff")


def litter(root: Path) -> None:
    """What is left out: damaged files, files of other kinds, and files in the wrong place."""
    circle = (root / "circle" / "0.png").read_bytes()
    for name, data in {
        "circle/0-cut-off.png": circle[: len(circle) // 2],
        "circle/0-text.jpg": b"not a picture",
        "circle/0-empty.png": b"",
        "circle/Thumbs.db": b"thumbs",
        "circle/.hidden.png": circle,
        "__MACOSX/circle/1.png": circle,
        ".cache/1.png": circle,
        "circle/deeper/1.png": circle,
        "beside.png": circle,
    }.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    outside = root.parent / "outside.png"
    outside.write_bytes(circle)
    (root / "circle" / "0-link.png").symlink_to(outside)
    Image.new("1", (9_000, 6_000)).save(root / "circle" / "0-huge.png")


@pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")  # of 0-huge.png
@pytest.mark.parametrize("shape", [(48, 48, 1), (300, 300, 1), (90, 90, 3)])
def test_odd_and_broken_pictures_are_treated_as_we_do(
    shape: tuple[int, int, int], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = draw_folder(tmp_path / "pictures", {"": (9, 9)})
    odd_pictures(path / "cross")
    litter(path)
    folder = imported(tmp_path, path)
    assert_same(experiment_of(folder.id, shape), path, tmp_path)
    left_out = {problem.name for problem in folder.problems}
    assert left_out - {"beside.png", "circle/deeper/1.png"} == {
        f"circle/0-{name}" for name in ("cut-off.png", "text.jpg", "empty.png", "huge.png")
    }
    output = capsys.readouterr().out
    assert output.count("Left out") == 4
    assert all(f"Left out {name}: " in output for name in left_out if "/0-" in name)
    assert output.endswith(f"{folder.total} pictures of circle, cross\n")


def test_its_limits_and_names_are_ours() -> None:
    script = functions_of(keras_script(experiment_of()))
    assert script["FORMATS"] == opening._FORMATS
    assert script["TURNS"] == opening._TURNS
    assert script["MOST_BYTES"] == opening.MAX_FILE_BYTES
    assert script["MOST_PIXELS"] == opening.MAX_PIXELS
    assert script["WORKING_SIDE"] == opening.WORKING_SIDE
    assert script["THINNED_SIDE"] == opening._THINNED_SIDE
    assert script["LITTER"] == sources._LITTER
    named = {name: layout.PARTS.index(part) for name, part in layout._SPLIT_NAMES.items()}
    assert script["SPLITS"] == named


def test_another_folder_is_refused_in_words(tmp_path: Path) -> None:
    script = functions_of(keras_script(experiment_of()))
    path = draw_folder(tmp_path / "pictures", {"": (4, 4, 4)})
    with pytest.raises(SystemExit, match=r"Expected 2 classes .* found 3"):
        script["read_pictures"](path)
    with pytest.raises(SystemExit, match="no pictures in"):
        script["read_pictures"](tmp_path / "nowhere")


def test_its_label_noise_is_ours() -> None:
    changes = ("seed=11", "data.label_noise=0.2")
    labels = np.random.default_rng(1).integers(0, 2, 101).astype(np.uint8)
    script = functions_of(keras_script(experiment_of(changes=changes)))
    np.testing.assert_array_equal(script["flip_labels"](labels), flip_labels(labels, 0.2, 11, 2))


@pytest.mark.parametrize("classes", [2, 3])
@pytest.mark.parametrize("shape", [(300, 300, 3), (28, 28, 1)])
@pytest.mark.parametrize("changes", [(), EVERYTHING, ("data.validation_fraction=0",)])
def test_a_script_is_formatted_and_clean(
    classes: int, shape: tuple[int, int, int], changes: tuple[str, ...], tmp_path: Path
) -> None:
    source = keras_script(experiment_of("abcd1234", shape, classes, changes))
    compile(source, "script.py", "exec")
    assert "fmnist_core" not in source
    assert "abcd1234" not in source
    path = tmp_path / "script.py"
    path.write_text(source)
    ruff = [sys.executable, "-m", "ruff"]
    options = ["--isolated", "--no-cache", "--line-length=100", str(path)]
    for command in (["format", "--diff"], ["check", "--select=E,F,I,B,N,UP,SIM,RET,NPY,PTH"]):
        done = subprocess.run([*ruff, *command, *options], capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr


def test_it_holds_what_it_needs_and_no_more() -> None:
    own, fashion = keras_script(experiment_of()), keras_script(preset("cnn-16").experiment)
    for word in ("from PIL import Image", "SIDE = 32\n", "CHANNELS = 3\n", "CLASSES = 2\n"):
        assert word in own
        assert word not in fashion
    for word in ("gzip", "struct", "read_idx", "fashion_mnist", "x_train", "Mixed", "flip_labels"):
        assert word not in own
    assert 'layers.Dense(1, activation="sigmoid", name="output"),' in own
    assert "resize((SIDE, SIDE)" in own
    assert "resize((SIDE, SIDE)" not in keras_script(experiment_of(shape=(300, 300, 3)))
    assert 'convert("L")' not in own
    assert 'convert("L")' in keras_script(experiment_of(shape=(32, 32, 1)))
    assert "validation_data=Batches(pictures, labels, validation)," in own
    assert "validation_data" not in keras_script(
        experiment_of(changes=("data.validation_fraction=0",))
    )


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        (["architecture.output.l2=0.01"], "kernel_regularizer=keras.regularizers.L2(0.01)"),
        (["architecture.output.logits=true"], 'layers.Dense(1, name="output"),'),
        (["architecture.output.logits=true"], "loss=keras.losses.BinaryCrossentropy(from_logits"),
        (["architecture.output.logits=true"], 'BinaryAccuracy(threshold=0.0, name="accuracy")'),
        (
            ["training.loss=one-hot", "training.label_smoothing=0.1"],
            "loss=keras.losses.BinaryCrossentropy(label_smoothing=0.1),",
        ),
        (["data.augmentation.mixup=0.4"], "labels = labels.astype(np.float32)[:, np.newaxis]"),
        (["data.augmentation.mixup=0.4"], "Mixed(pictures, labels, train, shuffle=True),"),
        (["data.augmentation.mixup=0.4"], "keras.ops.equal(labels > 0.5, given > 0.5)"),
        (["data.label_noise=0.1"], "labels[train] = flip_labels(labels[train])"),
        (["data.scaling=standardise"], "model = build_model(pictures, train)"),
        (["data.scaling=raw"], 'layers.Rescaling(255.0, name="rescaling")'),
        (["data.train_size=50"], "np.sort(order[held_out : held_out + TRAIN_SIZE])"),
    ],
)
def test_a_setting_is_in_the_script(changes: list[str], expected: str) -> None:
    experiment = experiment_of()
    assert expected not in keras_script(experiment)
    assert expected in keras_script(with_settings(experiment, changes))


def test_one_unit_has_no_rows_of_labels() -> None:
    rows = "labels = keras.utils.to_categorical(labels, CLASSES)"
    one_hot = ("training.loss=one-hot",)
    assert rows in keras_script(experiment_of(classes=3, changes=one_hot))
    assert rows not in keras_script(experiment_of(changes=one_hot))
    assert 'metrics=["accuracy"],' in keras_script(experiment_of(changes=one_hot))


def test_what_is_not_to_be_had_has_no_script() -> None:
    with pytest.raises(DataError, match="Expected squares"):
        keras_script(experiment_of(shape=(32, 40, 3)))
    choice = Choice(setting="training.learning_rate", values=(0.01, 0.001))
    search = Search(base=experiment_of(), space=(choice,))
    with pytest.raises(ExperimentError, match="of your own"):
        search_script(search)
