"""The Predict page: a drawing, files and photos become 28 x 28 pixels and ten probabilities."""

import io
import threading
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from fmnist_core import unlike
from fmnist_core.datasets import load
from fmnist_core.errors import EngineBusyError, EngineError
from fmnist_core.images import from_drawing
from fmnist_core.presets import preset
from pages.shared import acquaintance, pad
from pages.views import predict_known, predict_pictures
from tests.pages.judged_runs import answer, button, component, finished, headings, html
from tests.pages.lab_pages import address, healthy, lab, open_page

FINDING_OUT = "The network is still finding out which of them are unlike all it knows."
TEXT = ("notes.png", b"hello", "image/png")


@pytest.fixture
def backend(tmp_path: Path):
    with lab(tmp_path) as backend:
        backend.call = answer
        yield backend


def photo(name: str = "boot.png", level: int = 255) -> tuple[str, bytes, str]:
    """A dark boot from the data on a light background."""
    picture = level - load().test_images[0].repeat(8, 0).repeat(8, 1)
    buffer = io.BytesIO()
    Image.fromarray(picture.astype(np.uint8)).save(buffer, "PNG")
    return name, buffer.getvalue(), "image/png"


def test_the_pinned_picture_lies_on_the_pad_and_is_judged(backend):
    app = healthy(open_page("predict", picture="test:23"))
    assert "Bag, 91 %" in headings(app)
    values = component(app, "fmnist_lab_bars")["values"]
    assert values[8] == pytest.approx(0.91)
    steps = from_drawing(load().test_images[23]).steps
    assert html(app).count("<figure>") == len(steps) > 5


def test_who_answers_and_how_good_it_is(backend):
    run = finished(backend, preset("cnn-16").experiment)
    text = html(healthy(open_page("predict", model=run.id)))
    assert "CNN 16 answers. Test accuracy 99.9 % (99.8 to 100.0), n = 10,000" in text


def test_an_uploaded_picture_is_answered_with_every_step(backend):
    app = open_page("predict", view="pictures")
    app.file_uploader[0].upload(*photo()).run()
    healthy(app)
    assert "boot.png" in headings(app)
    assert "Bag, 91 %" in headings(app)
    assert "Inverted: the background is light." in html(app)


def test_a_visitor_overrules_the_program(backend):
    app = open_page("predict", view="pictures")
    app.file_uploader[0].upload(*photo()).run()
    invert = next(each for each in app.segmented_control if each.label == "Invert")
    invert.set_value("no").run()
    assert "Not inverted: as chosen." in html(healthy(app))
    rotate = next(each for each in app.slider if each.label == "Rotate, degrees")
    rotate.set_value(90).run()
    assert "Turned by 90 degrees." in html(healthy(app))


def test_many_pictures_are_answered_and_a_bad_one_gets_a_sentence(backend):
    app = open_page("predict", view="pictures")
    app.file_uploader[0].set_value([photo("one.png"), TEXT, photo("two.png", 250)]).run()
    healthy(app)
    sheet = component(app, "lab_gallery", "lab.uploads.sheet")
    assert sheet["labels"] == ["one.png: Bag 91 %", "two.png: Bag 91 %"]
    assert "is text, not a picture" in app.error[0].value
    assert "The other 2 were read." in app.error[0].value


def test_no_more_is_kept_than_fits_and_the_others_are_named_in_one_sentence(backend, monkeypatch):
    first, later = photo("a.png"), [photo(f"{name}.png", 250) for name in "bcdef"]
    small = ("small.txt", b"x", "image/png")
    monkeypatch.setattr(predict_pictures, "MOST_BYTES", len(first[1]) + 1)
    app = open_page("predict", view="pictures")
    app.file_uploader[0].set_value([first, *later, small]).run()
    assert "a.png" in headings(healthy(app))
    (said,) = [each.value for each in app.error]
    assert "b.png, c.png, d.png and 2 more left out" in said
    assert "small.txt is text" in said  # it fits beside the first
    assert [file.name for file in app.session_state["lab.uploads"]] == ["a.png", "small.txt"]
    app.file_uploader[0].set_value([]).run()
    assert not healthy(app).error


