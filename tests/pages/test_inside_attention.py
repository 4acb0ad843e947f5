"""Attention says which places decide, and says in words when none does."""

from pathlib import Path

import numpy as np
import pytest

from tests.pages.explained import attention
from tests.pages.judged_runs import answer, component, headings, html
from tests.pages.lab_pages import healthy, lab, open_page

METHODS = {"cam": "Grad-CAM", "occlusion": "Occlusion", "gradients": "Integrated gradients"}


@pytest.fixture
def backend(tmp_path: Path):
    with lab(tmp_path) as backend:
        backend.call = answer
        yield backend


def view(**address: str):
    return healthy(open_page("inside", view="attention", **address))


def changed(backend, **arrays: np.ndarray) -> None:
    """Let the worker answer with these arrays instead."""

    def call(operation, params, given, timeout=30.0):
        if operation != "attention":
            return answer(operation, params, given, timeout)
        said, found = attention(params, given)
        return said, found | arrays

    backend.call = call


def test_three_maps_stand_beside_the_picture(backend):
    app = view(picture="test:23")
    assert headings(app) == list(METHODS.values())
    for key, title in METHODS.items():
        pair = component(app, "lab_gallery", f"lab.attention.{key}")
        assert pair["labels"][1] == f"{title} on the pinned picture"
        assert pair["columns"] == 2
    text = html(app)
    assert "Bag, 85.8 %" in text  # softmax of 4 among nine zeros
    assert "Test picture 23, Ankle boot" in text
    assert "conv2d_1 (2x2 places) speak for Bag" in text
    assert "row 5, column 7. With the square there the score falls by 4.00" in text
    assert "the probability of Bag goes from 85.8 % to 10.0 %" in text
    assert (
        "784 shares add up to 4.00, and from black to the picture the score rises by 4.00" in text
    )
    assert text.count('class="lab-legend"') == 3
    assert "Weak" not in text
    assert not app.info


def test_maps_that_say_nothing_are_words_and_not_noise(backend):
    app = view()
    app.selectbox(key="lab.attention.class").set_value(0).run()
    assert "Bag, 85.8 %; T-shirt/top, 1.6 %" in html(healthy(app))
    for key in METHODS:
        assert len(component(app, "lab_gallery", f"lab.attention.{key}")["labels"]) == 1
    said = [each.value for each in app.info]
    assert len(said) == 3
    assert all(each.startswith("Flat: ") and "rounding noise" in each for each in said)
    assert 'class="lab-legend"' not in html(app)


def test_a_map_of_one_place_cannot_say_where(backend):
    changed(backend, grad_cam=np.ones((1, 1), np.float32))
    assert [each.value for each in view().info] == [
        "Flat: conv2d_1 has one place only, so it cannot say where."
    ]


def test_grad_cam_says_when_it_is_weak(backend):
    def call(operation, params, given, timeout=30.0):
        said, found = answer(operation, params, given, timeout)
        return (said | {"share": 0.01} if operation == "attention" else said), found

    backend.call = call
    assert "Weak: the map holds 1.0 % of what its places add" in html(view())


def test_a_network_without_convolution_keeps_the_other_two(backend):
    def call(operation, params, given, timeout=30.0):
        said, found = answer(operation, params, given, timeout)
        if operation == "attention":
            del found["grad_cam"]
            return {name: said[name] for name in ("wanted", "temperature")}, found
        return said, found

    backend.call = call
    app = view()
    assert "this network has none" in app.info[0].value
    for key in ("occlusion", "gradients"):
        assert len(component(app, "lab_gallery", f"lab.attention.{key}")["labels"]) == 2
