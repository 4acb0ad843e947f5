"""The written arithmetic, against numbers worked out by hand."""

from __future__ import annotations

import pytest

from fmnist_core.experiment import Training
from fmnist_core.updates import number, written

WEIGHT, GRADIENT = 0.5, -0.2


def values(**training: object) -> dict[str, float]:
    settings = {"learning_rate": 0.1, **training}
    return {line.name: line.value for line in written(Training(**settings), WEIGHT, GRADIENT)}  # type: ignore[arg-type]


def test_sgd_goes_against_the_gradient() -> None:
    assert values(optimizer="sgd") == pytest.approx({"step": -0.02, "new weight": 0.52})


def test_nesterov_looks_one_velocity_ahead() -> None:
    # v = 0.9 * 0 - 0.1 * -0.2 = 0.02; step = -0.02 - 0.9 * 0.02 = -0.038
    expected = {"velocity v": 0.02, "step, looking ahead": -0.038, "new weight": 0.538}
    assert values(optimizer="sgd-nesterov", momentum=0.9) == pytest.approx(expected)


def test_rmsprop_divides_by_the_root_of_the_mean_square() -> None:
    # v = 0.1 * 0.04 = 0.004; step = -0.02 / sqrt(0.0040001) = -0.316224
    found = values(optimizer="rmsprop")
    assert found["mean square v"] == pytest.approx(0.004)
    assert found["step"] == pytest.approx(-0.316224, abs=1e-6)
    assert found["new weight"] == pytest.approx(0.816224, abs=1e-6)


def test_the_first_step_of_adam_is_the_learning_rate() -> None:
    # m = 0.1 * -0.2; v = 0.001 * 0.04; both corrected they are g and g squared again.
    found = values(optimizer="adam")
    assert found["mean m"] == pytest.approx(-0.02)
    assert found["mean square v"] == pytest.approx(0.00004)
    assert found["m, bias corrected"] == pytest.approx(-0.2)
    assert found["v, bias corrected"] == pytest.approx(0.04)
    assert found["rate η′, with both corrections"] == pytest.approx(0.0316228, abs=1e-6)
    assert found["new weight"] == pytest.approx(0.6, abs=1e-5)


def test_adamw_shrinks_the_weight_first() -> None:
    found = values(optimizer="adamw", weight_decay=0.2)
    assert found["weight, decayed"] == pytest.approx(0.49)
    assert found["new weight"] == pytest.approx(0.59, abs=1e-5)


def test_every_line_is_written_with_its_numbers() -> None:
    lines = written(Training(optimizer="sgd", learning_rate=0.1), WEIGHT, GRADIENT)
    assert [(line.formula, line.numbers) for line in lines] == [
        ("η · g", "0.1 · (−0.2)"),
        ("w − step", "0.5 − (−0.02)"),
    ]


def test_numbers_have_a_real_minus() -> None:
    assert [number(x) for x in (-0.25, 1e-7, 0.123456789)] == ["−0.25", "1e−7", "0.123457"]


def test_a_gradient_of_nothing_moves_nothing() -> None:
    for name in ("sgd", "sgd-nesterov", "rmsprop", "adam"):
        lines = written(Training(optimizer=name), WEIGHT, 0.0)
        assert lines[-1].value == WEIGHT
