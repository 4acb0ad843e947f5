"""Results, Beat the model, after the last picture: the scores, and the three answers to each."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import streamlit as st

from fmnist_core import figures
from fmnist_core.contest import CROWD, Round, Score, least_sure, score
from fmnist_core.datasets import FASHION_MNIST
from fmnist_core.figures import Measured
from fmnist_core.models import ModelFiles
from fmnist_core.paired import Paired, p_text, paired
from fmnist_core.wording import how_sure, percent
from pages.shared import looks, session
from pages.shared.gallery import gallery
from pages.shared.plots import plot
from pages.views.results_sheets import sheets


def show(files: ModelFiles, probabilities: np.ndarray, game: Round) -> None:
    data = session.models_dataset()
    chosen, answers = np.array(game.pictures), np.array(game.answers)
    labels, given = data.test_labels[chosen], probabilities[chosen]
    yours, its = score(labels, answers), score(labels, given.argmax(axis=1))
    looks.section(f"You: {yours.right} of {yours.n}. {files.title}: {its.right} of {its.n}.")
    compared = paired(labels, given, np.eye(len(data.class_names))[answers])
    st.html(f'<p class="lab-number">{_verdict(compared)}</p>')
    pool = least_sure(probabilities)
    said = probabilities.argmax(axis=1)
    scores = {
        f"You, these {yours.n}": yours,
        f"{files.title}, these {its.n}": its,
        f"{files.title}, its {len(pool)} least sure": score(data.test_labels[pool], said[pool]),
        f"{files.title}, all": score(data.test_labels, said),
    }
    crowd = data.name == FASHION_MNIST
    if crowd:
        scores["Crowd, 1,000 at random"] = CROWD
    left, right = st.columns(2, gap="large")
    with left:
        _chart(scores)
    with right:
        _table(scores)
        if crowd:
            _about_the_crowd()
    _pictures(files, probabilities, game)


def _verdict(compared: Paired) -> str:
    you, network = len(compared.mended), len(compared.broken)
    result = "not distinguishable"
    if compared.distinguishable:
        result = "you are better" if you > network else "the network is better"
    return (
        f"You alone were right on {you}, the network alone on {network}: {result} "
        f"(McNemar, {p_text(compared.p)}, n = {compared.n})."
    )


def _chart(scores: dict[str, Score]) -> None:
    measured = [
        Measured(name, each.accuracy, each.interval.low, each.interval.high, each.n)
        for name, each in scores.items()
    ]
    title = "Accuracy with 95 % interval (test)"
    alt = "; ".join(f"{each.name}: {percent(each.accuracy)}" for each in measured)
    plot(figures.accuracies(measured, looks.palette(), title), "lab.beat.scores", alt)


def _table(scores: dict[str, Score]) -> None:
    st.table(
        {
            "Who, on what": list(scores),
            "Accuracy": [percent(each.accuracy) for each in scores.values()],
            "95 % interval": [
                f"{100 * each.interval.low:.1f} to {100 * each.interval.high:.1f}"
                for each in scores.values()
            ],
            "n": [f"{each.n:,}" for each in scores.values()],
        },
        hide_index=True,
        border="horizontal",
        alt="Accuracy, interval and n of you, the network and the crowd",
    )


def _about_the_crowd() -> None:
    looks.caption(
        f"The crowd: {percent(CROWD.accuracy)}, published with Fashion-MNIST. People without "
        f"expertise in fashion labelled {CROWD.n:,} test pictures drawn at random, three people "
        "each; what most of them said counts. Your pictures are no such sample: they were chosen "
        "because they are hard, so fewer right answers are to be expected. The interval was "
        "computed here."
    )


def _pictures(files: ModelFiles, probabilities: np.ndarray, game: Round) -> None:
    """In the order in which they were labelled."""
    data = session.models_dataset()
    mine = dict(zip(game.pictures, game.answers, strict=True))
    looks.section("The label, your answer, its answer")
    looks.caption("Thick frame: you and the label differ. Labels may be wrong, too.")

    def draw(shown: np.ndarray, on_choose: Callable[[int], None], selected: int | None) -> None:
        captions, names = [], []
        for index in shown.tolist():
            label, its = int(data.test_labels[index]), int(probabilities[index].argmax())
            actual, sure = data.class_names[label], how_sure(probabilities[index, its])
            you = f"You: {_said(mine[index], label)}"
            network = f"It: {_said(its, label)} {sure}"
            captions.append(f"{actual}\n{you}\n{network}")
            names.append(f"Test picture {index}: {actual}. {you}. {network}")
        gallery(
            data.test_images[shown],
            names,
            key="lab.beat.pictures",
            title="The pictures of this round with three answers",
            captions=captions,
            wrong=[mine[index] != data.test_labels[index] for index in shown.tolist()],
            tile=124,
            on_choose=on_choose,
            selected=selected,
        )

    networks = {"Look inside": files.ref}
    sheets(np.array(game.pictures), draw, key="lab.beat.sheet", networks=networks)


def _said(answer: int, label: int) -> str:
    return f"{'✓' if answer == label else '→'} {session.models_dataset().class_names[answer]}"
