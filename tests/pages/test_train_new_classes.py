"""Train, New classes: begin, give examples, be answered, be found again."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fmnist_core.presets import preset
from pages.shared import services, session
from pages.views import train_examples
from tests.pages.judged_runs import component, html
from tests.pages.lab_pages import address, healthy, lab, open_page


def button(app, label):
    return next(each for each in app.button if each.label == label)


class Looker:
    """Its features are the mean of the left and of the right half."""

    def __call__(
        self, operation: str, params: Any, arrays: Any, timeout: float = 30.0
    ) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
        assert operation == "features"
        pictures = arrays["pictures"]
        halves = [pictures[:, :, :14].mean((1, 2, 3)), pictures[:, :, 14:].mean((1, 2, 3))]
        return {}, {"features": np.stack(halves, 1)}


@pytest.fixture
def backend(tmp_path: Path):
    with lab(tmp_path) as backend:
        backend.call = Looker()
        yield backend


def half(left: bool, tone: float) -> np.ndarray:
    picture = np.zeros((28, 28, 1), np.float32)
    picture[:, :14] = tone if left else 0.1
    picture[:, 14:] = 0.1 if left else tone
    return picture


def test_names_begin_it_and_bad_ones_are_explained(backend) -> None:
    app = healthy(open_page("train", view="new-classes"))
    app.text_input(key="lab.new.names").set_value("cup")
    healthy(button(app.run(), "Begin").click().run())
    assert "Expected 2 to 10 names" in " ".join(each.value for each in app.warning)
    app = healthy(open_page("train", view="new-classes"))
    app.text_input(key="lab.new.names").set_value("left, right")
    healthy(button(app.run(), "Begin").click().run())
    assert "needs at least one example of each class: left, right" in html(app)
    assert address(app)["classes"] == services.own_classes().list()[0].id


def test_a_link_opens_them_with_their_answer(backend) -> None:
    made = services.own_classes().create(["left", "right"], "quick", now=0.0)
    for number, is_left in enumerate((True, False)):
        refs = [session.pictures().save(half(is_left, tone)) for tone in (0.6, 0.8, 1.0)]
        made = made.with_examples(number, tuple(refs))
    services.own_classes().save(made)
    app = healthy(open_page("train", view="new-classes", classes=made.id))
    text = html(app)
    assert "left (n = 3)" in text
    assert "learned from 6 examples. Tried on each example" in text
    assert "6 of 6 right" in text
    shown = component(app, "lab_gallery", f"lab.new.examples.{made.id}.1")
    assert len(shown["labels"]) == 3


def test_classes_that_are_gone_are_explained(backend) -> None:
    app = healthy(open_page("train", view="new-classes", classes="abcdefgh"))
    assert "no classes 'abcdefgh'" in " ".join(each.value for each in app.warning)
    assert "Teach it something new" in html(app)


def test_what_others_have_added_meanwhile_stays(backend) -> None:
    kept = services.own_classes()
    seen = kept.create(["cup", "star"], "quick", 0.0)
    first, second, third = (session.pictures().save(half(True, tone)) for tone in (0.5, 0.6, 0.7))
    train_examples._add(seen, 0, [first])
    seen = kept.get(seen.id)
    kept.save(seen.with_examples(0, (first, second)))  # on another laptop
    train_examples._add(seen, 1, [third])
    assert [each.pictures for each in kept.get(seen.id).classes] == [(first, second), (third,)]
    train_examples._remove(seen, 0, 0)
    assert [each.pictures for each in kept.get(seen.id).classes] == [(second,), (third,)]
    train_examples._remove(seen, 0, 0)  # it is gone already
    assert kept.get(seen.id).classes[0].pictures == (second,)


def test_of_a_network_that_goes_on_learning_they_keep_the_step(backend) -> None:
    run = backend.store.create(preset("mlp-128").experiment)
    (run.directory / "checkpoints/step-000008.npz").touch()
    app = open_page("train", view="new-classes", model=run.id)
    app.text_input(key="lab.new.names").set_value("cup, star").run()
    healthy(button(app, "Begin").click().run())
    (made,) = services.own_classes().list()
    assert made.model == f"{run.id}@8"
