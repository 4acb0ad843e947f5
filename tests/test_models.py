"""The catalogue of models: references come from addresses, so from anybody."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fmnist_core import models
from fmnist_core.errors import RunNotFoundError
from fmnist_core.presets import preset
from fmnist_core.run import Run
from fmnist_core.runs import RunStore


@pytest.fixture
def store(tmp_path: Path) -> RunStore:
    return RunStore(tmp_path / "runs", recorded=tmp_path / "recorded")


@pytest.fixture
def run(store: RunStore) -> Run:
    return store.create(preset("mlp-128").experiment)


@pytest.fixture
def bundle(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two bundled models, 'better' and 'quick'."""
    folder = tmp_path / "models"
    monkeypatch.setattr(models, "BUNDLED", folder)
    for name in ("better", "quick"):
        (folder / name / "checkpoints").mkdir(parents=True)
        (folder / name / "weights.npz").touch()
        (folder / name / "report.json").touch()
        (folder / name / "experiment.json").write_text(preset("cnn-16").experiment.to_json())
    return folder


def save(run: Run, *steps: int) -> None:
    for step in steps:
        (run.directory / f"checkpoints/step-{step:06d}.npz").touch()


def test_bundled_models_begin_with_the_default(bundle: Path, store: RunStore) -> None:
    assert models.bundled() == ["quick", "better"]
    assert models.default_model() == models.default_for_pictures() == "quick"

    files = models.resolve("better", store)
    assert (files.title, files.recorded, files.step) == ("CNN 16", True, None)
    assert files.weights == bundle / "better/weights.npz"
    assert files.report == bundle / "better/report.json"


def test_without_bundled_models_there_is_no_default(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(models, "BUNDLED", tmp_path / "none")

    assert models.bundled() == []
    with pytest.raises(RunNotFoundError, match="Train one first"):
        models.default_model()


def test_a_run_that_trains_is_its_last_checkpoint(store: RunStore, run: Run) -> None:
    save(run, 0, 20, 100)

    files = models.resolve(run.id, store)

    assert files.weights.name == "step-000100.npz"
    assert (files.step, files.title) == (100, "MLP 128, step 100")
    assert files.experiment == run.experiment


def test_a_run_that_ended_is_its_final_weights(store: RunStore, run: Run) -> None:
    save(run, 20)
    (run.directory / "weights.npz").touch()

    assert models.resolve(run.id, store).weights.name == "weights.npz"
    assert models.resolve(run.id, store).step is None
    assert models.resolve(f"{run.id}@20", store).weights.name == "step-000020.npz"


def test_what_is_not_there_is_said(store: RunStore, run: Run) -> None:
    with pytest.raises(RunNotFoundError, match="not saved anything yet"):
        models.resolve(run.id, store)
    save(run, 20)
    with pytest.raises(RunNotFoundError, match="no checkpoint at step 21"):
        models.resolve(f"{run.id}@21", store)
    with pytest.raises(RunNotFoundError, match="no run 'nobody'"):
        models.resolve("nobody", store)


@pytest.mark.parametrize("ref", ["", "../quick", "quick/", "quick@", "a@-1", "a@1e3", "A", "a\n"])
def test_what_cannot_be_a_name_is_refused(ref: str, bundle: Path, store: RunStore) -> None:
    with pytest.raises(RunNotFoundError, match="not the name of a model"):
        models.resolve(ref, store)


@given(ref=st.text(max_size=30) | st.from_regex(r"[a-z0-9./@-]{1,20}", fullmatch=True))
def test_no_reference_leads_anywhere_else(
    ref: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    store = RunStore(tmp_path_factory.getbasetemp() / "empty", recorded=Path("/nowhere"))
    if ref.partition("@")[0] in models.bundled():
        return
    with pytest.raises(RunNotFoundError):
        models.resolve(ref, store)
