"""A link restores what was chosen; a bad one is explained and loses nothing."""

from pathlib import Path

import numpy as np
import pytest
from streamlit.runtime.pages_manager import PagesManager
from streamlit.runtime.scriptrunner import script_runner
from streamlit.testing.v1 import AppTest

from fmnist_core.pictures import PictureStore
from fmnist_core.presets import preset
from fmnist_core.search import SEARCHES
from fmnist_core.settings import to_link
from pages.shared import address as lab_address
from tests.pages.lab_pages import (
    APP,
    SECONDS,
    address,
    healthy,
    lab,
    network_chip,
    open_page,
    picture_chip,
)


@pytest.fixture
def backend(tmp_path: Path):
    with lab(tmp_path) as backend:
        yield backend


def test_a_link_restores_experiment_picture_and_run_in_a_fresh_browser(backend):
    names = ("mlp-128", "mlp-350", "cnn-16")
    run, *others = (backend.store.create(preset(name).experiment) for name in names)
    beside = [other.id for other in others]
    wanted = preset("cnn-32").experiment.changed(seed=7)
    link = {"experiment": to_link(wanted), "picture": "test:23", "run": run.id}
    link |= {"beside": ",".join(beside)}
    app = healthy(open_page("train", **link))
    assert address(app).items() >= link.items()
    assert app.session_state["lab.experiment"] == wanted
    assert app.session_state["lab.picture"] == "test:23"
    assert app.session_state["lab.run"] == run.id
    assert app.multiselect(key="lab.compare").value == beside
    app.multiselect(key="lab.compare").set_value(beside[:1]).run()
    assert address(app)["beside"] == beside[0]
    app.multiselect(key="lab.compare").set_value([]).run()
    assert "beside" not in address(app)


@pytest.mark.parametrize("overtaken", [False, True])
def test_a_link_may_be_among_the_first_requests_of_a_server(backend, monkeypatch, overtaken):
    begin, draw_alone = PagesManager.__init__, script_runner._mpa_v1
    drawn_alone = []

    def fresh(self, *args, **options):
        begin(self, *args, **options)
        PagesManager.uses_pages_directory = True  # as in a server that drew no page yet

    def old_kind(script):
        drawn_alone.append(script)
        if overtaken:
            PagesManager.uses_pages_directory = False  # somebody else's page came first
        draw_alone(script)

    monkeypatch.setattr(PagesManager, "__init__", fresh)
    monkeypatch.setattr(script_runner, "_mpa_v1", old_kind)
    run = backend.store.create(preset("mlp-128").experiment)
    app = healthy(open_page("train", run=run.id))
    assert len(drawn_alone) == 1
    assert app.session_state["lab.run"] == run.id
    assert address(app)["view"] == "one-network"


def test_a_page_run_by_itself_is_drawn_by_itself(backend):
    page = Path(APP).parent / "pages" / "data.py"
    app = healthy(AppTest.from_file(str(page), default_timeout=SECONDS).run())
    assert app.title[0].value == "Data"


def test_a_link_compares_each_run_once_and_no_search(backend):
    run, other = (backend.store.create(preset(name).experiment) for name in ("mlp-128", "cnn-16"))
    search = backend.store.create_search(SEARCHES["first-search"])
    app = healthy(open_page("train", run=run.id, beside=f"{other.id},{other.id}"))
    assert app.multiselect(key="lab.compare").value == [other.id]
    app = healthy(open_page("train", run=run.id, beside=search.id))
    assert "a run to compare with that is not there" in app.warning[0].value
    assert app.multiselect(key="lab.compare").value == []


