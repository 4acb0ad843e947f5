"""The Train page: settings, layers, and runs that are followed wherever they are."""

from functools import partial
from pathlib import Path
from threading import Timer

import pytest

from fmnist_core import events as e
from fmnist_core import pairs
from fmnist_core.architecture import Dropout
from fmnist_core.experiment import Augmentation
from fmnist_core.presets import preset
from fmnist_core.runs import RECORDED
from fmnist_core.settings import from_link, to_link
from pages.shared import controls, running
from pages.shared.once import once
from pages.views import train_live
from tests.pages.lab_pages import address, healthy, lab, open_page, started


def button(app, label):
    return next(each for each in app.button if each.label == label)


def html(app) -> str:
    return " ".join(each.proto.body for each in app.get("html"))


def unfolded(app, key):
    """Open what is folded away."""
    app.session_state[key] = True
    return app.run()


@pytest.fixture
def backend(tmp_path: Path):
    with lab(tmp_path) as backend:
        yield backend


@pytest.mark.parametrize(
    ("chosen", "shown"),
    [("cnn-16", "Recorded: A CNN"), ("cnn-32-64-64", "Recorded: A CNN"), ("mlp-128", "An MLP,")],
)
def test_before_the_first_run_a_recorded_one_is_shown(tmp_path, monkeypatch, chosen, shown):
    with lab(tmp_path) as backend:
        monkeypatch.setattr(backend.store, "recorded", RECORDED)
        assert shown in html(healthy(open_page("train", experiment=chosen)))


def test_pressing_train_queues_exactly_what_the_settings_say(backend):
    app = open_page("train")
    app.number_input(key="set.training.epochs").set_value(3).run()
    app.selectbox(key="set.training.optimizer").set_value("sgd").run()
    button(app, "Train").click().run()
    healthy(app)
    (run,) = backend.store.list()
    expected = preset("cnn-16").experiment
    assert run.experiment == expected.changed(
        training=expected.training.changed(epochs=3, optimizer="sgd")
    )
    assert "Next in the queue" in html(app)
    assert address(app)["run"] == run.id


def test_the_settings_fold_to_one_line_while_it_trains(backend):
    app = open_page("train")
    button(app, "Train").click().run()
    assert any("CNN 16, Adam 0.01, batch 128, 10 epochs" in each.value for each in app.markdown)
    assert not [each for each in app.number_input if each.label == "Epochs"]
    button(app, "Edit").click().run()
    assert app.number_input(key="set.training.epochs").value == 10


def test_a_fresh_browser_finds_the_run_that_is_training(backend):
    run = backend.store.create(preset("mlp-128").experiment, owner="someone else")
    backend.store.append(run.id, *started(run))
    app = healthy(open_page("train"))
    assert "batch 3, n = 128" in html(app)
    assert any("MLP 128" in each.value for each in app.markdown)
    assert "Step 3 of 422" in html(app)


def test_controls_reach_the_run(backend):
    run = backend.store.create(preset("mlp-128").experiment)
    backend.store.append(run.id, *started(run))
    app = open_page("train")
    app.button(key="lab.live.pause").click().run()
    backend.store.append(run.id, e.Paused(0.0, 3))
    app.run()
    app.button(key="lab.live.step").click().run()
    app.number_input(key="lab.rate").set_value(0.5).run()
    app.button(key="lab.rate.apply").click().run()
    app.button(key="lab.bar.stop").click().run()
    healthy(app)
    assert [(name, value) for _, name, value in backend.commands] == [
        ("pause", None),
        ("step", None),
        ("set_learning_rate", 0.5),
        ("stop", None),
    ]


def test_the_rate_that_a_schedule_has_come_to_is_shown(backend):
    base = preset("mlp-128").experiment
    rate = base.training.learning_rate
    run = backend.store.create(base.changed(training=base.training.changed(schedule="cosine")))
    backend.store.append(run.id, *started(run, steps=422))  # of 844
    app = healthy(open_page("train"))
    assert f"Learning rate {rate / 2:.3g}<" in html(app)
    assert app.number_input(key="lab.rate").value == rate
    assert not app.button(key="lab.rate.apply").disabled
    app.number_input(key="lab.rate").set_value(rate / 2).run()
    assert app.button(key="lab.rate.apply").disabled
    backend.store.append(run.id, e.LearningRateChanged(0.0, 422, rate * 2, "visitor"))
    assert f"Learning rate {rate * 2:.3g}<" in html(healthy(app.run()))
    assert app.number_input(key="lab.rate").value == rate / 2  # what is being typed stays
    assert healthy(open_page("train")).number_input(key="lab.rate").value == rate * 2


