"""Convolution by hand, and the arithmetic of a network's own numbers: what the components get."""

from pathlib import Path

import numpy as np
import pytest

from fmnist_core.convolution import KERNELS, Convolution
from fmnist_core.datasets import load
from fmnist_core.errors import RunError
from pages.shared.kernel_grid import read
from pages.views.inside_pixel import Chosen
from tests.pages.judged_runs import answer, component, html
from tests.pages.lab_pages import healthy, lab, open_page

BOOT = load().test_images[0].astype(np.float32) / 255


def answering(operation, params, arrays, timeout=30.0):
    """As ``judged_runs.answer``; numbers come from a filter with a one in its middle."""
    if operation != "pixel":
        return answer(operation, params, arrays, timeout)
    row, column, _ = params["place"]
    padded = np.pad(arrays["picture"], ((1, 1), (1, 1), (0, 0)))
    kernel = np.zeros((3, 3, 1), np.float32)
    kernel[1, 1] = 1
    value = float(arrays["picture"][row, column, 0])
    told = {
        "kind": "Conv2D",
        "value": value,
        "total": value,
        "written": value,
        "bias": None,
        "activation": "relu",
        "inner": [1, 1, 28, 28],
        "field": [row, column, 3, 3],
    }
    window = padded[row : row + 3, column : column + 3]
    sums = (window * kernel).sum(axis=(0, 1))
    return told, {"given": padded, "window": window, "kernel": kernel, "sums": sums}


@pytest.fixture
def backend(tmp_path: Path):
    with lab(tmp_path) as backend:
        backend.call = answering
        yield backend


def opened():
    return healthy(open_page("inside", view="convolution", picture="test:0"))


def shown(app):
    return component(healthy(app), "lab_convolution")


def test_the_maps_are_what_numpy_makes_of_the_picture(backend):
    app = opened()
    data = shown(app)
    by_hand = Convolution(KERNELS["vertical"].kernel, pooling="max")
    expected = by_hand.feature_map(BOOT)
    np.testing.assert_allclose(data["output"]["values"], expected.ravel(), atol=1e-6)
    np.testing.assert_allclose(
        data["pooled"]["values"], by_hand.pooled(expected).ravel(), atol=1e-6
    )
    np.testing.assert_allclose(data["input"]["values"], BOOT.ravel(), atol=1e-6)
    assert data["pooled"]["title"] == "Max pooling 13x13"
    assert "28 → 26: a window of 3 fits at 28 - 3 + 1 = 26 places. 26 → 13:" in html(app)


def test_every_setting_is_obeyed(backend):
    app = opened()
    app.selectbox(key="lab.convolution.kernel").set_value("emboss")
    app.segmented_control(key="lab.convolution.stride").set_value(2)
    app.segmented_control(key="lab.convolution.padding").set_value("same")
    app.slider(key="lab.convolution.bias").set_value(-0.5)
    app.toggle(key="lab.convolution.relu").set_value(False)
    app.segmented_control(key="lab.convolution.pooling").set_value("average").run()
    data = shown(app)
    kernel = KERNELS["emboss"].kernel
    by_hand = Convolution(kernel, 2, "same", bias=-0.5, relu=False, pooling="average")
    expected = by_hand.feature_map(BOOT)
    np.testing.assert_allclose(data["output"]["values"], expected.ravel(), atol=1e-6)
    np.testing.assert_allclose(
        data["pooled"]["values"], by_hand.pooled(expected).ravel(), atol=1e-6
    )
    # 28 with a stride of 2 needs one zero, after the last.
    assert (data["input"]["rows"], data["input"]["inner"]) == (29, [0, 0, 28, 28])
    app.segmented_control(key="lab.convolution.pooling").set_value("none").run()
    assert shown(app)["pooled"] is None


