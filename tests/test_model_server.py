"""What is asked of the engine, and what is refused before it is asked."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from fmnist_core.errors import PictureError
from fmnist_core.model_server import CHUNK, ModelServer

Arrays = dict[str, npt.NDArray[Any]]


class Engine:
    """Answers with the mean of each picture, ten times; notes what it was asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, dict[str, Any], list[tuple[int, ...]]]] = []

    def call(
        self, operation: str, params: dict[str, Any], arrays: Arrays, timeout: float = 1.0
    ) -> tuple[dict[str, Any], Arrays]:
        self.asked.append((operation, params, [array.shape for array in arrays.values()]))
        if operation == "predict":
            means = arrays["pictures"].mean(axis=(1, 2, 3))
            return {}, {"probabilities": np.repeat(means[:, None], 10, axis=1)}
        if operation == "features":
            return {}, {"features": arrays["pictures"].mean(axis=(1, 2, 3))[:, None]}
        if operation == "separate":
            found = arrays["picture"].any()
            return {}, {"mask": arrays["picture"][:, :, 0]} if found else {}
        if operation == "pixel":
            return {"kind": "Conv2D", "value": 0.5, "bias": 0.1}, {"window": np.ones((3, 3, 1))}
        layers = [{"name": "conv2d", "kind": "Conv2D"}, {"name": "dense", "kind": "Dense"}]
        return {"layers": layers}, {"0": np.zeros((3, 3, 1, 4)), "1": np.ones(7)}


def pictures(n: int) -> npt.NDArray[np.float32]:
    return np.linspace(0, 1, n * 784, dtype=np.float32).reshape(n, 28, 28, 1)


def test_many_pictures_are_asked_in_chunks_and_come_back_in_order() -> None:
    engine, given = Engine(), pictures(2 * CHUNK + 1)

    answers = ModelServer(engine).predict("quick", given)

    assert [shapes[0][0] for _, _, shapes in engine.asked] == [CHUNK, CHUNK, 1]
    assert {params["model"] for _, params, _ in engine.asked} == {"quick"}
    np.testing.assert_allclose(answers[:, 3], given.mean(axis=(1, 2, 3)), rtol=1e-5)


def test_features_are_asked_in_chunks_too() -> None:
    engine, given = Engine(), pictures(CHUNK + 1)
    answers = ModelServer(engine).features("quick", given)
    assert [shapes[0][0] for _, _, shapes in engine.asked] == [CHUNK, 1]
    np.testing.assert_allclose(answers[:, 0], given.mean(axis=(1, 2, 3)), rtol=1e-5)


def test_probabilities_are_calibrated_unless_asked_otherwise() -> None:
    engine = Engine()
    ModelServer(engine).predict("quick", pictures(1))
    ModelServer(engine).predict("quick", pictures(1), calibrated=False)
    assert [params["calibrated"] for _, params, _ in engine.asked] == [True, False]


def test_no_pictures_need_no_engine() -> None:
    engine = Engine()

    assert ModelServer(engine).features("quick", pictures(0)).shape == (0, 0)
    assert ModelServer(engine).predict("quick", pictures(0)).shape == (0, 10)
    assert engine.asked == []


def test_layers_come_with_their_names_and_arrays() -> None:
    engine = Engine()
    server = ModelServer(engine)

    maps = server.feature_maps("quick", pictures(1)[0])
    answers = server.filter_maps("quick", pictures(1)[0])
    filters = server.filters("quick")

    for given in (maps, answers):
        assert [(m.layer, m.kind, m.maps.shape) for m in given] == [
            ("conv2d", "Conv2D", (3, 3, 1, 4)),
            ("dense", "Dense", (7,)),
        ]
    assert [asked[0] for asked in engine.asked] == ["feature_maps", "filter_maps", "filters"]
    assert filters[0].layer == "conv2d"
    assert filters[0].kernels.shape == (3, 3, 1, 4)


def test_a_number_comes_with_its_origin() -> None:
    engine = Engine()

    origin = ModelServer(engine).pixel("quick", pictures(1)[0], 1, (5, 6, 2))

    assert engine.asked == [
        ("pixel", {"model": "quick", "layer": 1, "place": [5, 6, 2]}, [(28, 28, 1)])
    ]
    assert (origin.kind, origin.value, origin.told["bias"]) == ("Conv2D", 0.5, 0.1)
    assert origin.arrays["window"].shape == (3, 3, 1)
    with pytest.raises(PictureError):
        ModelServer(engine).pixel("quick", pictures(2), 1, (5, 6, 2))


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (np.zeros((28, 28, 1), np.float32), "received \\(28, 28, 1\\)"),
        (np.zeros((1, 28, 28), np.float32), "received \\(1, 28, 28\\)"),
        (np.zeros((1, 28, 28, 4), np.float32), "received \\(1, 28, 28, 4\\)"),
        (np.zeros((1, 28, 28, 1), np.uint8), "received uint8"),
        (np.full((1, 28, 28, 1), 255, np.float32), "received 255 to 255"),
        (np.full((1, 28, 28, 1), -0.5, np.float32), "received -0.5 to -0.5"),
        (np.full((1, 28, 28, 1), np.nan, np.float32), "received nan"),
        (np.broadcast_to(np.float32(0), (100_001, 28, 28, 1)), "at most 100,000"),
    ],
)
def test_what_is_not_a_picture_never_reaches_the_engine(given: Any, message: str) -> None:
    engine = Engine()

    with pytest.raises(PictureError, match=message):
        ModelServer(engine).predict("quick", given)
    assert engine.asked == []


def test_a_mask_comes_back_or_none() -> None:
    server, photo = ModelServer(Engine()), np.full((40, 30, 3), 255, np.uint8)

    mask = server.separate(photo)
    assert mask is not None
    assert mask.shape == (40, 30)
    assert server.separate(photo * 0) is None


@pytest.mark.parametrize("given", [np.zeros((9, 9), np.uint8), np.zeros((9, 9, 3), np.float32)])
def test_only_colour_photos_are_separated(given: Any) -> None:
    with pytest.raises(PictureError, match="uint8 picture of shape"):
        ModelServer(Engine()).separate(given)
