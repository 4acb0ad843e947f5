"""Inside: the slider over a run's life, the map, and one update written out."""

from __future__ import annotations

import json
import re
import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from fmnist_core import events as e
from fmnist_core import insight
from fmnist_core.datasets import load
from fmnist_core.experiment import Data
from fmnist_core.presets import preset
from fmnist_core.run import Run
from pages.shared import replay, session
from tests.pages.judged_runs import answer, component, headings, html
from tests.pages.lab_pages import QueueOnly, address, healthy, lab, open_page, started

MLP = preset("mlp-128").experiment
BAG = 8


class Worker:
    """Knows nothing at step 0 and calls everything a bag; later it knows every picture."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, dict[str, Any]]] = []
        self.map: np.ndarray | None = None

    def __call__(
        self, operation: str, params: Any, arrays: Any, timeout: float = 30.0
    ) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
        self.asked.append((operation, params))
        if operation == "survey":
            return self.survey(params, len(arrays["images"]))
        if operation == "tsne":
            return {}, {} if self.map is None else {"map": self.map}
        if operation == "layer_sizes":
            return {"loss": 1.0, "layers": [layer("dense_1", [3, 5]), layer("output", None)]}, {}
        if operation == "one_step":
            return one_step(params)
        return answer(operation, params, arrays, timeout)

    def survey(self, params: Any, n: int) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
        labels = load().train_labels[insight.validation_sample(MLP)]
        said = np.full(n, BAG) if params["model"].endswith("@0") else labels
        probabilities = np.full((n, 10), 0.01, np.float32)
        probabilities[np.arange(n), said] = 0.91
        points = np.stack([labels, np.zeros(n)], axis=1).astype(np.float32)
        described = {"features": 128, "shares": [0.75, 0.0]}
        return described, {"probabilities": probabilities, "points": points}


def layer(name: str, dead: list[int] | None) -> dict[str, Any]:
    return {
        "name": name,
        "kind": "Dense",
        "activation": 0.25,
        "units": 8,
        "dead": dead,
        "gradient": 0.125,
    }


def one_step(params: Any) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    variables = [
        {"path": "dense_1/kernel", "shape": [784, 8], "largest": [400, 2]},
        {"path": "output/bias", "shape": [10], "largest": [9]},
    ]
    path = params["variable"] or "dense_1/kernel"
    index = params["index"] or next(v["largest"] for v in variables if v["path"] == path)
    indices = np.arange(40, dtype=np.int32)
    labels = load().train_labels[:40].astype(np.int32)
    labels[0] = (labels[0] + 1) % 10
    return {
        "step": 1 if params["model"].endswith("@0") else 9,
        "epoch": 1,
        "loss": 2.5,
        "after": 2.25,
        "optimizer": params["optimizer"],
        "learning_rate": params["learning_rate"],
        "variables": variables,
        "variable": path,
        "index": index,
        "weight": 0.5,
        "gradient": -0.25,
        "new": 0.5 + 0.25 * params["learning_rate"],
    }, {"indices": indices, "labels": labels, "pictures": np.zeros((40, 28, 28, 1))}


@pytest.fixture
def backend(tmp_path: Path):
    st.cache_data.clear()
    with lab(tmp_path) as backend:
        backend.call = Worker()
        yield backend


def trained(backend: QueueOnly, experiment: Any = MLP, steps: tuple[int, ...] = (0, 8)) -> Run:
    run = backend.store.create(experiment)
    for step in steps:
        (run.directory / f"checkpoints/step-{step:06d}.npz").touch()
        saved = e.CheckpointSaved(run.created, step, 1, f"checkpoints/step-{step:06d}.npz")
        backend.store.append(run.id, saved)
    (run.directory / "weights.npz").touch()
    return run


def said(app: AppTest) -> str:
    """The line below the slider."""
    return next(
        re.sub("<.*?>", "", each.proto.body)
        for each in app.get("html")
        if "lab-bar" in each.proto.body and "style" not in each.proto.body
    )


def test_the_slider_moves_the_whole_page_and_the_address(backend: QueueOnly) -> None:
    run = trained(backend)
    app = healthy(open_page("inside", model=run.id))
    slider = app.select_slider(key="lab.replay")
    assert slider.options == ["0", "8"]
    assert said(app) == (
        "After step 8 · validation accuracy 100.0 % (n = 1,000) · "
        "Test picture 0, Ankle boot: called Bag, 91 %"
    )
    slider.set_value(f"{run.id}@0").run()
    assert "Before the first step" in said(healthy(app))
    # A tenth of the pictures are bags.
    assert "validation accuracy 10.0 % (n = 1,000)" in said(app)
    assert address(app)["model"] == f"{run.id}@0"
    shown = [params["model"] for name, params in backend.call.asked if name == "feature_maps"]
    assert shown == [run.id, f"{run.id}@0"]


def test_a_link_opens_the_place(backend: QueueOnly) -> None:
    run = trained(backend)
    app = healthy(open_page("inside", model=f"{run.id}@0", view="filters"))
    assert app.select_slider(key="lab.replay").value == f"{run.id}@0"
    assert "Before the first step" in said(app)


def test_a_bundled_model_has_no_life_to_replay(backend: QueueOnly) -> None:
    assert not healthy(open_page("inside")).get("select_slider")
    run = trained(backend, steps=(0,))
    assert not healthy(open_page("inside", model=run.id)).get("select_slider")


def test_a_place_is_computed_once_for_all(backend: QueueOnly) -> None:
    run = trained(backend)
    for _ in range(2):
        healthy(open_page("inside", model=run.id))
    assert [name for name, _ in backend.call.asked].count("survey") == 1


def test_a_run_without_validation_pictures_says_so(backend: QueueOnly) -> None:
    run = trained(backend, MLP.changed(data=Data(validation_fraction=0.0)))
    app = healthy(open_page("inside", model=run.id))
    assert "no validation pictures were kept" in said(app)
    assert "without validation" in open_page("inside", model=run.id, view="map").info[0].value


def drawn(app: AppTest) -> dict[str, Any]:
    """What the maps were given."""
    for each in app.get("bidi_component"):
        if each.proto.component_name == "fmnist_lab_scatter":
            data = each.proto.bytes
            (length,) = struct.unpack("<I", data[:4])
            assert data[4 + length :].startswith(b"\x89PNG")
            found: dict[str, Any] = json.loads(data[4 : 4 + length])
            return found
    raise AssertionError("no map")


def test_the_map_shows_pixels_beside_features(backend: QueueOnly) -> None:
    run = trained(backend)
    app = healthy(open_page("inside", model=f"{run.id}@0", view="map"))
    data = drawn(app)
    assert [panel["title"] for panel in data["panels"]] == ["Pixels", "Features"]
    assert data["panels"][1]["note"] == "PCA: 2 of 128 directions, with 75 % of the variance"
    labels = np.array(data["labels"])
    np.testing.assert_allclose(data["panels"][1]["x"], labels / 9, atol=1e-4)
    assert (len(labels), set(data["predicted"]), data["by"]) == (1000, {BAG}, "class")
    # Among the features every nearest neighbour has the same class; among pixels not.
    assert re.search(
        r"for \d\d\.\d % by pixels and for 100\.0 % by features \(n = 1,000", html(app)
    )
    app.segmented_control(key="lab.map.colour").set_value("Right or wrong").run()
    assert drawn(healthy(app))["by"] == "right"
    assert "Crosses: the 900 pictures" in html(app)


def test_a_network_that_ends_in_one_number_has_its_map_on_a_line(backend: QueueOnly) -> None:
    run = trained(backend)
    survey = backend.call.survey

    def narrow(params: Any, n: int) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
        _, found = survey(params, n)
        return {"features": 1, "shares": [1.0]}, {**found, "points": found["points"][:, :1]}

    backend.call.survey = narrow
    data = drawn(healthy(open_page("inside", model=run.id, view="map")))
    assert set(data["panels"][1]["y"]) == {0.0}
    assert len(set(data["panels"][1]["x"])) == 10


def test_tsne_comes_by_itself(backend: QueueOnly) -> None:
    run = trained(backend)
    app = open_page("inside", model=run.id, view="map")
    app.segmented_control(key="lab.map.method").set_value("t-SNE").run()
    assert "in the background" in healthy(app).info[0].value
    assert drawn(app)["panels"][1]["note"].startswith("PCA")
    backend.call.map = np.tile(np.float32([[1, 2]]), (1000, 1))
    app.run()
    assert not healthy(app).info
    panels = drawn(app)["panels"]
    assert panels[0]["note"] == "t-SNE of 50 of 784 directions"
    assert panels[1]["y"][0] == 1.0


def test_an_update_is_written_out_with_the_runs_own_optimizer(backend: QueueOnly) -> None:
    run = trained(backend, MLP.changed(training=MLP.training.changed(optimizer="sgd")))
    app = healthy(open_page("inside", model=f"{run.id}@0", view="one-step"))
    rate = MLP.training.learning_rate
    assert app.selectbox(key="lab.step.optimizer").value == "sgd"
    assert app.number_input(key="lab.step.rate").value == rate
    assert headings(app)[:2] == [
        "The batch of step 1 (training, n = 40)",
        "dense_1/kernel[400, 2], by SGD",
    ]
    text = html(app)
    assert f"0.5 − (−{0.25 * rate:g})" in text
    assert f'<td class="number">{0.5 + 0.25 * rate:g}</td>' in text
    assert "2.5000" in text
    assert "2.2500" in text
    assert "own first step" in text
    batch = component(app, "lab_gallery", "lab.step.batch")
    assert len(batch["labels"]) == 32
    assert batch["wrong"][:2] == [True, False]
    assert "the first 32 of 40" in text


def test_another_optimizer_and_weight_can_be_tried(backend: QueueOnly) -> None:
    run = trained(backend)
    app = open_page("inside", model=run.id, view="one-step")
    app.selectbox(key="lab.step.optimizer").set_value("adam")
    app.number_input(key="lab.step.rate").set_value(0.1)
    app.selectbox(key="lab.step.weights").set_value("output/bias").run()
    assert headings(healthy(app))[1] == "output/bias[9], by Adam"
    assert "bias corrected" in html(app)
    assert "begins at zero here" in html(app)
    app.number_input(key="lab.step.output/bias.0").set_value(4).run()
    assert headings(healthy(app))[1] == "output/bias[4], by Adam"
    asked = [params for name, params in backend.call.asked if name == "one_step"][-1]
    assert asked == {
        "model": run.id,
        "optimizer": "adam",
        "learning_rate": 0.1,
        "variable": "output/bias",
        "index": [4],
    }
    # Another checkpoint keeps the choice; another network begins with its own.
    app.select_slider(key="lab.replay").set_value(f"{run.id}@0").run()
    assert headings(healthy(app))[1] == "output/bias[4], by Adam"


def test_each_checkpoint_has_the_rate_that_its_schedule_has_come_to(backend: QueueOnly) -> None:
    cosine = MLP.training.changed(schedule="cosine", learning_rate=0.2)
    run = trained(backend, MLP.changed(training=cosine), steps=(0, 422, 844))
    backend.store.append(run.id, *started(run))  # 844 steps
    app = open_page("inside", model=f"{run.id}@0", view="one-step")
    rate = app.number_input(key="lab.step.rate")
    assert rate.value == 0.2
    app.select_slider(key="lab.replay").set_value(f"{run.id}@422").run()
    assert app.number_input(key="lab.step.rate").value == pytest.approx(0.1)
    assert "Its schedule has no rate" not in html(app)
    app.select_slider(key="lab.replay").set_value(run.id).run()
    assert app.number_input(key="lab.step.rate").value == 0.2
    assert "Its schedule has no rate" in html(healthy(app))
    app.number_input(key="lab.step.rate").set_value(0.5).run()
    assert "Its schedule has no rate" not in html(healthy(app))
    app.select_slider(key="lab.replay").set_value(f"{run.id}@422").run()
    assert app.number_input(key="lab.step.rate").value == 0.5  # what was tried stays


def test_a_rate_that_nobody_could_set_is_not_shown_as_the_runs_own(backend: QueueOnly) -> None:
    falling = MLP.training.changed(schedule="step", decay_factor=0.001, decay_epochs=0.1)
    run = trained(backend, MLP.changed(training=falling), steps=(0, 422))
    backend.store.append(run.id, *started(run))
    app = healthy(open_page("inside", model=f"{run.id}@422", view="one-step"))
    assert app.number_input(key="lab.step.rate").value == MLP.training.learning_rate
    assert "has no rate for this step" in html(app)


def test_what_was_tried_is_still_there_after_a_look_at_another_view(backend: QueueOnly) -> None:
    run = trained(backend)
    app = open_page("inside", model=run.id, view="one-step")
    app.selectbox(key="lab.step.optimizer").set_value("rmsprop")
    app.number_input(key="lab.step.rate").set_value(0.5)
    app.selectbox(key="lab.step.weights").set_value("output/bias").run()
    for name in ("Map", "One step"):
        app.segmented_control(key="lab.view.inside").set_value(name).run()
    assert headings(healthy(app))[1] == "output/bias[9], by RMSprop"
    assert app.number_input(key="lab.step.rate").value == 0.5


def test_dead_units_are_counted_and_named(backend: QueueOnly) -> None:
    run = trained(backend)
    app = healthy(open_page("inside", model=run.id, view="one-step"))
    assert headings(app)[-1] == "Activations and gradients, layer by layer (validation, n = 256)"
    row = re.search(r"<tr><th scope=\"row\">dense_1</th>.*?</tr>", html(app))
    assert row is not None
    cells = re.findall(r">([^<]*)</td>", row[0])
    assert cells == ["Dense", "0.25", "2 of 8 (25.0 %)", "3, 5", "0.125"]


def test_a_step_of_the_curves_opens_the_nearest_checkpoint(
    backend: QueueOnly, monkeypatch: pytest.MonkeyPatch
) -> None:
    run, chosen = trained(backend, steps=(0, 8, 100)), []
    monkeypatch.setattr(session, "choose_model", chosen.append)
    assert replay.open_at(run, 50)
    assert replay.open_at(run, 99)
    assert not replay.open_at(trained(backend, steps=(0,)), 1)
    assert chosen == [f"{run.id}@8", run.id]


def test_inside_follows_a_run_that_trains_unless_a_step_was_chosen(backend: QueueOnly) -> None:
    run = trained(backend)
    follows = f"Follows {run.title} as it learns: drawn anew at each checkpoint."
    app = healthy(open_page("inside", model=run.id))
    assert follows in html(app)
    (run.directory / "checkpoints/step-000020.npz").touch()
    assert app.run().select_slider(key="lab.replay").options == ["0", "8", "20"]
    assert "After step 20" in said(app)
    assert follows not in html(open_page("inside", model=run.id, view="map"))
    assert follows not in html(open_page("inside", model=f"{run.id}@8"))
    backend.store.append(run.id, e.RunFinished(run.created, 20, "Done.", 1.0, 1.0, 1.0))
    assert follows not in html(open_page("inside", model=run.id))