def test_a_file_name_is_not_markup(backend):
    app = open_page("predict", view="pictures")
    app.file_uploader[0].upload("<img src=x>*a*.png", b"hello", "image/png").run()
    assert "\\<img src=x\\>\\*a\\*.png" in healthy(app).error[0].value


def test_pictures_outlast_a_visit_to_another_page(backend):
    app = open_page("predict", view="pictures")
    app.file_uploader[0].upload(*photo()).run()
    app.switch_page("pages/data.py").run()
    app.switch_page("pages/predict.py").run()
    assert "boot.png" in headings(healthy(app))
    button(app, "Forget these pictures").click().run()
    assert "boot.png" not in headings(healthy(app))


def test_a_pinned_upload_can_be_looked_at_inside(backend):
    app = open_page("predict", view="pictures")
    app.file_uploader[0].upload(*photo()).run()
    button(app, "Pin").click().run()
    ref = address(healthy(app))["picture"]
    assert ref.startswith("stored:")
    app.switch_page("pages/inside.py").run()
    assert address(healthy(app))["picture"] == ref
    assert "Drawing or upload" in html(app)


def test_a_photo_is_prepared_like_any_picture(backend):
    app = open_page("predict", view="camera")
    assert "busy background" in html(healthy(app))
    _, data, _ = photo()
    app.camera_input[0].upload("photo.jpg", data, "image/jpeg").run()
    assert "Bag, 91 %" in headings(healthy(app))


def known(app):
    """The app once the looking at known pictures is done."""
    for each in list(acquaintance._known.values()):
        each.thread.join(60)
    return healthy(app.run())


def test_what_the_network_would_say_to_every_step_is_shown(backend):
    app = open_page("predict", view="pictures")
    app.file_uploader[0].upload(*photo()).run()
    text = html(healthy(app))
    assert text.count("<em>Bag 91 %</em>") == text.count("<figure>") > 10


def test_a_picture_of_the_data_is_like_what_the_network_knows(backend):
    app = known(open_page("predict", picture="test:0"))
    assert "Like what it was trained on. Stranger than" in html(app)
    assert "of 2,000 validation pictures" in html(app)
    assert not app.warning
    sheet = component(app, "lab_gallery", "lab.known.draw")
    assert sheet["labels"][:2] == ["Your picture", "Mean of Bag, training"]
    assert len(sheet["labels"]) == 8
    assert "nearest of 10,000 training pictures" in html(app)


def test_what_is_no_clothing_is_said_to_be_unlike_all_others(backend):
    buffer = io.BytesIO()
    Image.fromarray(unlike.noise(2)[1]).save(buffer, "PNG")
    app = open_page("predict", view="pictures")
    noise = ("noise.png", buffer.getvalue(), "image/png")
    app.file_uploader[0].set_value([noise, photo("boot.png")]).run()
    app = known(app)
    assert "Unlike anything I was trained on" in app.warning[0].value
    sheet = component(app, "lab_gallery", "lab.uploads.sheet")
    assert sheet["labels"] == ["noise.png: Bag 91 %, unlike all it knows", "boot.png: Bag 91 %"]
    assert FINDING_OUT not in html(app)


