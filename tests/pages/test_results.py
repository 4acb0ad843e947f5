"""The Results page: every number comes from the run that is shown."""

from pathlib import Path

import numpy as np
import pytest

from fmnist_core import events as e
from fmnist_core.datasets import load
from fmnist_core.errors import RunNotFoundError
from fmnist_core.evaluation import wilson
from fmnist_core.presets import preset
from pages.shared import looks, session
from pages.views import results_actions, results_runs
from tests.pages.judged_runs import (
    BAGS_CALLED_SHIRT,
    button,
    component,
    figure,
    finished,
    headings,
    html,
)
from tests.pages.lab_pages import address, healthy, lab, network_chip, open_page, started

CNN, MLP = preset("cnn-16").experiment, preset("mlp-128").experiment


@pytest.fixture
def backend(tmp_path: Path):
    with lab(tmp_path) as backend:
        yield backend


def metrics(app) -> dict[str, str]:
    return {each.label: each.value for each in app.metric}


def test_without_runs_the_page_says_what_to_do(backend):
    app = healthy(open_page("results"))
    assert "No runs yet" in app.info[0].value


def test_the_table_holds_what_is_known_of_each_run(backend):
    finished(backend, CNN)
    running = backend.store.create(preset("mlp-128").experiment)
    backend.store.append(running.id, *started(running))
    table = healthy(open_page("results")).dataframe[0].value
    low, high = wilson(9_992, 10_000)
    rows = table.set_index("Network")
    assert rows.loc["CNN 16", "Test"] == (
        f"99.92 % ({100 * low:.1f} to {100 * high:.1f}), n = 10,000"
    )
    assert rows.loc["CNN 16", "Validation"].startswith("75.00 %")
    assert rows.loc["CNN 16", "Published"] == "85.50 %"
    assert rows.loc["CNN 16", "Parameters"] == 201_578
    assert rows.loc["CNN 16", "Images/s"] == 2_500
    assert rows.loc["MLP 128", "Status"] == "Training"
    assert rows.loc["MLP 128", "Test"] == "-"


def test_a_changed_network_is_not_compared_with_what_was_published(backend):
    layers = CNN.architecture.layers
    smaller = CNN.architecture.changed(layers=(*layers[:-1], layers[-1].changed(units=8)))
    finished(backend, CNN.changed(architecture=smaller))
    table = open_page("results").dataframe[0].value
    assert list(table["Published"]) == ["-"]


def test_accuracies_have_their_intervals_and_n(backend):
    run = finished(backend, CNN)
    app = healthy(open_page("results", view="one-run", run=run.id))
    assert metrics(app) == {
        "Training accuracy": "80.00 %",
        "Validation accuracy": "75.00 %",
        "Test accuracy": "99.92 %",
        "Published test accuracy": "85.50 %",
    }
    low, high = wilson(9_992, 10_000)
    interval = f"95 % interval {100 * low:.1f} to {100 * high:.1f} %, n = 10,000"
    assert interval in html(app)


def test_the_confusion_matrix_counts_and_its_cells_open_their_pictures(backend):
    run = finished(backend, CNN)
    app = healthy(open_page("results", view="one-run", run=run.id))
    cells = component(app, "lab_confusion")["cells"]
    assert cells[8][6]["count"] == BAGS_CALLED_SHIRT
    assert cells[9][8]["count"] == 1
    assert cells[8][8]["count"] == 1_000 - BAGS_CALLED_SHIRT
    assert "Surest mistakes (n = 8)" in headings(app)
    pictures = component(app, "lab_gallery", "lab.cell.pictures")
    assert pictures["labels"][0].startswith("Test picture 0: Ankle boot, taken for Bag, 95.5 %")
    assert pictures["wrong"] == [True] * 8

    app.selectbox(key="lab.cell.actual").set_value(8).run()
    app.selectbox(key="lab.cell.predicted").set_value(6).run()
    healthy(app)
    assert "Bag taken for Shirt (n = 7)" in headings(app)
    bags = np.flatnonzero(load().test_labels == 8)[:BAGS_CALLED_SHIRT]
    labels = component(app, "lab_gallery", "lab.cell.pictures")["labels"]
    assert [label.split(":")[0] for label in labels] == [f"Test picture {i}" for i in bags]
    assert component(app, "lab_confusion")["selected"] == [8, 6]


def test_a_pinned_mistake_is_looked_at_inside_with_the_network_that_made_it(backend):
    run = finished(backend, CNN)
    app = open_page("results", view="one-run", run=run.id, picture="test:0")
    button(app, "Look inside").click().run()
    assert app.title[0].value == "Inside"
    assert address(app)["model"] == run.id
    assert address(app)["view"] == "feature-maps"


