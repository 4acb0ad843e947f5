"""Training for the box, on renderings or not: it learns, and goes on where it was interrupted."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf

from fmnist_core import temperature
from fmnist_core.architecture import BatchNormalization, Conv2D, Dense, Flatten
from fmnist_core.datasets import fashion_mnist, splits
from fmnist_core.engine import bundled, learner, realworld
from fmnist_core.engine.steps import as_pictures
from fmnist_core.engine.views import views_of
from fmnist_core.engine.weights import load_model
from fmnist_core.experiment import Augmentation, Data, Experiment
from tests.engine.conftest import tiny


@pytest.fixture
def recipe(small_set: Path, monkeypatch: pytest.MonkeyPatch) -> bundled.Recipe:
    monkeypatch.setenv("FMNIST_DATA_DIR", str(small_set))
    # Not in processes of their own: those would import all this anew.
    monkeypatch.setattr(realworld, "render", in_this_process)
    layers = Flatten(), Dense(units=64)
    return of(tiny(*layers, epochs=3, learning_rate=0.003, batch_size=16))


def in_this_process(
    pictures: np.ndarray, labels: np.ndarray, seed: tuple[int, ...], without: frozenset[str]
) -> np.ndarray:
    return realworld._render_chunk(pictures, labels, seed, without)


def of(experiment: Experiment) -> bundled.Recipe:
    return bundled.Recipe(experiment, renderings=2, plain_share=0.5)


def test_it_learns_and_is_judged_on_what_it_has_not_seen(
    recipe: bundled.Recipe, tmp_path: Path
) -> None:
    said: list[str] = []
    bundled.train(recipe, tmp_path, said.append)
    found = bundled.judged(recipe, tmp_path)
    assert [line.split(":")[0] for line in said] == ["epoch 1", "epoch 2", "epoch 3"]
    assert (found.train.n, found.validation.n, found.test.n) == (540, 60, 100)
    assert found.rendered_validation
    assert found.rendered_validation.n == 60
    assert found.test.accuracy > 0.4
    assert found.calibration.n == 2 * 60  # it will be asked about both kinds
    held_out = splits.split(fashion_mnist.load().train_labels, 0.1, 0).validation
    both = np.concatenate([found.validation.probabilities, found.rendered_validation.probabilities])
    labels = np.tile(fashion_mnist.load().train_labels[held_out], 2)
    assert found.calibration.temperature == temperature.fit(labels, both)
    assert found.weights.exists()
    unseen = bundled.rendering(recipe, 2, tmp_path)
    for number in range(2):
        seen = np.load(tmp_path / f"rendering-00{number}.npy")
        assert (seen != unseen).any((1, 2)).mean() > 0.9


def test_interrupted_it_goes_on_after_its_last_epoch(
    recipe: bundled.Recipe, tmp_path: Path
) -> None:
    def interrupt(line: str) -> None:
        if line.startswith("epoch 2"):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        bundled.train(recipe, tmp_path, interrupt)
    said: list[str] = []
    bundled.train(recipe, tmp_path, said.append)
    assert [line.split(":")[0] for line in said] == ["epoch 3"]


def test_a_second_training_goes_on_from_the_weights_of_the_first(
    recipe: bundled.Recipe, tmp_path: Path
) -> None:
    first = bundled.train(recipe, tmp_path / "first", lambda _: None)
    slow = recipe.experiment.changed(
        training=recipe.experiment.training.changed(learning_rate=1e-9, epochs=2)
    )
    second = bundled.Recipe(slow, begin=first)
    said: list[str] = []
    assert bundled.train(second, tmp_path / "second", said.append).exists()
    assert [line.split(":")[0] for line in said] == ["epoch 1", "epoch 2"]
    ours, theirs = (
        load_model(recipe.experiment, tmp_path / name / "weights.npz").get_weights()
        for name in ("first", "second")
    )
    for one, other in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(one, other, atol=1e-5)
    bundled.train(second, tmp_path / "second", said.append)
    assert len(said) == 2  # all epochs were there


def test_without_renderings_it_learns_the_pictures_as_they_are(
    recipe: bundled.Recipe, tmp_path: Path
) -> None:
    plain = bundled.Recipe(recipe.experiment)
    bundled.train(plain, tmp_path, lambda _: None)
    found = bundled.judged(plain, tmp_path)
    assert found.rendered_validation is None
    assert found.calibration.n == 60
    assert found.test.accuracy > 0.4
    assert list(tmp_path.glob("rendering-*")) == []
    model, data = load_model(recipe.experiment, found.weights), fashion_mnist.load()
    for pixels, accuracy in (
        (0, found.averaged.mirrored_test),
        (found.averaged.pixels, found.averaged.test),
    ):
        views = [
            np.asarray(model(as_pictures(tf.constant(view))))
            for view in views_of(data.test_images, pixels)
        ]
        assert accuracy == (np.mean(views, axis=0).argmax(axis=1) == data.test_labels).mean()


def test_its_averages_are_of_the_pictures_as_they_are(
    small_set: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FMNIST_DATA_DIR", str(small_set))
    layers = Conv2D(filters=4, padding="same"), BatchNormalization(), Flatten()
    augmentation = Augmentation(erase=14)  # a fourth of each picture is black
    experiment = tiny(*layers, data=Data(augmentation=augmentation), epochs=1)
    kept, anew = (
        load_model(
            experiment,
            bundled.train(
                bundled.Recipe(experiment, plain_averages=plain), tmp_path / str(plain), print
            ),
        )
        for plain in (False, True)
    )
    data = fashion_mnist.load()
    chosen = splits.split(data.train_labels, 0.1, experiment.seed).train
    maps = np.asarray(anew.get_layer("conv2d_1")(as_pictures(data.train_images[chosen])))
    mean, is_of = maps.mean((0, 1, 2)), "batchnormalization_1"
    np.testing.assert_allclose(anew.get_layer(is_of).moving_mean, mean, atol=1e-3)
    assert not np.allclose(kept.get_layer(is_of).moving_mean, mean, atol=1e-2)
    for one, other in zip(kept.trainable_variables, anew.trainable_variables, strict=True):
        np.testing.assert_array_equal(np.asarray(one), np.asarray(other))


def test_trained_in_bfloat16_it_is_judged_as_it_answers(
    small_set: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FMNIST_DATA_DIR", str(small_set))
    monkeypatch.setattr(learner, "precision", lambda _: "mixed_bfloat16")
    experiment = tiny(Conv2D(filters=16), Flatten(), epochs=1, batch_size=16)
    plain = bundled.Recipe(experiment)
    bundled.train(plain, tmp_path, lambda _: None)
    found = bundled.judged(plain, tmp_path)
    pictures = as_pictures(tf.constant(fashion_mnist.load().test_images))
    answers = load_model(experiment, found.weights)(pictures)
    np.testing.assert_allclose(found.test.probabilities, answers, atol=1e-5)