def test_what_a_link_sets_beyond_the_controls_is_shown_and_stays(backend):
    base = preset("mlp-128").experiment
    layers = (*base.architecture.layers, Dropout(rate=0.97))
    asked = base.changed(
        architecture=base.architecture.changed(layers=layers),
        training=base.training.changed(learning_rate=1e-9),
    )
    app = unfolded(open_page("train", experiment=to_link(asked)), "lab.layers")
    assert app.number_input(key="set.training.learning_rate").value == 1e-9
    assert app.number_input(key="lab.layer.2.Dropout.rate").value == 0.97
    assert healthy(app).session_state["lab.experiment"] == asked


def test_a_queued_run_that_is_deleted_while_others_watch_it_leaves_a_page(backend, monkeypatch):
    run = backend.store.create(preset("mlp-128").experiment)
    app = healthy(open_page("train", run=run.id))
    assert "Next in the queue." in html(app)
    live = train_live._live

    def deleted_first(*args):
        if run in backend.store.list():
            backend.store.delete(run.id)
        live(*args)

    monkeypatch.setattr(train_live, "_live", deleted_first)
    assert button(healthy(app.run()), "Train")


def test_a_runs_name_is_text_in_the_run_bar_of_all_who_visit(backend):
    title = "<style>.stApp{display:none}</style>"
    backend.store.create(preset("mlp-128").experiment.changed(title=title))
    text = html(healthy(open_page("data")))
    assert "&lt;style&gt;.stApp" in text
    assert title not in text


def test_a_deleted_run_is_in_no_run_bar_though_nobody_has_looked_again(backend, monkeypatch):
    monkeypatch.setattr(running, "FRESH_SECONDS", 1e9)
    run = backend.store.create(preset("mlp-128").experiment)
    running.forget()
    assert "MLP 128</b>" in html(healthy(open_page("data")))
    backend.store.delete(run.id)
    assert "MLP 128</b>" not in html(healthy(open_page("data")))


def test_quick_clicks_on_step_are_steps_and_an_echo_is_none(backend, monkeypatch):
    monkeypatch.setattr(controls, "once", partial(once, seconds=60))  # a slow machine's 0.3 s
    run = backend.store.create(preset("mlp-128").experiment)
    backend.store.append(run.id, *started(run), e.Paused(0.0, 3))
    app = open_page("train")
    app.button(key="lab.live.step").click().run()
    backend.store.append(run.id, e.BatchEnded(0.0, 4, 1, 0.5, 0.5, 0.4))
    app.run()
    app.button(key="lab.live.step").click().run()  # at once, but after another step
    app.button(key="lab.live.step").click().run()  # no step has been made since
    healthy(app)
    assert [name for _, name, _ in backend.commands] == ["step", "step"]


def test_a_click_shows_what_it_did_without_waiting_for_the_next_update(backend, monkeypatch):
    run = backend.store.create(preset("mlp-128").experiment)
    backend.store.append(run.id, *started(run))
    app = open_page("train")
    obey = Timer(0.3, backend.store.append, (run.id, e.Paused(0.0, 3)))
    monkeypatch.setattr(controls, "OBEYED_SECONDS", 30.0)
    obey.start()
    app.button(key="lab.live.pause").click().run()
    obey.join()
    assert app.button(key="lab.live.resume").label == "Resume"


def test_a_failed_run_says_why(backend):
    run = backend.store.create(preset("mlp-128").experiment)
    reason = "Its process ended without a word, most likely for lack of memory."
    backend.store.append(run.id, *started(run), e.RunFailed(0.0, 3, reason))
    app = healthy(open_page("train", run=run.id))
    assert any(reason in each.value for each in app.error)


def test_a_paused_run_says_so_beside_its_speed(backend):
    run = backend.store.create(preset("mlp-128").experiment)
    backend.store.append(run.id, *started(run), e.Paused(0.0, 3))
    page = html(healthy(open_page("train", run=run.id)))
    assert "<dd class=note>paused</dd>" in page
    assert "time unknown" not in page


