"""One filter looked into: its favourite pictures, surgery, and the input that it wants."""

from pathlib import Path

import numpy as np
import pytest

from pages.views import inside_one_filter, inside_surgery
from tests.pages.judged_runs import answer, component, headings, html
from tests.pages.lab_pages import healthy, lab, open_page


@pytest.fixture
def backend(tmp_path: Path):
    with lab(tmp_path) as backend:
        backend.call = answer
        yield backend


def ask(question: str):
    app = healthy(open_page("inside", view="filters"))
    app.segmented_control(key="lab.filter.question").set_value(question).run()
    return healthy(app)


def test_the_most_exciting_pictures_say_where_they_come_from(backend):
    app = healthy(open_page("inside", view="filters", picture="validation:1"))
    assert "Filter 0 of conv2d_1" in headings(app)
    pictures = component(app, "lab_gallery", "lab.exciting.pictures")
    assert pictures["labels"][:3] == [
        "Validation picture 0, Ankle boot: 3",
        "Validation picture 1, T-shirt/top: 2.75",
        "Training picture 2, T-shirt/top: 2.5",
    ]
    assert pictures["selected"] == 1
    assert "70 validation pictures and 30 training pictures (n = 100)" in html(app)
    assert "above zero on 60 of them" in html(app)


def test_a_filter_that_never_answers_is_called_dead(backend):
    app = healthy(open_page("inside", view="filters"))
    app.number_input(key="lab.filter.number").set_value(1).run()
    assert "Filter 1 of conv2d_1" in headings(healthy(app))
    assert component(app, "lab_gallery", "lab.filters.conv2d_1")["selected"] == 1
    assert "never rises above zero" in app.info[0].value
    assert "n = 100" in app.info[0].value


def test_a_linear_filter_that_is_below_zero_everywhere_is_not(backend):
    def linear(operation, params, arrays, timeout=30.0):
        said, found = answer(operation, params, arrays, timeout)
        if operation == "exciting":
            said |= {"awake": 0, "dead": False}
            found["peaks"], found["maps"] = found["peaks"] - 4, found["maps"] - 4
        return said, found

    backend.call = linear
    app = healthy(open_page("inside", view="filters"))
    assert not app.info
    labels = component(app, "lab_gallery", "lab.exciting.pictures")["labels"]
    assert labels[0] == "Validation picture 0, Ankle boot: -1"
    assert "above zero on 0 of them" in html(app)


def test_a_filter_that_this_network_does_not_have_is_replaced_by_one_that_it_has(backend):
    app = open_page("inside")
    app.session_state[inside_one_filter.LAYER] = "conv2d_7"
    app.session_state[inside_one_filter.NUMBER] = 40
    app.segmented_control(key="lab.view.inside").set_value("Filters").run()
    assert "Filter 1 of conv2d_1" in headings(healthy(app))


def with_layers(filters: int):
    """A worker whose network has two convolutions of so many filters each."""

    def call(operation, params, arrays, timeout=30.0):
        listed = {"layers": [{"name": f"conv2d_{i}", "kind": "Conv2D"} for i in (1, 2)]}
        if operation == "filters":
            return listed, {str(i): np.ones((3, 3, 1, filters), np.float32) for i in range(2)}
        if operation == "filter_maps":
            return listed, {str(i): np.ones((28, 28, filters), np.float32) for i in range(2)}
        return answer(operation, params, arrays, timeout)

    return call


def shown_layers(app):
    return [each.partition(" ")[0] for each in headings(app) if " filters of " in each]


def test_all_layers_are_shown_side_by_side_while_they_are_few(backend):
    backend.call = with_layers(256)
    app = healthy(open_page("inside", view="filters"))
    assert shown_layers(app) == ["conv2d_1", "conv2d_2"]
    assert "the chosen layer's" not in html(app)


def test_a_network_of_many_filters_shows_one_layer_at_a_time(backend):
    backend.call = with_layers(257)
    app = healthy(open_page("inside", view="filters"))
    assert shown_layers(app) == ["conv2d_1"]
    assert "514 filters in 2 layers" in html(app)
    app.number_input(key=inside_one_filter.NUMBER).set_value(256).run()
    app.selectbox(key=inside_one_filter.LAYER).set_value("conv2d_2").run()
    assert shown_layers(healthy(app)) == ["conv2d_2"]
    assert "Filter 256 of conv2d_2" in headings(app)
    assert component(app, "lab_gallery", "lab.filters.conv2d_2")["selected"] == 256
    assert component(app, "lab_gallery", "lab.answers.conv2d_2")["captions"][-1] == "256"


def test_surgery_forgets_an_input_channel_that_this_network_does_not_have(backend):
    app = open_page("inside", view="filters")
    app.session_state["lab.channel.conv2d_1"] = 2  # of a network for pictures in colour
    app.run()
    app.segmented_control(key="lab.filter.question").set_value("Surgery").run()
    assert component(healthy(app), "lab_gallery", "lab.surgery.kernels")


def test_surgery_counts_what_silence_costs(backend):
    app = ask("Surgery")
    text = html(app)
    assert "90.00 %" in text
    assert "Validation pictures of this network, n = 100" in text
    before = component(app, "lab_confusion", "lab.surgery.confusion.before")
    after = component(app, "lab_confusion", "lab.surgery.confusion.after")
    bags = sum(row[8]["count"] for row in after["cells"])
    assert bags - sum(row[8]["count"] for row in before["cells"]) == 20
    # Of the first twenty, two were wrong, and the bags among the others stay right.
    assert "20 answers changed: 18 right ones became wrong, 0 wrong ones right." in text


def test_a_cell_shows_its_pictures_those_that_changed_first(backend):
    app = ask("Surgery")
    app.session_state[inside_surgery._CELL] = ("after", 9, 8)
    app = healthy(app.run())
    title = next(each for each in headings(app) if each.startswith("Ankle boot, called Bag after"))
    shown = component(app, "lab_gallery", "lab.surgery.pictures")
    assert f"n = {len(shown['labels'])}" in title
    assert all(caption.endswith("→ Bag") for caption in shown["captions"])


def test_repainting_is_another_change(backend):
    app = ask("Surgery")
    app.pills(key="lab.surgery.change").set_value("Blur").run()
    assert "0 answers changed" in html(healthy(app))
    kernels = component(app, "lab_gallery", "lab.surgery.kernels")
    assert kernels["captions"] == ["Learned", "Changed"]


def test_the_best_input_is_shown_with_its_noise_and_numbers(backend):
    app = ask("Best input")
    captions = component(app, "lab_gallery", "lab.best.pictures")["captions"]
    assert captions == ["Grey noise (seed 0)", "After 48 steps"]
    assert "mean answer goes from 0.5 to 1.5" in html(app)
    app.number_input(key="lab.filter.seed").set_value(5).run()
    captions = component(healthy(app), "lab_gallery", "lab.best.pictures")["captions"]
    assert captions[0] == "Grey noise (seed 5)"
