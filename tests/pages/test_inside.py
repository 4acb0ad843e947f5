"""The Inside page shows what the model worker answers, and says so in words."""

from pathlib import Path

import pytest

from tests.pages.judged_runs import answer, component, headings, html
from tests.pages.lab_pages import healthy, lab, open_page


@pytest.fixture
def backend(tmp_path: Path):
    with lab(tmp_path) as backend:
        backend.call = answer
        yield backend


def test_every_layer_is_shown_with_its_shape(backend):
    app = healthy(open_page("inside", picture="test:23"))
    assert headings(app) == [
        "input · InputLayer · 28x28x1",
        "conv2d_1 · Conv2D · 28x28x2",
        "output · Dense · 10",
    ]
    maps = component(app, "lab_gallery", "lab.maps.conv2d_1")
    assert maps["labels"] == [
        "conv2d_1, filter 0: 0 to 1",
        "conv2d_1, filter 1: 0 to 0",
    ]
    assert "2 maps; 1 of them never above zero on this picture" in html(app)
    assert "Test picture 23, Ankle boot" in html(app)


def test_the_outputs_carry_the_names_of_the_classes(backend):
    captions = component(open_page("inside"), "lab_gallery", "lab.maps.output")["captions"]
    assert captions[0] == "T-shirt/top\n0"
    assert captions[9] == "Ankle boot\n1"


def test_one_layer_can_be_looked_at_alone(backend):
    app = open_page("inside")
    app.pills(key="lab.inside.layer").set_value("conv2d_1").run()
    assert headings(healthy(app)) == ["conv2d_1 · Conv2D · 28x28x2"]


def test_filters_share_one_scale_around_zero(backend):
    app = healthy(open_page("inside", view="filters"))
    assert headings(app)[0] == "conv2d_1 · 2 filters of 3x3, 1 input channel"
    labels = component(app, "lab_gallery", "lab.filters.conv2d_1")["labels"]
    assert labels[1] == "conv2d_1, filter 1: weights -1.00 to 0.00"
    assert "<span>-1</span>" in html(app)
    assert "18 weights" in html(app)


def test_a_network_without_convolution_says_so(backend):
    def without(operation, params, arrays, timeout=30.0):
        if operation == "filters":
            return {"layers": []}, {}
        return answer(operation, params, arrays, timeout)

    backend.call = without
    app = healthy(open_page("inside", view="filters"))
    assert "no convolution" in app.info[0].value


def test_three_ankle_boots_are_compared_by_one_filter(backend):
    app = healthy(open_page("inside", view="three-pictures"))
    pictures = component(app, "lab_gallery", "lab.three.pictures")
    assert pictures["captions"] == [f"Ankle boot (test {i})" for i in (0, 23, 28)]
    # The first filter passes the pictures on, the second is silent: the first shares more.
    assert app.number_input(key="lab.three.filter").value == 0
    maps = component(app, "lab_gallery", "lab.three.maps")
    assert maps["labels"][-1] == "What all three share"
    app.number_input(key="lab.three.1").set_value(1).run()
    captions = component(healthy(app), "lab_gallery", "lab.three.pictures")["captions"]
    assert captions[1] == "Pullover (test 1)"


def test_while_the_engine_starts_the_answer_is_promised(tmp_path: Path):
    with lab(tmp_path, ready=False):
        app = healthy(open_page("inside"))
    assert "The answer comes by itself in about 7 s." in app.info[0].value
