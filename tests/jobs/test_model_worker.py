"""What a model worker makes of a call, without a worker and without TensorFlow."""

from __future__ import annotations

import numpy as np
import pytest

from fmnist_core.jobs import wire
from fmnist_core.jobs.model_worker import _answer


def asked(value: float, **params: object) -> wire.Header:
    answers = {"numbers": np.array([1.0, value], np.float32), "places": np.arange(2)}
    body = wire.encode({"id": 7, "operation": "ask", "params": params}, {})
    header, found = wire.decode(_answer({"ask": lambda *_: ({"said": 1}, answers)}, body))
    assert bool(found) == ("result" in header)
    return header


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_a_network_that_answers_no_numbers_is_refused_with_a_sentence(value: float) -> None:
    header = asked(value, model="some-run@5")
    assert (header["id"], header["error"]) == (7, "RunError")
    assert "no longer numbers" in header["message"]
    assert "result" in asked(value)  # not an answer of a network


def test_numbers_are_handed_on() -> None:
    assert asked(2.0, model="some-run@5") == {"id": 7, "result": {"said": 1}}
