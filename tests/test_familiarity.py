from __future__ import annotations

import numpy as np
import pytest

from fmnist_core import familiarity, scoring
from fmnist_core.datasets import fashion_mnist, splits
from fmnist_core.evaluation import auroc
from fmnist_core.experiment import Experiment
from fmnist_core.familiarity import Familiar, learn
from fmnist_core.presets import preset
from fmnist_core.settings import with_settings

DATA = fashion_mnist.load_from(fashion_mnist.EMBEDDED_DIR)
EXPERIMENT = preset("mlp-128").experiment


def coarse(pictures: np.ndarray) -> np.ndarray:
    """A network that sees 7 x 7 large pixels: (n, 28, 28, 1) -> (n, 49)."""
    return pictures.reshape(len(pictures), 7, 4, 7, 4).mean(axis=(2, 4)).reshape(-1, 49)


def whole(pictures: np.ndarray) -> np.ndarray:
    """A network that sees everything: more numbers than are kept."""
    return pictures.reshape(len(pictures), -1)


def as_pictures(levels: np.ndarray) -> np.ndarray:
    return levels[..., np.newaxis].astype(np.float32) / np.float32(255)


@pytest.fixture(scope="module")
def familiar() -> Familiar:
    return learn(coarse, EXPERIMENT, DATA)


def test_it_looks_at_the_training_part_and_judges_by_validation(familiar: Familiar) -> None:
    split = splits.split(DATA.train_labels, 0.1, EXPERIMENT.seed)
    assert familiar.features.shape == (familiarity.REFERENCES, 49)
    assert np.isin(familiar.indices, split.train).all()
    assert len(familiar.usual) == familiarity.JUDGES
    above = familiar.usual > (familiar.limit or 0)
    assert above.mean() == pytest.approx(0.05, abs=0.001)


def test_test_pictures_are_as_familiar_as_validation_pictures(familiar: Familiar) -> None:
    strangeness = familiar.strangeness(coarse(as_pictures(DATA.test_images[:2_000])))
    assert (strangeness > familiar.limit).mean() == pytest.approx(0.05, abs=0.02)


@pytest.mark.parametrize("kind", ["digits", "noise"])
def test_what_is_no_clothing_is_strange_even_to_a_coarse_eye(familiar: Familiar, kind: str) -> None:
    known = familiar.strangeness(coarse(as_pictures(DATA.test_images[:1_000])))
    strange = familiar.strangeness(coarse(scoring.made_here(kind, n=200).pictures))
    assert auroc(known, strange) > 0.8


def test_a_training_picture_is_nearest_to_itself(familiar: Familiar) -> None:
    index = int(familiar.indices[123])
    features = coarse(as_pictures(DATA.train_images[index : index + 1]))[0]
    nearest = familiar.nearest(features, 3)
    assert nearest[0] == index
    assert len(set(nearest.tolist())) == 3


def test_the_strength_of_the_features_does_not_matter(familiar: Familiar) -> None:
    features = coarse(as_pictures(DATA.test_images[:5]))
    np.testing.assert_allclose(
        familiar.strangeness(features), familiar.strangeness(7 * features), rtol=1e-4
    )


def test_rank_is_the_share_of_validation_pictures_that_are_less_strange(
    familiar: Familiar,
) -> None:
    assert familiar.rank(0) == 0
    assert familiar.rank(1e9) == 1
    assert familiar.rank(float(familiar.usual[500])) == pytest.approx(0.25, abs=0.001)


def test_many_units_are_projected_and_still_tell(familiar: Familiar) -> None:
    wide = learn(whole, EXPERIMENT, DATA)
    assert wide.features.shape[1] == 512
    index = int(wide.indices[7])
    assert wide.nearest(whole(as_pictures(DATA.train_images[index : index + 1]))[0])[0] == index


def test_without_validation_pictures_nobody_can_tell() -> None:
    without: Experiment = with_settings(EXPERIMENT, ["data.validation_fraction=0"])
    known = learn(coarse, without, DATA)
    assert known.limit is None
    assert known.rank(3.0) == 0


def test_dead_units_and_black_pictures_are_no_error() -> None:
    known = familiarity.fit(
        np.zeros((20, 4), np.float32),
        np.repeat(np.array([2, 5], np.uint8), 10),
        np.arange(20),
        np.zeros((3, 4), np.float32),
    )
    assert np.isfinite(known.strangeness(np.zeros((2, 4), np.float32))).all()


def test_progress_is_told() -> None:
    told: list[tuple[int, int]] = []
    learn(coarse, EXPERIMENT, DATA, lambda done, total: told.append((done, total)))
    assert told[0] == (1_000, 12_000)
    assert told[-1] == (12_000, 12_000)