def test_the_report_is_the_run_s_own(backend):
    run = finished(backend, CNN)
    app = healthy(open_page("results", view="one-run", run=run.id))
    table = app.table[0].value.set_index("Class")
    assert table.loc["Bag", "Recall"] == "0.993"
    assert table.loc["Bag", "Precision"] == f"{993 / 994:.3f}"
    assert table.loc["Shirt", "Precision"] == f"{1_000 / 1_007:.3f}"
    assert set(table["Support"]) == {"1,000"}


def test_24_random_pictures_are_drawn_again_on_demand(backend):
    run = finished(backend, CNN)
    app = open_page("results", view="one-run", run=run.id)
    first = component(app, "lab_gallery", "lab.random.pictures")["labels"]
    assert len(first) == 24
    button(app, "Other 24").click().run()
    assert component(healthy(app), "lab_gallery", "lab.random.pictures")["labels"] != first


def test_files_can_be_taken_away(backend):
    run = finished(backend, CNN)
    app = healthy(open_page("results", view="one-run", run=run.id))
    names = [each.label for each in app.get("download_button")]
    assert names == [
        "model.keras",
        "Epochs (CSV)",
        "Steps (CSV)",
        "Experiment (JSON)",
        "Keras script",
    ]
    assert "train?experiment=cnn-16" in app.code[0].value


def test_of_a_failed_run_the_reason_and_its_last_numbers_are_shown(backend):
    run = backend.store.create(CNN)
    epoch = e.EpochEnded(1.0, 3, 1, 0.9, 0.7, 54_000, 0.8, 0.75, 6_000)
    failed = e.RunFailed(1.0, 3, "The worker was killed.")
    backend.store.append(run.id, *started(run), epoch, failed)
    app = healthy(open_page("results", view="one-run", run=run.id))
    assert app.error[0].value == "Failed after 3 steps. The worker was killed."
    assert metrics(app)["Validation accuracy"] == "75.00 %"
    assert metrics(app)["Test accuracy"] == "-"


def test_predictions_of_another_dataset_are_refused_in_words(backend):
    run = finished(backend, CNN)
    np.save(run.directory / "test_probabilities.npy", np.full((50, 10), 0.1, np.float32))
    app = healthy(open_page("results", view="one-run", run=run.id))
    assert "judged on 50 test pictures" in app.error[0].value


def test_several_runs_are_compared(backend):
    first, second = finished(backend, CNN), finished(backend, CNN.changed(seed=1))
    app = healthy(open_page("results", view="compare"))
    dots = figure(app)["data"][0]
    assert set(dots["y"]) == {f"CNN 16 · {run.id[-4:]}" for run in (first, second)}
    assert app.table[0].value["Test"].str.startswith("99.92 %").all()
    drawn = component(app, "fmnist_lab_curves")["drawn"]
    assert len(drawn) == 2
    app.multiselect[0].set_value([second.id]).run()
    assert len(component(healthy(app), "fmnist_lab_curves")["drawn"]) == 1


def test_a_run_is_deleted_only_after_a_second_question(backend):
    run, kept = finished(backend, CNN), finished(backend, CNN.changed(seed=1))
    app = open_page("results", view="one-run", run=run.id)
    app.button(key="lab.run.delete").click().run()
    assert len(backend.store.list()) == 2
    app.button(key="lab.delete.yes").click().run()
    healthy(app)
    assert [each.id for each in backend.store.list()] == [kept.id]


def test_who_looks_at_a_step_of_a_deleted_run_gets_another_network(backend):
    run = finished(backend, CNN)
    (run.directory / "checkpoints" / "step-000003.npz").touch()
    app = open_page("results", view="one-run", run=run.id, model=f"{run.id}@3")
    assert address(healthy(app))["model"] == f"{run.id}@3"
    app.button(key="lab.run.delete").click().run()
    app.button(key="lab.delete.yes").click().run()
    assert address(healthy(app)).get("model", "quick") == "quick"
    assert not app.warning


def test_a_network_that_somebody_has_just_deleted_is_refused_with_a_sentence(backend, monkeypatch):
    def gone(ref):
        raise RunNotFoundError(f"There is no run {ref!r}.")

    run = finished(backend, CNN)
    app = healthy(open_page("results"))
    monkeypatch.setattr(session, "choose_model", gone)
    network_chip(app).set_value(run.id).run()
    assert f"There is no run {run.id!r}" in healthy(app).warning[0].value.replace("\\", "")


def test_no_row_stays_ticked_when_others_take_its_place(backend):
    runs = [finished(backend, CNN), finished(backend, CNN.changed(seed=1))]
    keys = {results_runs._key(shown) for shown in (runs, runs[:1], runs[1:], runs[::-1])}
    assert len(keys) == 4
    assert results_runs._key(runs) == results_runs._key(list(runs))


