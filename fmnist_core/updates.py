"""One weight's update written out: the optimizers' own arithmetic, line by line.

From a state of zero, as in the first step of a run: a checkpoint keeps weights, not moments.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt

from fmnist_core.experiment import Training

RHO = 0.9  # RMSprop
BETA_1, BETA_2 = 0.9, 0.999  # Adam
EPSILON = 1e-7


@dataclass(frozen=True)
class Line:
    """One line of the arithmetic."""

    name: str
    """What is computed, in words."""
    formula: str
    """In letters: w weight, g gradient, η learning rate."""
    numbers: str
    """The same with the numbers in place."""
    value: float


def written(training: Training, weight: float, gradient: float) -> list[Line]:
    """The update of ``weight`` by the experiment's optimizer; the last line is the new weight."""
    match training.optimizer:
        case "sgd":
            return _sgd(training, weight, gradient)
        case "sgd-nesterov":
            return _nesterov(training, weight, gradient)
        case "rmsprop":
            return _rmsprop(training, weight, gradient)
        case "adam":
            return _adam(training, weight, gradient)
        case "adamw":
            return _adamw(training, weight, gradient)


def number(value: float) -> str:
    """Six digits, with a real minus sign: ``−0.25``, ``1e−7``."""
    return f"{value:.6g}".replace("e-0", "e-").replace("-", "−")


def _in_brackets(value: float) -> str:
    return f"({number(value)})" if value < 0 else number(value)


def _new(weight: float, step: float) -> Line:
    return Line("new weight", "w − step", f"{number(weight)} − {_in_brackets(step)}", weight - step)


def _sgd(training: Training, weight: float, gradient: float) -> list[Line]:
    rate = training.learning_rate
    step = rate * gradient
    return [
        Line("step", "η · g", f"{number(rate)} · {_in_brackets(gradient)}", step),
        _new(weight, step),
    ]


def _nesterov(training: Training, weight: float, gradient: float) -> list[Line]:
    rate, momentum = training.learning_rate, training.momentum
    downhill = rate * gradient
    velocity = momentum * 0.0 - downhill
    step = downhill - momentum * velocity
    product = f"{number(rate)} · {_in_brackets(gradient)}"
    ahead = f"{product} − {number(momentum)} · {_in_brackets(velocity)}"
    return [
        Line("velocity v", "μ · 0 − η · g", f"{number(momentum)} · 0 − {product}", velocity),
        Line("step, looking ahead", "η · g − μ · v", ahead, step),
        _new(weight, step),
    ]


def _rmsprop(training: Training, weight: float, gradient: float) -> list[Line]:
    rate = training.learning_rate
    square = RHO * 0.0 + (1 - RHO) * gradient**2
    step = rate * gradient / sqrt(square + EPSILON)
    mean = f"{RHO:g} · 0 + {1 - RHO:.3g} · {_in_brackets(gradient)}²"
    root = f"√({number(square)} + {number(EPSILON)})"
    return [
        Line("mean square v", "ρ · 0 + (1 − ρ) · g²", mean, square),
        Line(
            "step",
            "η · g / √(v + ε)",
            f"{number(rate)} · {_in_brackets(gradient)} / {root}",
            step,
        ),
        _new(weight, step),
    ]


def _adam(training: Training, weight: float, gradient: float) -> list[Line]:
    rate = training.learning_rate
    mean = BETA_1 * 0.0 + (1 - BETA_1) * gradient
    square = BETA_2 * 0.0 + (1 - BETA_2) * gradient**2
    # As Keras does it: both corrections in the rate, ε beside the uncorrected root.
    corrected = rate * sqrt(1 - BETA_2) / (1 - BETA_1)
    step = corrected * mean / (sqrt(square) + EPSILON)
    g = _in_brackets(gradient)
    return [
        Line(
            "mean m",
            "β₁ · 0 + (1 − β₁) · g",
            f"{BETA_1:g} · 0 + {1 - BETA_1:.3g} · {g}",
            mean,
        ),
        Line(
            "mean square v",
            "β₂ · 0 + (1 − β₂) · g²",
            f"{BETA_2:g} · 0 + {1 - BETA_2:.3g} · {g}²",
            square,
        ),
        Line(
            "m, bias corrected",
            "m / (1 − β₁¹)",
            f"{number(mean)} / (1 − {BETA_1:g})",
            mean / (1 - BETA_1),
        ),
        Line(
            "v, bias corrected",
            "v / (1 − β₂¹)",
            f"{number(square)} / (1 − {BETA_2:g})",
            square / (1 - BETA_2),
        ),
        Line(
            "rate η′, with both corrections",
            "η · √(1 − β₂¹) / (1 − β₁¹)",
            f"{number(rate)} · √(1 − {BETA_2:g}) / (1 − {BETA_1:g})",
            corrected,
        ),
        Line(
            "step",
            "η′ · m / (√v + ε)",
            f"{number(corrected)} · {_in_brackets(mean)} / (√{number(square)} + {number(EPSILON)})",
            step,
        ),
        _new(weight, step),
    ]


def _adamw(training: Training, weight: float, gradient: float) -> list[Line]:
    decay, rate = training.weight_decay, training.learning_rate
    decayed = weight - weight * decay * rate
    w = _in_brackets(weight)
    shrunk = Line(
        "weight, decayed",
        "w − w · λ · η",
        f"{number(weight)} − {w} · {number(decay)} · {number(rate)}",
        decayed,
    )
    *lines, _ = _adam(training, decayed, gradient)
    last = _new(decayed, lines[-1].value)
    return [
        shrunk,
        *lines,
        Line(last.name, "decayed w − step", last.numbers, last.value),
    ]