def test_final_accuracies_come_with_their_n(backend):
    run = backend.store.create(preset("mlp-128").experiment)
    ending = e.RunFinished(0.0, 3, "All 2 epochs done.", 1.0, 9_000.0, 0.5)
    backend.store.append(
        run.id, *started(run), e.Evaluated(0.0, "test", 0.3, 0.891, 10_000), ending
    )
    app = healthy(open_page("train", run=run.id))
    assert "test 89.1 % (n = 10,000)" in html(app)


def test_what_is_folded_away_is_not_drawn(backend):
    app = open_page("train")
    keys = {each.key for each in app.number_input}
    assert keys == {
        f"set.training.{name}" for name in ("epochs", "batch_size", "learning_rate")
    } | {"lab.chip.picture.test:0"}
    assert "set.seed" in {each.key for each in unfolded(app, "lab.all-settings").number_input}
    assert "lab.layer.0.Conv2D.filters" in {
        each.key for each in unfolded(app, "lab.layers").number_input
    }
    # A control in a closed popover would go on sending what it was last used for.
    hidden = "lab.layer.0.Conv2D.l2"
    assert hidden not in {each.key for each in app.number_input}
    app.session_state["lab.layers"] = True
    assert hidden in {each.key for each in unfolded(app, "lab.layer.0.more").number_input}


def test_a_stack_that_does_not_fit_cannot_be_trained(backend):
    app = unfolded(open_page("train"), "lab.layers")
    app.button(key="lab.layer.0.move1").click().run()
    assert not button(app, "Train").disabled  # pooling first is unusual, not wrong
    for index in (1, 2):
        app.button(key=f"lab.layer.{index}.move1").click().run()
    sentence = "Conv2D cannot follow Dense: it needs height and width. Move it above Flatten."
    assert button(app, "Train").disabled
    assert [each.value for each in app.error] == [sentence, sentence]  # at Train, at the layer
    assert [each.value for each in open_page("train", **address(app)).error] == [sentence]  # folded
    app.button(key="lab.layer.3.remove").click().run()
    assert not button(app, "Train").disabled
    assert not app.error


def test_editing_a_layer_counts_again(backend):
    app = unfolded(open_page("train"), "lab.layers")
    assert "201,578 parameters" in html(app)
    app.number_input(key="lab.layer.0.Conv2D.filters").set_value(8).run()
    assert "101,146 parameters" in html(app)
    assert "28x28x8" in html(app)
    edited = from_link(address(app)["experiment"])
    assert edited.architecture.layers[0].filters == 8
    assert edited.title == "CNN 16, edited"


def test_layers_can_be_added(backend):
    app = unfolded(open_page("train"), "lab.layers")
    app.selectbox(key="lab.layer.kind").set_value("Dropout").run()
    app.button(key="lab.layer.add").click().run()
    healthy(app)
    assert [layer.kind for layer in from_link(address(app)["experiment"]).architecture.layers] == [
        "Conv2D",
        "MaxPooling2D",
        "Flatten",
        "Dense",
        "Dropout",
    ]


def test_a_residual_block_that_adds_to_too_many_maps_is_explained(backend):
    app = unfolded(open_page("train", experiment="resnet-8"), "lab.layers")
    assert "75,482 parameters (480 of them not trained)" in html(app)
    app.number_input(key="lab.layer.2.ResidualBlock.filters").set_value(8).run()
    assert "16 maps come in. Give it 16 filters or more." in app.error[-1].value
    assert button(app, "Train").disabled
    app.number_input(key="lab.layer.2.ResidualBlock.filters").set_value(16).run()
    app.number_input(key="lab.layer.2.ResidualBlock.strides").set_value(4).run()
    assert not healthy(app).error
    assert "7x7x16" in html(app)


def test_a_refused_setting_is_explained_and_changes_nothing(backend):
    app = unfolded(open_page("train"), "lab.all-settings")
    app.number_input(key="set.training.label_smoothing").set_value(0.1).run()
    assert any("needs loss 'one-hot'" in each.value for each in app.error)
    assert from_link(address(app)["experiment"]).training.label_smoothing == 0
    app.selectbox(key="set.training.loss").set_value("one-hot").run()
    app.number_input(key="set.training.label_smoothing").set_value(0.1).run()
    assert not app.error
    assert from_link(address(app)["experiment"]).training.label_smoothing == 0.1