def test_a_run_that_is_gone_is_not_shown_and_the_settings_are_there(backend):
    run = finished(backend, CNN)
    app = healthy(open_page("train", run=run.id))
    backend.store.delete(run.id)
    app.run()
    assert "It may have been deleted" in healthy(app).warning[0].value
    assert not button(app, "Train").disabled


def test_a_run_that_trains_is_not_deleted(backend):
    run = backend.store.create(CNN)
    backend.store.append(run.id, *started(run))
    app = open_page("results", view="one-run", run=run.id)
    app.button(key="lab.run.delete").click().run()
    app.button(key="lab.delete.yes").click().run()
    assert "still training. Stop it first." in healthy(app).warning[0].value
    assert [each.id for each in backend.store.list()] == [run.id]


def test_a_run_answers_from_now_on_or_is_trained_again(backend):
    run = finished(backend, CNN.changed(seed=7))
    app = open_page("results", view="one-run", run=run.id)
    app.button(key="lab.run.use").click().run()
    assert address(healthy(app))["model"] == run.id
    app.button(key="lab.run.again").click().run()
    assert healthy(app).title[0].value == "Train"
    assert address(app)["experiment"] == "cnn-16;seed=7"


def test_duplicating_opens_the_settings_with_its_curves_behind(backend):
    run = finished(backend, CNN)
    app = open_page("results", view="one-run", run=run.id)
    app.session_state["lab.view.train"] = "Search"  # where this visitor was last
    app.button(key="lab.run.again").click().run()
    healthy(app)
    assert app.session_state["lab.editing"]
    assert address(app)["beside"] == run.id
    assert "run" not in address(app)
    assert app.number_input(key="set.training.epochs").value == CNN.training.epochs


def test_a_picture_can_be_pinned_though_the_chosen_network_is_gone(backend, monkeypatch):
    run, other = finished(backend, CNN), finished(backend, MLP)
    done = []
    monkeypatch.setattr(session, "model", lambda: other.id)
    for name in ("choose_model", "pin", "warn"):
        monkeypatch.setattr(session, name, done.append)
    backend.store.delete(other.id)
    results_actions.pin_of(run.id, "test:7")
    assert done == [run.id, "test:7"]
    backend.store.delete(run.id)
    results_actions.pin_of(run.id, "test:8")
    assert "There is no run" in done[-1]


def test_the_runs_that_are_compared_are_in_the_address(backend):
    runs = [finished(backend, CNN) for _ in range(6)]
    chosen = [run.id for run in runs[:2]]
    app = healthy(open_page("results", view="compare", compared=",".join(chosen)))
    assert app.multiselect(key="lab.compared").value == chosen
    app.multiselect(key="lab.compared").set_value(chosen[:1]).run()
    assert address(app)["compared"] == chosen[0]
    app.multiselect(key="lab.compared").set_value([]).run()
    assert healthy(app).multiselect(key="lab.compared").value == []  # and stays empty
    app = open_page("results", view="compare", compared=f"gone,{chosen[1]},{chosen[1]}")
    assert healthy(app).multiselect(key="lab.compared").value == [chosen[1]]
    app = open_page("results", view="compare", compared="no-such-run")
    assert "run to compare with that is not there" in healthy(app).warning[0].value


def test_runs_that_were_just_deleted_are_not_compared(backend, monkeypatch):
    run, said = finished(backend, CNN), []
    backend.store.delete(run.id)
    monkeypatch.setattr(session, "warn", said.append)
    monkeypatch.setattr(session, "show_view", said.append)
    results_runs._compare([run.id])
    assert len(said) == 1
    assert "There is no run" in said[0]


def test_the_time_of_a_failed_run_is_that_of_its_last_step(backend):
    run = backend.store.create(CNN)
    backend.store.append(run.id, *started(run), e.RunFailed(1.0, 3, "The worker was killed."))
    waited = backend.store.create(MLP)
    backend.store.append(waited.id, e.RunStopped(1.0, 0, "Stopped before it began."))
    table = healthy(open_page("results")).dataframe[0].value.set_index("Network")
    assert table.loc["CNN 16", "Training, s"] == 0  # 0.3
    assert table.loc["CNN 16", "Images/s"] > 0
    assert np.isnan(table.loc["MLP 128", "Training, s"])


def test_names_are_no_markdown(backend):
    assert looks.plain("1. _cats_ [x](y)") == "1\\. \\_cats\\_ \\[x\\](y)"
    assert looks.plain("- a-b") == "\\- a-b"
    assert looks.plain("T-shirt/top, 12 %") == "T-shirt/top, 12 %"
