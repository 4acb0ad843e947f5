"""What ends a run before its last epoch: a target reached, or no progress for too long."""

from __future__ import annotations

import keras
import numpy as np

from fmnist_core.events import EpochEnded
from fmnist_core.experiment import EarlyStopping, Target, Training


class Stopping:
    """Judges every epoch's end, and keeps the best weights where early stopping asks for it."""

    def __init__(self, training: Training, model: keras.Model) -> None:
        self._target = training.target
        self._early = training.early_stopping
        self._model = model
        self._best = float("inf")
        self._best_epoch = 0
        self._best_weights: list[np.ndarray] | None = None

    def reason(self, ended: EpochEnded) -> str:
        """Why to stop now, in a sentence, or ''."""
        stale = self._stale(ended, self._early) if self._early else ""
        return (self._reached(ended, self._target) if self._target else "") or stale

    def restore_best(self) -> str:
        """Put the best epoch's weights back. Says so in a sentence; '' if nothing was kept."""
        if self._best_weights is None:
            return ""
        self._model.set_weights(self._best_weights)
        return f"The weights of epoch {self._best_epoch}, the best, were restored."

    def _reached(self, ended: EpochEnded, target: Target) -> str:
        prefix = "train" if target.split == "training" else "validation"
        value = getattr(ended, f"{prefix}_{target.metric}")
        reached = value <= target.value if target.metric == "loss" else value >= target.value
        if not reached:
            return ""
        metric = f"{target.split} {target.metric}"
        return f"The {metric} reached {value:.4g}; the target was {target.value:g}."

    def _stale(self, ended: EpochEnded, early: EarlyStopping) -> str:
        value = getattr(ended, f"validation_{early.monitor}")
        cost = value if early.monitor == "loss" else -value
        if cost < self._best:
            self._best, self._best_epoch = cost, ended.epoch
            if early.restore_best:
                self._best_weights = self._model.get_weights()
        if ended.epoch - self._best_epoch < early.patience:
            return ""
        epochs = "one epoch" if early.patience == 1 else f"{early.patience} epochs"
        return f"The validation {early.monitor} has not improved for {epochs}."