def test_what_is_found_out_while_the_answers_are_drawn_is_said_of_all_of_them(backend, monkeypatch):
    judge = predict_known.strange

    def found_out_then(pictures):
        unlike = judge(pictures)
        for each in list(acquaintance._known.values()):
            each.thread.join(60)
        return unlike

    asked = threading.Event()
    learn = acquaintance._learn
    monkeypatch.setattr(acquaintance, "_learn", lambda *of: asked.wait(60) and learn(*of))
    buffer = io.BytesIO()
    Image.fromarray(unlike.noise(2)[1]).save(buffer, "PNG")
    app = open_page("predict", view="pictures")
    noise = ("noise.png", buffer.getvalue(), "image/png")
    app.file_uploader[0].set_value([noise, photo("boot.png")]).run()
    labels = component(healthy(app), "lab_gallery", "lab.uploads.sheet")["labels"]
    assert labels == ["noise.png: Bag 91 %", "boot.png: Bag 91 %"]
    assert FINDING_OUT in html(app)

    monkeypatch.setattr(predict_known, "strange", found_out_then)
    asked.set()
    app.run()
    labels = component(healthy(app), "lab_gallery", "lab.uploads.sheet")["labels"]
    assert labels == ["noise.png: Bag 91 %, unlike all it knows", "boot.png: Bag 91 %"]


def test_a_network_that_cannot_be_asked_about_known_pictures_still_answers(backend):
    def refuse(operation, params, arrays, timeout=30.0):
        if operation == "features":
            raise EngineError("The engine has just ended.")
        return answer(operation, params, arrays, timeout)

    backend.call = refuse
    app = open_page("predict")
    app = known(app)
    assert "Bag, 91 %" in headings(app)
    assert "cannot be shown: The engine has just ended." in html(app)


def test_an_engine_that_still_starts_is_asked_again(backend, monkeypatch):
    monkeypatch.setattr(acquaintance, "BUSY_SECONDS", 0)
    busy = iter([True, True])

    def starting(operation, params, arrays, timeout=30.0):
        if operation == "features" and next(busy, False):
            raise EngineBusyError("The engine is starting: about 7 s left. Then try again.")
        return answer(operation, params, arrays, timeout)

    backend.call = starting
    app = known(open_page("predict", picture="test:0"))
    assert "Like what it was trained on." in html(app)
    assert "The engine is starting" not in html(app)


def test_a_network_in_training_is_not_asked_at_every_checkpoint(backend):
    run = finished(backend, preset("cnn-16").experiment)
    (run.directory / "weights.npz").rename(run.directory / "checkpoints" / "step-000003.npz")
    before = len(acquaintance._known)
    text = html(healthy(open_page("predict", model=run.id)))
    assert "step 3 is a checkpoint. Final weights can be asked." in text
    assert len(acquaintance._known) == before


def test_a_drawing_can_be_overruled_too(backend):
    app = open_page("predict", picture="test:0")
    next(each for each in app.slider if each.label == "Rotate, degrees").set_value(90).run()
    assert "Turned by 90 degrees." in html(healthy(app))


def test_a_threshold_can_be_chosen(backend):
    app = open_page("predict", view="pictures")
    app.file_uploader[0].upload(*photo()).run()
    next(each for each in app.toggle if each.label == "Measure the background").set_value(
        False
    ).run()
    next(each for each in app.slider if each.label == "Threshold").set_value(0.9).run()
    assert "(as chosen) is background" in html(healthy(app))


def test_hundreds_of_files_with_bad_ones_among_them(backend):
    files = [photo(f"{number}.png", 255 - number % 5) for number in range(200)]
    files[50], files[150] = TEXT, ("<b>👟</b>.png", b"", "image/png")
    app = open_page("predict", view="pictures")
    app.file_uploader[0].set_value(files).run()
    healthy(app)
    assert len(component(app, "lab_gallery", "lab.uploads.sheet")["labels"]) == 198
    assert "is text, not a picture" in app.error[0].value
    assert "is empty" in app.error[0].value
    assert "The other 198 were read." in app.error[0].value


def test_while_the_engine_starts_the_answer_is_promised(tmp_path: Path):
    with lab(tmp_path, ready=False):
        app = healthy(open_page("predict"))
    assert "The answer comes by itself" in app.info[0].value


def test_a_picture_of_another_networks_size_leaves_the_pad_empty() -> None:
    for shape in ((64, 64, 3), (28, 28, 3), (32, 32, 1)):
        assert not pad._pixels(np.ones(shape, np.float32)).any()
    assert pad._pixels(np.ones((28, 28, 1), np.float32)).all()
