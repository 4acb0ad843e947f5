"""Is a picture like anything that a model was trained on? Its features answer, not its certainty.

A network is sure of itself far from everything it knows, too. What its output layer is given, its
*features*, tells more: training pictures of one class lie together there. All features are scaled
to length 1; then a picture's strangeness is its Mahalanobis distance to the nearest class, and its
nearest training pictures are those in the most similar direction. From which strangeness on a
picture counts as unlike all others is decided on validation pictures: 95 % of them do not.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from fmnist_core.datasets import splits
from fmnist_core.datasets.fashion_mnist import Dataset
from fmnist_core.experiment import Experiment

Floats = npt.NDArray[np.float32]
Describe = Callable[[Floats], Floats]
"""Pictures (n, 28, 28, 1) -> features (n, units), such as ``ModelServer.features`` of a model."""
REFERENCES, JUDGES = 10_000, 2_000
"""Training and validation pictures that are looked at."""
ACCEPTED = 0.95
"""Share of the validation pictures that count as familiar."""
CHUNK = 1_000
_UNITS = 512  # more are projected onto so many directions, which keeps distances nearly
_SHRINKAGE = 0.01  # of the covariance, so that it can be inverted


@dataclass(frozen=True, eq=False)
class Familiar:
    """What a model's features of known pictures look like."""

    indices: npt.NDArray[np.int64]
    """(m,) of training pictures; the same order as ``features``."""
    features: npt.NDArray[np.float16]
    """(m, d), each of length 1."""
    centres: Floats
    """(classes, d), whitened."""
    whitening: Floats
    """(d, d): the covariance within classes becomes the identity."""
    usual: npt.NDArray[np.float64]
    """(v,) strangeness of the validation pictures, ascending; may be empty."""

    @property
    def limit(self) -> float | None:
        """The strangeness above which a picture is unlike all others; None: nobody can tell,
        because the run has no validation pictures."""
        return float(np.quantile(self.usual, ACCEPTED)) if len(self.usual) else None

    def strangeness(self, features: Floats) -> npt.NDArray[np.float64]:
        """How far each picture lies from the nearest class: (n, units) -> (n,)."""
        whitened = _unit(features) @ self.whitening
        apart = np.stack([((whitened - centre) ** 2).sum(axis=1) for centre in self.centres])
        distances: npt.NDArray[np.float64] = np.sqrt(apart.min(axis=0)).astype(np.float64)
        return distances

    def rank(self, strangeness: float) -> float:
        """The share of the validation pictures that are less strange, in [0, 1]."""
        return float(np.searchsorted(self.usual, strangeness)) / max(1, len(self.usual))

    def nearest(self, features: Floats, n: int = 5) -> npt.NDArray[np.int64]:
        """The training pictures most like ``features`` (units,): indices (n,), best first."""
        similar = self.features.astype(np.float32) @ _unit(features[np.newaxis])[0]
        return self.indices[np.argsort(-similar, kind="stable")[:n]]


def learn(
    describe: Describe,
    experiment: Experiment,
    data: Dataset,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> Familiar:
    """Look at known pictures with the model of an experiment: its own split, its own features.

    ``progress`` is told how many pictures of how many are done. Raises what ``describe`` raises.
    """
    chosen = experiment.data
    # From the whole training part: pictures beyond a smaller training set are as ordinary.
    split = splits.split(data.train_labels, chosen.validation_fraction, experiment.seed)
    known = _spread(data.train_labels, split.train, REFERENCES)
    judges = _spread(data.train_labels, split.validation, JUDGES)
    together = np.concatenate([known, judges])
    parts = []
    for start in range(0, len(together), CHUNK):
        levels = data.train_images[together[start : start + CHUNK], :, :, np.newaxis]
        parts.append(_unit(describe(levels.astype(np.float32) / np.float32(255))))
        progress(min(start + CHUNK, len(together)), len(together))
    features = np.concatenate(parts)
    return fit(features[: len(known)], data.train_labels[known], known, features[len(known) :])


def fit(
    features: Floats,
    labels: npt.NDArray[np.uint8],
    indices: npt.NDArray[np.int64],
    judges: Floats,
) -> Familiar:
    """Classes' centres and their common covariance, from features (m, d) and labels (m,).

    ``judges`` (v, d) are the features of the validation pictures.
    """
    features, judges = _unit(features), _unit(judges)
    present = np.unique(labels)
    centres = np.stack([features[labels == label].mean(axis=0) for label in present])
    within = features - centres[np.searchsorted(present, labels)]
    covariance = (within.T @ within).astype(np.float64) / len(features)
    size = len(covariance)
    covariance += np.eye(size) * max(_SHRINKAGE * np.trace(covariance) / size, 1e-9)
    whitening = np.linalg.cholesky(np.linalg.inv(covariance)).astype(np.float32)
    found = Familiar(
        indices=np.asarray(indices, np.int64),
        features=features.astype(np.float16),
        centres=centres @ whitening,
        whitening=whitening,
        usual=np.zeros(0),
    )
    usual = np.sort(found.strangeness(judges)) if len(judges) else found.usual
    return Familiar(found.indices, found.features, found.centres, found.whitening, usual)


def _spread(
    labels: npt.NDArray[np.uint8], among: npt.NDArray[np.int64], n: int
) -> npt.NDArray[np.int64]:
    """At most ``n`` of the indices ``among``, evenly: classes are in no order in the data."""
    if len(among) <= n:
        return among
    return among[np.linspace(0, len(among) - 1, n).astype(np.int64)]


def _unit(features: Floats) -> Floats:
    """Each row at length 1; of more than 512 numbers as many projections onto fixed directions."""
    given = np.asarray(features, np.float32)
    if given.shape[1] > _UNITS:
        random = np.random.default_rng(0)
        given = given @ random.standard_normal((given.shape[1], _UNITS), np.float32)
    lengths = np.linalg.norm(given, axis=1, keepdims=True)
    scaled: Floats = given / np.maximum(lengths, np.float32(1e-6))
    return scaled