def test_duplicating_keeps_the_ancestor_as_parent_and_ghost(backend):
    run = backend.store.create(preset("mlp-128").experiment)
    ending = e.RunFinished(0.0, 3, "All 2 epochs done.", 1.0, 9_000.0, 0.5)
    backend.store.append(run.id, *started(run), ending)
    app = open_page("train", run=run.id)
    button(app, "Duplicate, change one thing").click().run()
    assert "batch 3, n = 128" in html(app)  # the ancestor, while its copy is being changed
    app.number_input(key="set.training.batch_size").set_value(64).run()
    button(app, "Train").click().run()
    healthy(app)
    assert app.multiselect(key="lab.compare").value == [run.id]
    child = next(each for each in backend.store.list() if each.id != run.id)
    assert child.parent == run.id
    assert child.experiment.training.batch_size == 64


def test_time_is_stated_only_where_it_was_measured(backend):
    app = open_page("train")
    assert "Time unknown" in html(app)
    run = backend.store.create(preset("cnn-16").experiment)
    ending = e.RunFinished(0.0, 4_220, "All 10 epochs done.", 100.0, 5_400.0, 0.5)
    backend.store.append(run.id, *started(run), ending)
    assert "About 1 min 40 s, as measured here." in html(open_page("train"))


def test_augmentation_is_shown_on_the_pinned_picture_and_warned_of(backend):
    app = unfolded(open_page("train"), "lab.all-settings")
    assert "times as training would see it" not in html(app)
    app.toggle(key="set.data.augmentation.flip").set_value(True).run()
    assert "Test picture 0, Ankle boot, 24 times as training would see it." in html(healthy(app))
    assert not app.warning
    app.toggle(key="set.data.augmentation.upside_down").set_value(True).run()
    assert "sole up" in app.warning[0].value


def test_the_examples_come_by_themselves_once_the_engine_is_ready(tmp_path: Path):
    with lab(tmp_path, ready=False) as backend:
        app = open_page("train", experiment="cnn-16;data.augmentation.flip=true")
        app = healthy(unfolded(app, "lab.all-settings"))
        assert "The answer comes by itself in about 7 s." in app.info[0].value
        backend.ready = True
        assert "24 times as training would see it." in html(healthy(app.run()))
        assert not app.info


def test_with_and_without_augmentation_is_one_click(backend):
    link = "cnn-16;data.augmentation.flip=true"
    app = healthy(open_page("train", experiment=link))
    button(app, "Train with and without").click().run()
    plain, varied = sorted(backend.store.list(), key=lambda run: run.title, reverse=True)
    assert varied.experiment.data.augmentation.flip
    assert plain.experiment == preset("cnn-16").experiment.changed(title="CNN 16, plain pictures")
    assert plain.parent == varied.id
    assert address(app)["run"] == varied.id
    assert app.session_state["lab.compare"] == [plain.id]


def test_the_missing_half_of_a_pair_is_one_click(backend):
    """Of which the second died with its server, or was never asked for."""
    varied = preset("cnn-16").experiment
    varied = varied.changed(data=varied.data.changed(augmentation=Augmentation(flip=True)))
    run = backend.store.create(varied)
    ending = e.RunFinished(0.0, 3, "All 2 epochs done.", 1.0, 9_000.0, 0.5)
    backend.store.append(run.id, *started(run), ending)
    died = backend.store.create(pairs.on_plain_pictures(varied), parent=run.id)
    backend.store.append(died.id, e.RunFailed(0.0, 0, "The server was stopped."))
    app = healthy(open_page("train", run=run.id))
    button(app, "On plain pictures, too").click().run()
    healthy(app)
    again = backend.store.list()[0]
    assert again.id not in (run.id, died.id)
    assert (again.experiment, again.parent) == (died.experiment, run.id)
    assert address(app)["run"] == run.id
    assert app.session_state["lab.compare"] == [again.id]
    assert "On plain pictures, too" not in [each.label for each in app.button]


def test_a_run_on_plain_pictures_misses_no_half(backend):
    run = backend.store.create(preset("cnn-16").experiment)
    ending = e.RunFinished(0.0, 3, "All 2 epochs done.", 1.0, 9_000.0, 0.5)
    backend.store.append(run.id, *started(run), ending)
    app = healthy(open_page("train", run=run.id))
    assert not [each for each in app.button if each.label.endswith(", too")]
