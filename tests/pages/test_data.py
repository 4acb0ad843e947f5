"""The Data page, on the real pictures."""

import re
from pathlib import Path

import numpy as np
import pytest

from fmnist_core.datasets import class_counts, load
from tests.pages.judged_runs import button, component, figure, html
from tests.pages.lab_pages import address, healthy, lab, open_page


@pytest.fixture(autouse=True)
def backend(tmp_path: Path):
    with lab(tmp_path) as backend:
        yield backend


def numbers(app) -> np.ndarray:
    """The numbers that the page shows of one picture."""
    cells = re.findall(r"<td style=[^>]*>(\d+)</td>", html(app))
    return np.array(cells, int).reshape(28, 28)


def test_a_sheet_shows_120_pictures_with_their_names():
    sheet = component(healthy(open_page("data")), "lab_gallery")
    assert len(sheet["labels"]) == 120
    data = load()
    for label in sheet["labels"]:
        name, index = re.fullmatch(r"(.*), training picture (\d+)", label).groups()
        assert data.class_names[data.train_labels[int(index)]] == name


def test_filters_choose_split_and_class_and_every_order_can_be_found_again():
    app = open_page("data")
    app.segmented_control(key="lab.browse.split").set_value("test").run()
    app.selectbox(key="lab.browse.class").set_value(8).run()
    first = component(healthy(app), "lab_gallery")["labels"]
    assert all(re.fullmatch(r"Bag, test picture \d+", label) for label in first)
    assert "Pictures 1 to 120 of 1,000 (test, order 0)" in html(app)
    button(app, "Shuffle").click().run()
    second = component(app, "lab_gallery")["labels"]
    assert second != first
    assert "order 1" in html(app)
    again = open_page("data")
    again.segmented_control(key="lab.browse.split").set_value("test").run()
    again.selectbox(key="lab.browse.class").set_value(8).run()
    assert component(again, "lab_gallery")["labels"] == first


def test_the_next_sheet_goes_on_and_the_last_one_ends():
    app = open_page("data")
    app.selectbox(key="lab.browse.class").set_value(0).run()
    first = component(app, "lab_gallery")["labels"]
    app.pagination[0].set_value(2).run()
    assert not set(first) & set(component(app, "lab_gallery")["labels"])
    app.pagination[0].set_value(50).run()
    assert "Pictures 5,881 to 6,000 of 6,000" in html(healthy(app))


def test_one_picture_is_its_784_numbers():
    app = open_page("data", view="one-picture")
    app.segmented_control(key="lab.one.split").set_value("test").run()
    app.number_input(key="lab.one.index").set_value(23).run()
    assert (numbers(healthy(app)) == load().test_images[23]).all()
    assert "Test picture 23 of 10,000" in html(app)
    assert "<b>Ankle boot</b>" in html(app)


def test_a_number_that_the_other_split_does_not_have_becomes_its_last():
    app = open_page("data", view="one-picture")
    app.number_input(key="lab.one.index").set_value(59_999).run()
    app.segmented_control(key="lab.one.split").set_value("test").run()
    assert (numbers(healthy(app)) == load().test_images[9_999]).all()


def test_scaling_says_what_becomes_of_the_numbers():
    app = healthy(open_page("data", view="one-picture"))
    table = app.table[0].value
    picture = load().train_images[0].astype(float)
    assert list(table["Max"]) == ["1", f"{(1 - 0.28604) / 0.35302:.3g}", "255"]
    assert list(table["Mean"])[2] == f"{picture.mean():.3g}"
    for index, name in enumerate(("Divide by 255", "Standardise", "Raw")):
        drawn = figure(app, index)
        assert drawn["layout"]["title"]["text"].startswith(name)


def test_pinning_takes_the_picture_along():
    app = open_page("data", view="one-picture")
    app.number_input(key="lab.one.index").set_value(17).run()
    button(app, "Pin").click().run()
    assert address(healthy(app))["picture"] == "train:17"
    assert button(app, "Pinned").disabled
    app.switch_page("pages/inside.py").run()
    assert address(app)["picture"] == "train:17"


def test_classes_are_counted_and_the_most_alike_are_named():
    app = healthy(open_page("data", view="classes"))
    training, test = figure(app)["data"]
    assert [int(count.replace(",", "")) for count in training["text"]] == [6_000] * 10
    assert [int(count.replace(",", "")) for count in test["text"]] == [1_000] * 10
    assert class_counts(load().train_labels).tolist() == [6_000] * 10
    assert "Most alike are Pullover and Coat" in html(app)
    assert "guessing one class scores 10 %" in html(app)


def test_brightness_follows_the_split():
    app = open_page("data", view="classes")
    app.segmented_control(key="lab.classes.split").set_value("test").run()
    boxes = figure(healthy(app), 1)
    assert "test, n = 10,000" in boxes["layout"]["title"]["text"]
    data = load()
    means = data.test_images[data.test_labels == 5].mean(axis=(1, 2))
    assert boxes["data"][5]["median"][0] == pytest.approx(np.median(means))