def test_own_numbers_can_be_three_or_five_wide(backend):
    app = opened()
    app.selectbox(key="lab.convolution.kernel").set_value("own").run()
    assert shown(app)["kernel"] == KERNELS["vertical"].kernel.ravel().tolist()
    app.segmented_control(key="lab.convolution.side").set_value(5).run()
    data = shown(app)
    assert (data["side"], data["output"]["rows"]) == (5, 24)
    grid = np.reshape(data["kernel"], (5, 5))
    np.testing.assert_array_equal(grid, np.pad(KERNELS["vertical"].kernel, 1))
    assert component(app, "lab_kernel", "lab.convolution.grid.5")["values"] == data["kernel"]
    app.segmented_control(key="lab.convolution.side").set_value(3).run()
    assert shown(app)["kernel"] == KERNELS["vertical"].kernel.ravel().tolist()


def test_a_learned_filter_can_be_laid_on(backend):
    app = opened()
    app.selectbox(key="lab.convolution.kernel").set_value("learned").run()
    assert shown(app)["kernel"] == [0, 0, 0, 0, 1, 0, 0, 0, 0]
    app.number_input(key="lab.convolution.Filter").set_value(1).run()
    assert shown(app)["kernel"] == [0, 0, 0, 0, -1, 0, 0, 0, 0]


def test_a_filter_that_another_network_does_not_have_is_left(backend):
    app = opened()
    app.session_state["lab.convolution.layer"] = "conv2d_9"
    app.session_state["lab.convolution.Filter"] = 30
    app.selectbox(key="lab.convolution.kernel").set_value("learned").run()
    assert shown(app)["kernel"] == [0, 0, 0, 0, 1, 0, 0, 0, 0]


def test_a_network_without_convolution_has_no_learned_filter(backend):
    backend.call = lambda *_, **__: ({"layers": []}, {})
    app = opened()
    app.selectbox(key="lab.convolution.kernel").set_value("learned").run()
    assert "no convolution" in healthy(app).info[0].value


def test_named_kernels_need_no_engine(tmp_path: Path):
    with lab(tmp_path, ready=False):
        assert shown(opened())["output"]["rows"] == 26


@pytest.mark.parametrize(
    "sent", [None, "1", [1] * 8, ["1"] * 9, [float("nan")] * 9, [101] + [0] * 8, [[1] * 9]]
)
def test_what_is_no_kernel_is_not_taken(sent):
    assert read(sent, 3) is None


def test_a_kernel_is_taken_as_it_was_sent():
    assert read([0, -1, 2.5, 0, 0, 0, 0, 0, 100], 3).tolist() == [
        [0, -1, 2.5],
        [0] * 3,
        [0, 0, 100],
    ]


def test_the_number_of_a_feature_map_is_explained(backend):
    app = open_page("inside", picture="test:0")
    assert "Click a map to see" in html(app)
    app.session_state["lab.pixel"] = Chosen("conv2d_1", 0, 20, 14)
    data = component(healthy(app.run()), "lab_pixel")
    assert data["title"] == "conv2d_1, filter 0, row 20, column 14"
    assert data["value"] == pytest.approx(BOOT[20, 14])
    assert data["field"] == [20, 14, 3, 3]
    assert np.reshape(data["window"], (3, 3))[1, 1] == data["sums"][0]
    assert data["inputs"]["title"] == "Given: input"
    assert data["map"] == 0
    maps = component(app, "lab_gallery", "lab.maps.conv2d_1")
    assert maps["selected"] == 0
    app.button(key="lab.pixel.close").click().run()
    assert not [each for each in app.get("bidi_component") if "lab_pixel" in str(each.proto)]


def test_a_number_that_another_network_does_not_have_is_not_shown(backend):
    app = open_page("inside", picture="test:0")
    app.session_state["lab.pixel"] = Chosen("conv2d_1", 7, 0, 0)
    healthy(app.run())
    assert not [each for each in app.get("bidi_component") if "lab_pixel" in str(each.proto)]


def test_what_the_engine_refuses_is_said_where_it_happened(backend):
    def refusing(operation, *arguments, **options):
        if operation == "pixel":
            raise RunError("There are no weights any more. Choose another network.")
        return answer(operation, *arguments, **options)

    backend.call = refusing
    app = open_page("inside", picture="test:0")
    app.session_state["lab.pixel"] = Chosen("conv2d_1", 0, 0, 0)
    assert "no weights any more" in healthy(app.run()).error[0].value
