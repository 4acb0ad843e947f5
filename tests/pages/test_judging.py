"""Results, judged deeper: parts of one run, two runs picture by picture, Beat the model."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import streamlit as st

from fmnist_core import contest, temperature
from fmnist_core.datasets import CLASS_NAMES, load
from fmnist_core.label_errors import suspicion
from fmnist_core.paired import p_text
from fmnist_core.presets import preset
from fmnist_core.runs import ASSETS
from pages.shared import looks
from pages.views import results_labels
from tests.pages.judged_runs import (
    BAGS_CALLED_SHIRT,
    BOOT_CALLED_BAG,
    button,
    component,
    figure,
    finished,
    headings,
    html,
    leave,
    probabilities,
)
from tests.pages.lab_pages import address, healthy, lab, network_chip, open_page, started

CNN = preset("cnn-16").experiment
MLP = preset("mlp-128").experiment


@pytest.fixture
def backend(tmp_path: Path):
    with lab(tmp_path) as backend:
        yield backend


def part(run, name, **address):
    app = open_page("results", view="one-run", run=run.id, **address)
    app.segmented_control(key="lab.one.part").set_value(name).run()
    return healthy(app)


def real_predictions(run):
    """What a recorded network says, in the place of the made-up predictions."""
    given = np.load(ASSETS / "runs" / "recorded-cnn" / "test_probabilities.npy")
    leave(run, given)
    return given


def test_the_most_confused_pairs_open_their_pictures(backend):
    run = finished(backend, CNN)
    app = healthy(open_page("results", view="one-run", run=run.id))
    pairs = [each.label for each in app.button if "→" in each.label]
    assert pairs == ["Bag → Shirt: 7", "Ankle boot → Bag: 1"]
    button(app, "Bag → Shirt: 7").click().run()
    assert f"Bag taken for Shirt (n = {BAGS_CALLED_SHIRT})" in headings(healthy(app))


def test_the_hardest_pictures_are_those_of_the_highest_loss(backend):
    app = part(finished(backend, CNN), "Hardest pictures")
    labels = component(app, "lab_gallery", "lab.hardest.pictures")["labels"]
    assert len(labels) == 24
    boot = f"Test picture {BOOT_CALLED_BAG}: Ankle boot, taken for Bag, 95.5 %, loss 5.3"
    assert labels[0] == boot
    assert all(", taken for Shirt, 80.0 %, loss 3.9" in label for label in labels[1:8])
    assert ", right, 91.0 %, loss 0.1" in labels[8]
    assert "Hardest pictures (test, 240 of n = 10,000)" in headings(app)


def test_a_hard_picture_is_looked_at_inside(backend):
    run = finished(backend, CNN)
    app = part(run, "Hardest pictures", picture="test:0")
    button(app, "Look inside").click().run()
    assert (app.title[0].value, address(app)["model"]) == ("Inside", run.id)


def test_probable_label_errors_have_their_reason(backend):
    run = finished(backend, CNN)
    given = real_predictions(run)
    data = load()
    found = suspicion(data.test_labels, given, data.test_images)
    app = part(run, "Label errors")
    assert f"Probable label errors (test, {len(found.suspects)} of n = 10,000)" in headings(app)
    text = html(app)
    assert f"contradicts the label of {found.doubted} pictures" in text
    for suspect in found.suspects[: results_labels.ON_A_SHEET]:
        assert suspect.reason(data.class_names) in text
    first = found.suspects[0].index
    app.button(key=f"lab.labels.look.{first}").click().run()
    assert (app.title[0].value, address(app)["picture"]) == ("Inside", f"test:{first}")
    assert address(app)["model"] == run.id


def test_no_label_error_is_invented(backend):
    app = part(finished(backend, CNN), "Label errors")
    assert "Probable label errors (test, 0 of n = 10,000)" in headings(app)
    assert "contradicts the label of 1 picture:" in html(app)


def test_calibration_is_that_of_the_run(backend):
    app = part(finished(backend, CNN), "How sure")
    given = probabilities().max(axis=1)
    error = (abs(0.91 * 9_992 + 0.955 - 9_992) + BAGS_CALLED_SHIRT * 0.8) / 10_000
    text = html(app)
    assert f"it is {100 * given.mean():.1f} % sure and right on 99.9 %: too timid by 8.9" in text
    assert f"Expected calibration error: {100 * error:.1f} % (10 bins of equal width" in text
    assert figure(app)["layout"]["title"]["text"] == "Calibration (test, 10 bins, n = 10,000)"


def test_calibrated_or_as_the_softmax_says(backend):
    run = finished(backend, CNN)
    known = temperature.calibrate(
        (load().test_labels[:100], probabilities()[:100]), (load().test_labels, probabilities())
    )
    known = replace(known, temperature=3.0)
    (run.directory / temperature.FILE).write_text(known.to_json())
    app = part(run, "How sure")
    cooler = temperature.apply(probabilities(), 3.0).max(axis=1).mean()
    assert f"On average it is {100 * cooler:.1f} % sure" in html(app)
    assert "Temperature 3.00, fitted on 100 held-out pictures." in html(app)
    app.segmented_control(key="lab.sure.calibrated").set_value("As the softmax says").run()
    given = probabilities().max(axis=1).mean()
    assert f"On average it is {100 * given:.1f} % sure" in html(healthy(app))


def test_a_threshold_decides_what_is_answered(backend):
    run = finished(backend, CNN)
    given = real_predictions(run)
    app = part(run, "How sure")
    right = given.argmax(axis=1) == load().test_labels
    for threshold in (0.5, 0.99):
        app.select_slider(key="lab.sure.threshold").set_value(threshold).run()
        kept = given.max(axis=1) >= threshold
        text = html(healthy(app)).replace("\N{NO-BREAK SPACE}", " ")
        said = f"Answers {100 * kept.mean():.1f} % of the pictures, right on "
        assert f"{said}{100 * right[kept].mean():.1f} % of them (" in text
        assert f"n = {kept.sum():,})." in text
        assert f"{(~right & kept).sum():,} mistakes remain" in text


def test_a_network_that_answers_nothing_says_so(backend):
    app = part(finished(backend, CNN), "How sure")
    app.select_slider(key="lab.sure.threshold").set_value(0.999).run()
    assert "It answers none of the 10,000 pictures." in html(healthy(app))


@pytest.mark.parametrize("name", ["Hardest pictures", "Label errors", "How sure"])
def test_a_run_in_training_is_not_judged_yet(backend, name):
    run = backend.store.create(CNN)
    backend.store.append(run.id, *started(run))
    assert "opened once, at the end" in part(run, name).info[0].value


def test_a_hidden_part_computes_nothing(backend, monkeypatch):
    run = finished(backend, CNN)

    def refuse(*_):
        raise AssertionError("computed while hidden")

    monkeypatch.setattr(results_labels, "suspicion", refuse)
    for name in ("Hardest pictures", "How sure", "Overview"):
        part(run, name)
    app = open_page("results", view="one-run", run=run.id)
    app.segmented_control(key="lab.one.part").set_value("Label errors").run()
    assert app.exception


def two_runs(backend):
    """A errs on seven bags and a boot; B has the boot right and errs on three shirts more."""
    first, second = finished(backend, CNN), finished(backend, MLP)
    given = probabilities()
    given[BOOT_CALLED_BAG] = 0.01
    given[BOOT_CALLED_BAG, 9] = 0.91
    shirts = np.flatnonzero(load().test_labels == 6)[:3]
    given[shirts] = 0.03
    given[shirts, 0] = 0.73
    leave(second, given)
    return first, second, shirts


def compared(first, second):
    app = healthy(open_page("results", view="compare"))
    app.selectbox(key="lab.paired.a").set_value(first.id).run()
    app.selectbox(key="lab.paired.b").set_value(second.id).run()
    return healthy(app)


def pictures(app):
    return component(app, "lab_gallery", "lab.paired.pictures")


def test_two_runs_are_compared_picture_by_picture(backend):
    first, second, shirts = two_runs(backend)
    app = compared(first, second)
    assert (
        "B mends 1 of A's 8 mistakes and makes 3 new ones: not distinguishable "
        f"({p_text(2 * 5 / 16)}, n = 10,000)."
    ) in html(app)
    assert pictures(app)["labels"] == [
        "Test picture 0: Ankle boot. A says → Bag 95 %, B says ✓ 91 %"
    ]
    assert pictures(app)["wrong"] == [False]
    app.segmented_control(key="lab.paired.group").set_value("broken").run()
    shown = pictures(healthy(app))
    assert [label.split(":")[0] for label in shown["labels"]] == [
        f"Test picture {index}" for index in shirts
    ]
    assert shown["wrong"] == [True] * 3
    app.segmented_control(key="lab.paired.group").set_value("both_wrong").run()
    assert len(pictures(healthy(app))["labels"]) == BAGS_CALLED_SHIRT


@pytest.mark.parametrize("which", ["A", "B"])
def test_a_mended_picture_is_looked_at_inside_either_network(backend, which):
    first, second, _ = two_runs(backend)
    app = compared(first, second)
    button(app, f"Look inside {which}").click().run()
    assert app.title[0].value == "Inside"
    assert address(app)["model"] == {"A": first, "B": second}[which].id


def test_equal_runs_have_nothing_to_show(backend):
    finished(backend, CNN), finished(backend, MLP)
    app = healthy(open_page("results", view="compare"))
    assert "B mends 0 of A's 8 mistakes and makes 0 new ones: not dist" in html(app)
    assert "No test picture is among these." in html(app)


def test_a_run_is_never_compared_with_itself(backend):
    first, second, _ = two_runs(backend)
    app = compared(first, second)
    app.selectbox(key="lab.paired.a").set_value(second.id).run()
    assert healthy(app).selectbox(key="lab.paired.b").value == first.id


def test_a_run_that_is_not_judged_cannot_be_compared_yet(backend):
    finished(backend, CNN)
    running = backend.store.create(MLP)
    backend.store.append(running.id, *started(running))
    app = healthy(open_page("results", view="compare"))
    assert "Two runs that have ended are compared" in html(app)


# Beat the model -----------------------------------------------------------------------------


def contest_with(run, **address):
    return healthy(open_page("results", view="beat-the-model", model=run.id, **address))


def label(app, answer):
    app.button(key=f"lab.beat.{answer}").click().run()
    return healthy(app)


def test_nothing_is_revealed_before_all_are_labelled(backend):
    run = finished(backend, CNN)
    given = real_predictions(run)
    game = contest.draw(given, 0, without=[0])
    app = contest_with(run)
    for position in range(contest.PICTURES):
        assert f"Picture {position + 1} of 20: what is it?" in headings(app)
        assert not [each for each in app.get("bidi_component") if "gallery" in each.proto.id]
        assert not app.get("plotly_chart")
        # Of the pinned picture, which is not asked for, the chip says what it is.
        text = html(app).replace("Test picture 0, Ankle boot", "")
        assert "You" not in text
        named = [name for name in load().class_names if name in text]
        assert named == []
        label(app, load().test_labels[game.pictures[position]])
    assert any(heading.startswith("You: 20 of 20.") for heading in headings(app))


def test_the_scores_are_the_visitor_s_the_network_s_and_the_crowd_s(backend):
    run = finished(backend, CNN)
    given = real_predictions(run)
    game, labels = contest.draw(given, 0, without=[0]), load().test_labels
    app = contest_with(run)
    for _ in game.pictures:
        label(app, 6)
    chosen = list(game.pictures)
    mine, its = labels[chosen] == 6, given[chosen].argmax(axis=1) == labels[chosen]
    assert f"You: {mine.sum()} of 20. CNN 16: {its.sum()} of 20." in headings(app)
    alone = f"You alone were right on {(mine & ~its).sum()}, the network alone on "
    assert f"{alone}{(~mine & its).sum()}:" in html(app)
    table = app.table[0].value.set_index("Who, on what")
    assert table.loc["You, these 20", "Accuracy"] == f"{100 * mine.mean():.1f} %"
    assert table.loc["CNN 16, these 20", "n"] == "20"
    assert table.loc["CNN 16, all", "Accuracy"] == "89.8 %"
    assert table.loc["CNN 16, its 500 least sure", "n"] == "500"
    assert list(table.loc["Crowd, 1,000 at random"]) == ["83.5 %", "81.1 to 85.7", "1,000"]
    shown = component(app, "lab_gallery", "lab.beat.pictures")
    assert [name.split(":")[0] for name in shown["labels"]] == [f"Test picture {i}" for i in chosen]
    assert shown["wrong"] == [not each for each in mine]
    first = load().class_names[labels[chosen[0]]]
    assert shown["labels"][0].startswith(f"Test picture {chosen[0]}: {first}. You: ")

    app.button(key="lab.beat.again").click().run()
    assert "Picture 1 of 20: what is it?" in headings(healthy(app))
    assert "(seed 1)" in html(app)


def test_a_picture_comes_up_when_its_buttons_are_ready(backend, monkeypatch):
    """Who presses a digit at the sight of it must not label the one before."""
    happened = []
    for module, name in ((st, "button"), (looks, "section")):
        monkeypatch.setattr(module, name, noting(happened, getattr(module, name)))
    contest_with(finished(backend, CNN))
    question = happened.index("Picture 1 of 20: what is it?")
    assert set(CLASS_NAMES) <= set(happened[:question])


def noting(happened, act):
    def noted(text, *rest, **options):
        happened.append(text)
        return act(text, *rest, **options)

    return noted


def test_a_label_can_be_taken_back(backend):
    app = contest_with(finished(backend, CNN))
    assert app.button(key="lab.beat.back").disabled
    label(app, 3)
    app.button(key="lab.beat.back").click().run()
    assert "Picture 1 of 20: what is it?" in headings(healthy(app))


def test_each_network_has_its_own_round(backend):
    first, second = finished(backend, CNN), finished(backend, MLP)
    app = label(contest_with(first), 3)
    network_chip(app).set_value(second.id).run()
    assert "Picture 1 of 20: what is it?" in headings(healthy(app))
    network_chip(app).set_value(first.id).run()
    assert "Picture 2 of 20: what is it?" in headings(healthy(app))


def test_a_network_that_was_not_judged_is_no_opponent(backend):
    run = finished(backend, CNN)
    (run.directory / "test_probabilities.npy").unlink()
    assert "has not been judged on the test pictures" in contest_with(run).info[0].value


def test_the_bundled_network_is_an_opponent_before_anyone_has_trained(backend):
    app = healthy(open_page("results", view="beat-the-model"))
    assert "Picture 1 of 20: what is it?" in headings(app)
