"""What is asked of the engine, and which maps are called flat."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from fmnist_core.errors import PictureError
from fmnist_core.explanations import Attention, Explanations, GradCam

Arrays = dict[str, npt.NDArray[Any]]


class Engine:
    """Notes what it was asked; answers with what it was given."""

    def __init__(self, said: dict[str, Any], found: Arrays) -> None:
        self.said, self.found = said, found
        self.asked: list[tuple[str, dict[str, Any], list[str]]] = []

    def call(
        self, operation: str, params: dict[str, Any], arrays: Arrays, timeout: float = 1.0
    ) -> tuple[dict[str, Any], Arrays]:
        self.asked.append((operation, params, list(arrays)))
        return self.said, self.found


def cam(rows: npt.ArrayLike, **changes: Any) -> GradCam:
    fields = {"layer": "conv2d_1", "first": 0.0, "step": 1.0, "size": 1.0, "share": 0.5}
    return GradCam(cam=np.asarray(rows, np.float32), **{**fields, **changes})


def attention(**changes: Any) -> Attention:
    scores = np.array([4, 0, 1], np.float32)
    fields = {
        "wanted": 0,
        "scores": scores,
        "black_scores": np.array([1, 0, 0], np.float32),
        "occlusion": np.zeros((4, 4), np.float32),
        "covered": np.tile(scores, (4, 4, 1)),
        "integrated_gradients": np.zeros((4, 4), np.float32),
        "grad_cam": None,
        "temperature": 1.0,
    }
    return Attention(**{**fields, **changes})


def test_a_map_that_moves_the_score_by_next_to_nothing_is_flat() -> None:
    # 1 % of the 4 points between the scores.
    for moved, flat in ((0.0, True), (0.03, True), (-0.03, True), (0.05, False), (-0.05, False)):
        one = np.zeros((4, 4), np.float32)
        one[1, 2] = moved
        found = attention(occlusion=one, integrated_gradients=one)
        assert (found.occlusion_flat, found.gradients_flat) == (flat, flat)


def test_a_network_whose_scores_are_all_equal_is_flat() -> None:
    found = attention(scores=np.zeros(3, np.float32))
    assert found.occlusion_flat
    assert found.gradients_flat


def test_grad_cam_is_flat_when_places_hardly_differ() -> None:
    assert cam([[0.5, 0.515]]).flat
    assert cam([[0.0, 0.0]], size=0.0).flat
    assert not cam([[0.5, 0.53]]).flat
    assert cam([[0, 1]], share=0.04).weak
    assert not cam([[0, 1]], share=0.06).weak


def test_places_of_grad_cam_lie_on_the_pixels_nearest_to_them() -> None:
    on_picture = cam([[1, 2], [3, 4]], first=1.5, step=4.0).on_picture(8)
    # The middles are at 1.5 and 5.5: pixels 0 to 3 are nearer to the first.
    np.testing.assert_array_equal(on_picture, np.kron([[1, 2], [3, 4]], np.ones((4, 4))))


def test_probabilities_are_the_softmax_with_and_without_the_square() -> None:
    occlusion = np.zeros((4, 4), np.float32)
    occlusion[2, 3] = 4
    covered = np.tile(np.array([4, 0, 1], np.float32), (4, 4, 1))
    covered[2, 3] = 0
    found = attention(occlusion=occlusion, covered=covered)
    powers = np.exp([4, 0, 1])
    np.testing.assert_allclose(found.probabilities, powers / powers.sum(), rtol=1e-5)
    assert found.needed == (2, 3, pytest.approx(1 / 3))
    assert (found.predicted, found.rise, found.spread) == (0, 3.0, 4.0)
    cooler = attention(occlusion=occlusion, covered=covered, temperature=2.0)
    powers = np.exp([2, 0, 0.5])
    np.testing.assert_allclose(cooler.probabilities, powers / powers.sum(), rtol=1e-5)


def test_attention_passes_the_class_on_and_understands_the_answer() -> None:
    given = attention()
    names = ("scores", "black_scores", "occlusion", "covered", "integrated_gradients")
    arrays = {name: getattr(given, name) for name in names}
    engine = Engine({"wanted": 2, "temperature": 1.5}, arrays)
    picture = np.zeros((28, 28, 1), np.float32)
    assert Explanations(engine).attention("quick", picture, 2).grad_cam is None
    assert engine.asked == [("attention", {"model": "quick", "wanted": 2}, ["picture"])]

    places = {"layer": "conv2d_2", "first": 1.5, "step": 2.0, "size": 3.0, "share": 0.1}
    engine = Engine(
        {"wanted": 1, "temperature": 1.0, **places}, {**arrays, "grad_cam": np.ones((3, 3))}
    )
    found = Explanations(engine).attention("quick", picture).grad_cam
    assert found is not None
    assert (found.layer, found.first, found.step) == ("conv2d_2", 1.5, 2.0)
    assert engine.asked[0][1]["wanted"] is None


def test_what_is_no_picture_never_reaches_the_engine() -> None:
    engine = Engine({}, {})
    with pytest.raises(PictureError):
        Explanations(engine).attention("quick", np.zeros((28, 28), np.float32))
    assert engine.asked == []


def test_questions_about_a_filter_name_it() -> None:
    nine, number = np.zeros(9), {"model": "quick", "layer": "conv2d_1", "filter": 3}
    said = {"validation": 6_000, "train": 4_000, "awake": 7, "dead": False, "answer": "conv2d_1"}
    engine = Engine(said, {"indices": nine, "held_out": nine, "peaks": nine, "maps": nine})
    assert Explanations(engine).exciting("quick", "conv2d_1", 3).n == 10_000
    assert engine.asked == [("exciting", number, [])]

    engine = Engine({}, dict.fromkeys(("indices", "labels", "before", "after"), nine))
    kernel = np.zeros((3, 3, 1), np.float32)
    Explanations(engine).surgery("quick", "conv2d_1", 3, kernel, 0.5)
    assert engine.asked == [("surgery", {**number, "bias": 0.5}, ["kernel"])]

    engine = Engine({"steps": 48}, dict.fromkeys(("start", "end", "start_map", "end_map"), nine))
    assert Explanations(engine).best_input("quick", "conv2d_1", 3, 9).steps == 48
    assert engine.asked == [("best_input", {**number, "seed": 9}, [])]
