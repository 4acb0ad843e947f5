from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pytest

from fmnist_core import datasets
from fmnist_core.datasets import fashion_mnist
from fmnist_core.errors import DataError
from tests.datasets.idx_files import encode, write_set


def test_the_embedded_set_is_complete() -> None:
    data = fashion_mnist.load_from(fashion_mnist.EMBEDDED_DIR)
    assert data.name == "Fashion-MNIST"
    assert data.class_names == datasets.CLASS_NAMES
    assert data.train_images.shape == (60_000, 28, 28)
    assert data.test_images.shape == (10_000, 28, 28)
    assert data.test_labels[[0, 23, 28]].tolist() == [9, 9, 9]  # three ankle boots
    assert np.bincount(data.train_labels).tolist() == [6_000] * 10
    assert np.bincount(data.test_labels).tolist() == [1_000] * 10
    arrays = (data.train_images, data.train_labels, data.test_images, data.test_labels)
    assert all(a.dtype == np.uint8 and not a.flags.writeable for a in arrays)


def test_the_variable_names_another_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(fashion_mnist.DATA_DIR_VARIABLE, raising=False)
    assert datasets.data_dir() == fashion_mnist.EMBEDDED_DIR
    write_set(tmp_path / "digits")
    monkeypatch.setenv(fashion_mnist.DATA_DIR_VARIABLE, str(tmp_path / "digits"))
    data = datasets.load()
    assert data.name == "digits"
    assert data.class_names == tuple(f"Class {i}" for i in range(10))
    assert data.train_images.shape == (40, 28, 28)
    assert datasets.load() is data


def test_plain_files_do(tmp_path: Path) -> None:
    write_set(tmp_path, packed=False)
    assert len(fashion_mnist.load_from(tmp_path).test_labels) == 20


def test_fashion_mnist_is_known_by_its_labels_wherever_it_lies(tmp_path: Path) -> None:
    write_set(tmp_path, test=10_000)
    name = "t10k-labels-idx1-ubyte.gz"
    (tmp_path / name).write_bytes((fashion_mnist.EMBEDDED_DIR / name).read_bytes())
    data = fashion_mnist.load_from(tmp_path)
    assert (data.name, data.class_names) == ("Fashion-MNIST", datasets.CLASS_NAMES)


def test_classes_txt_names_the_classes(tmp_path: Path) -> None:
    write_set(tmp_path)
    names = ("o", "ki", "su", "tsu", "na", "ha", "ma", "ya", "re", "を")
    (tmp_path / "classes.txt").write_text("\n".join(names) + "\n", encoding="utf-8")
    assert fashion_mnist.load_from(tmp_path).class_names == names


@pytest.mark.parametrize("text", ["one\ntwo", "same\n" * 10, ""])
def test_classes_txt_needs_ten_names(tmp_path: Path, text: str) -> None:
    write_set(tmp_path)
    (tmp_path / "classes.txt").write_text(text)
    with pytest.raises(DataError, match=r"classes\.txt has \d different names; write 10"):
        fashion_mnist.load_from(tmp_path)


def test_classes_txt_must_be_text(tmp_path: Path) -> None:
    write_set(tmp_path)
    (tmp_path / "classes.txt").write_bytes(b"\xff\xfe\0")
    with pytest.raises(DataError, match=r"classes\.txt cannot be read"):
        fashion_mnist.load_from(tmp_path)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    write_set(tmp_path)
    (tmp_path / "t10k-labels-idx1-ubyte.gz").unlink()
    with pytest.raises(DataError, match=r"t10k-labels-idx1-ubyte\.gz cannot be read"):
        fashion_mnist.load_from(tmp_path)


def test_pictures_are_unpacked_when_they_are_first_used_and_once(tmp_path: Path) -> None:
    write_set(tmp_path)
    data = fashion_mnist.load_from(tmp_path)
    pictures = data.test_images
    for path in tmp_path.glob("*images*"):
        path.unlink()
    assert data.test_images is pictures
    with pytest.raises(DataError, match=r"train-images-idx3-ubyte\.gz cannot be read"):
        _ = data.train_images


@pytest.mark.parametrize("keep", [0, 12, 200])
def test_a_cut_file_is_refused_by_name_at_the_latest_when_it_is_used(
    tmp_path: Path, keep: int
) -> None:
    write_set(tmp_path)
    path = tmp_path / "train-images-idx3-ubyte.gz"
    path.write_bytes(path.read_bytes()[:keep])
    with pytest.raises(DataError, match=r"train-images-idx3-ubyte\.gz is truncated"):
        _ = fashion_mnist.load_from(tmp_path).train_images


def test_a_missing_pictures_file_is_refused_at_once(tmp_path: Path) -> None:
    write_set(tmp_path)
    (tmp_path / "train-images-idx3-ubyte.gz").unlink()
    with pytest.raises(DataError, match=r"train-images-idx3-ubyte\.gz cannot be read"):
        fashion_mnist.load_from(tmp_path)


def test_counts_must_agree(tmp_path: Path) -> None:
    write_set(tmp_path)
    labels = gzip.compress(encode(np.zeros(39, dtype=np.uint8)))
    (tmp_path / "train-labels-idx1-ubyte.gz").write_bytes(labels)
    with pytest.raises(DataError, match=r"40 pictures but .*train-labels.* has 39 labels"):
        fashion_mnist.load_from(tmp_path)


def test_labels_must_name_a_class(tmp_path: Path) -> None:
    write_set(tmp_path)
    labels = gzip.compress(encode(np.full(20, 10, dtype=np.uint8)))
    (tmp_path / "t10k-labels-idx1-ubyte.gz").write_bytes(labels)
    with pytest.raises(DataError, match=r"t10k-labels.* holds the label 10; labels must be 0 to 9"):
        fashion_mnist.load_from(tmp_path)


def test_pictures_must_be_28_pixels_wide(tmp_path: Path) -> None:
    write_set(tmp_path, side=32)
    with pytest.raises(DataError, match="32 x 32 pixels; they must be 28 x 28"):
        fashion_mnist.load_from(tmp_path)