def test_the_address_follows_what_is_chosen_seed_included(backend):
    app = open_page("train")
    app.session_state["lab.all-settings"] = True
    app.run().number_input(key="set.seed").set_value(11).run()
    again = open_page("train", experiment=address(app)["experiment"])
    again.session_state["lab.all-settings"] = True
    assert again.run().number_input(key="set.seed").value == 11


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("experiment", "cnn-16;training.epochs=-3", "at least 1"),
        ("experiment", "no-such-preset", "There is no preset"),
        ("picture", "test:99999", "There is no test picture"),
        ("model", "../../etc/passwd", "is not the name of a model"),
        ("run", "gone", "There is no run"),
        ("beside", "gone", "There is no run"),
    ],
)
def test_a_bad_value_is_explained_and_the_rest_stays(backend, name, value, said):
    link = {"experiment": "mlp-350", "picture": "test:5"} | {name: value}
    app = healthy(open_page(**link))
    assert said in app.warning[0].value
    del link[name]
    assert address(app).items() >= link.items()
    assert address(app).get(name) != value
    app.button(key="lab.understood").click().run()
    assert not app.warning


def test_choices_survive_a_page_change(backend):
    app = open_page("train")
    app.number_input(key="set.training.epochs").set_value(4).run()
    picture_chip(app).set_value(28).run()
    # Sent back, it would undo the clicks that a hasty visitor has made meanwhile.
    assert not picture_chip(app).proto.set_value
    # A closed popover hears nothing: what it shows is what it was drawn with.
    assert (picture_chip(app).proto.default, network_chip(app).proto.default) == (28, 0)
    app.switch_page("pages/start.py").run()
    app.switch_page("pages/train.py").run()
    healthy(app)
    assert app.number_input(key="set.training.epochs").value == 4
    assert address(app)["picture"] == "test:28"


def test_a_chip_that_was_used_does_not_choose_again_what_was_let_go(backend):
    app = open_page("train")
    picture_chip(app).set_value(28).run()
    used = picture_chip(app).key
    app.query_params["picture"] = "test:5"  # as a click on a picture would have it
    app.run()
    assert picture_chip(healthy(app)).key != used
    assert picture_chip(app).value == 5
    network_chip(app).set_value("best").run()
    assert network_chip(app).proto.default == network_chip(app).options.index("Best")


def test_a_second_click_sent_before_the_browser_heard_of_the_first_does_not_undo_it(
    backend, monkeypatch
):
    now = [100.0]
    monkeypatch.setattr(lab_address, "clock", lambda: now[0])
    app = healthy(open_page("train", picture="test:0"))
    now[0] += 10
    picture_chip(app).set_value(23).run()
    app.query_params["picture"] = "test:0"  # as the browser still has it
    now[0] += 0.1
    app.run()
    assert app.session_state["lab.picture"] == "test:23"
    assert address(app)["picture"] == "test:23"


def test_back_brings_back_what_was_chosen_before(backend, monkeypatch):
    now = [100.0]
    monkeypatch.setattr(lab_address, "clock", lambda: now[0])
    app = healthy(open_page("train", picture="test:0"))
    picture_chip(app).set_value(23).run()
    now[0] += 2
    app.query_params["picture"] = "test:0"
    app.run()
    assert app.session_state["lab.picture"] == "test:0"
    assert picture_chip(app).value == 0


def test_until_somebody_chooses_the_network_that_knows_photos_answers_to_them(backend):
    app = healthy(open_page("predict", picture="test:3"))
    assert chip(app) == "Network: Robust"
    assert "model" not in address(app)
    assert chip(healthy(app.switch_page("pages/train.py").run())) == "Network: Quick"
    network_chip(app).set_value("best").run()
    assert chip(healthy(app.switch_page("pages/predict.py").run())) == "Network: Best"
    assert address(app)["model"] == "best"


def test_who_answered_to_a_photo_answers_on_all_pages_once_it_is_pinned(backend):
    ref = PictureStore(backend.store.root).save(np.zeros((28, 28, 1), np.float32))
    app = healthy(open_page("predict", picture=ref))
    assert address(app).items() >= {"model": "robust", "picture": ref}.items()
    assert chip(healthy(app.switch_page("pages/train.py").run())) == "Network: Robust"


def chip(app):
    labels = [each.proto.popover.label for each in app.get("popover")]
    return next(label for label in labels if label.startswith("Network"))
