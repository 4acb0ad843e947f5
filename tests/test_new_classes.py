"""Classes of one's own: kept whole, limited, and exported as a script that runs."""

from __future__ import annotations

import json
import subprocess
import sys
import zipfile
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest

from fmnist_core import models
from fmnist_core.codegen_classes import exported, folder_name
from fmnist_core.datasets import load
from fmnist_core.errors import ExperimentError, RunNotFoundError
from fmnist_core.new_classes import MOST_EXAMPLES, NewClassesStore
from fmnist_core.runs import RunStore


@pytest.fixture
def store(tmp_path: Path) -> NewClassesStore:
    return NewClassesStore(tmp_path)


def test_they_are_kept_and_found_again(store: NewClassesStore) -> None:
    made = store.create([" cup ", "a  star", ""], "quick", now=5.0)
    assert made.names == ["cup", "a star"]
    store.save(made.with_examples(1, ("stored:aa", "stored:bb", "stored:aa")))
    found = store.get(made.id)
    assert found.classes[1].pictures == ("stored:aa", "stored:bb")
    assert (found.n, found.model) == (2, "quick")
    later = store.create(["x", "y"], "quick", now=9.0)
    assert [each.id for each in store.list()] == [later.id, made.id]
    store.delete(later.id)
    assert [each.id for each in store.list()] == [made.id]


@pytest.mark.parametrize("names", [[], ["one"], ["a", "A"], ["x"] * 11, ["a", "b" * 31]])
def test_what_makes_no_classes_is_refused_and_nothing_is_written(
    store: NewClassesStore, names: list[str]
) -> None:
    with pytest.raises(ExperimentError):
        store.create(names, "quick", now=0.0)
    assert store.list() == []


def test_limits_and_strange_names(store: NewClassesStore, tmp_path: Path) -> None:
    made = store.create(["cup", "star"], "quick", now=0.0)
    with pytest.raises(ExperimentError, match="at most 50"):
        made.with_examples(0, tuple(f"stored:{i}" for i in range(MOST_EXAMPLES + 1)))
    for name in ("../x", "", "nothing!"):
        with pytest.raises(RunNotFoundError):
            store.get(name)
    (tmp_path / "new-classes" / f"{made.id}.json").write_text(json.dumps({"id": 1}))
    with pytest.raises(RunNotFoundError, match="cannot be read"):
        store.get(made.id)
    assert store.list() == []


def test_the_export_trains_and_answers_without_the_lab(tmp_path: Path) -> None:
    data = load()
    examples = {
        name: data.train_images[data.train_labels == label][:6, :, :, None] / np.float32(255)
        for name, label in (("Hosen / legs", 1), ("../Taschen", 8))
    }
    files = models.resolve("quick", RunStore(tmp_path / "runs"))
    packed = exported(files.experiment, files.weights, examples)
    with zipfile.ZipFile(BytesIO(packed)) as archive:
        names = archive.namelist()
        archive.extractall(tmp_path / "out")
    assert all(".." not in name for name in names)
    folder = tmp_path / "out"
    picture = folder / "bag.png"
    picture.write_bytes((folder / "examples/1-taschen/000.png").read_bytes())
    done = subprocess.run(
        [sys.executable, "new_classes.py", "bag.png"], cwd=folder, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert "12 of 12 examples right" in done.stdout
    said = dict(part.rsplit(" ", 1) for part in done.stdout.splitlines()[-1][9:].split(", "))
    assert float(said["1-taschen"]) > 0.9


def test_folders_are_plain() -> None:
    assert folder_name("Tasse & Löffel", 2) == "2-tasse-l-ffel"
    assert folder_name("字", 0) == "0-class"
