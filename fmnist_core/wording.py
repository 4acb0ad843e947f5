"""Numbers and experiments in words: the same on every page."""

from __future__ import annotations

from fmnist_core.experiment import Experiment

OPTIMIZERS = {
    "adam": "Adam",
    "adamw": "AdamW",
    "sgd": "SGD",
    "sgd-nesterov": "SGD + Nesterov",
    "rmsprop": "RMSprop",
}


def percent(share: float, decimals: int = 1) -> str:
    """``0.912`` -> ``91.2 %``."""
    return f"{100 * share:.{decimals}f} %"


def how_sure(probability: float, decimals: int = 0) -> str:
    """How sure a network is, short: ``37 %``. Never 100 %, which no softmax is: ``over 99 %``."""
    text = percent(probability, decimals)
    return f"over {percent(1 - 0.01 / 10**decimals, decimals)}" if text[:3] == "100" else text


def count(n: int, noun: str) -> str:
    """``1 run``, ``2 runs``."""
    return f"{n:,} {noun}" if n == 1 else f"{n:,} {noun}s"


def duration(seconds: float) -> str:
    """``8 s``, ``3 min 20 s``, ``2 h 5 min``."""
    whole = max(0, round(seconds))
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s" if whole % 60 else f"{whole // 60} min"
    return f"{whole // 3600} h {whole % 3600 // 60} min"


def loss_text(value: float) -> str:
    """``0.305``; ``1.23e+06`` of one that has run away."""
    return f"{value:.3f}" if value < 10_000 else f"{value:.3g}"


def describe(experiment: Experiment) -> str:
    """The experiment in one line: ``CNN 16, Adam 0.001, batch 128, 10 epochs``."""
    training = experiment.training
    length = count(training.steps, "step") if training.steps else count(training.epochs, "epoch")
    title = experiment.title or "Own network"
    optimizer = OPTIMIZERS[training.optimizer]
    return f"{title}, {optimizer} {training.learning_rate:g}, batch {training.batch_size}, {length}"
