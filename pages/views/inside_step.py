"""Inside, One step: a single update under the microscope."""

from __future__ import annotations

from html import escape

import streamlit as st

from fmnist_core import insight, replay
from fmnist_core.experiment import Training
from fmnist_core.insight import Step
from fmnist_core.schedules import rate_at
from fmnist_core.updates import number, written
from fmnist_core.wording import OPTIMIZERS
from pages.shared import looks, services, session, surveyed
from pages.shared.gallery import gallery
from pages.shared.tables import table
from pages.views import inside_sizes
from pages.views import inside_step_controls as controls

SHOWN = 32
"""Pictures of the batch."""
LETTERS = {
    "sgd-nesterov": "; μ the momentum",
    "rmsprop": "; ρ how long the mean remembers; ε keeps the root from zero",
    "adam": "; β₁, β₂ how long the means remember; ε keeps the root from zero",
    "adamw": "; λ the weight decay; β₁, β₂ how long the means remember; ε keeps the root from zero",
}


def show() -> None:
    ended, training = _training()
    controls.begin(training)
    left, right = st.columns([5, 8], gap="large")
    with right:
        row = st.container(horizontal=True, vertical_alignment="bottom")
        with row:
            changed = controls.update(training)
        step = insight.one_step(
            services.backend(),
            session.model(),
            optimizer=changed.optimizer,
            learning_rate=changed.learning_rate,
            **controls.asked(),
        )
        with row:
            controls.weight(step)
        _numbers(step)
        _arithmetic(step, changed, own=changed == training)
        if ended and changed == training:
            looks.caption(
                "Its schedule has no rate for this step that would move a weight; the learning "
                "rate is the one that it was set to at the beginning."
            )
    with left:
        _batch(step)
    inside_sizes.show()


def _training() -> tuple[bool, Training]:
    """Whether the network's schedule is over, and its training with the rate of its next step."""
    training = surveyed.experiment().training
    ref, store = session.model(), services.store()
    run, learned = replay.run_of(ref, store), replay.steps_learned(ref, store)
    rate = None
    if run and learned is not None:
        rate = rate_at(training, store.state(run.id), learned)
    if rate is None or not controls.LEAST_RATE <= rate <= controls.LARGEST_RATE:
        return training.schedule != "constant", training
    return False, training.changed(learning_rate=rate)


def _batch(step: Step) -> None:
    names, data = session.models_dataset().class_names, session.models_dataset()
    shown = step.indices[:SHOWN]
    labels = step.labels[:SHOWN]
    wrong = labels != data.train_labels[shown]
    n = f"{len(step.indices):,}"
    of = f"the first {len(shown)} of {n}" if len(shown) < len(step.indices) else f"all {n}"
    looks.section(f"The batch of step {step.step:,} (training, n = {n})")
    gallery(
        step.pictures[: len(shown)],
        [f"Training picture {i}, {names[k]}" for i, k in zip(shown, labels, strict=True)],
        key="lab.step.batch",
        title=f"Batch of step {step.step:,}",
        captions=[names[label] for label in labels],
        wrong=wrong.tolist() if wrong.any() else None,
        tile=60,
        on_choose=lambda place: session.pin(f"train:{shown[place]}"),
    )
    noise = " Those in a frame are wrong on purpose." if wrong.any() else ""
    looks.caption(
        f"What comes next in the run's own order, in epoch {step.epoch}: {of} pictures with the "
        f"labels that it is told.{noise} A click pins one."
    )


def _numbers(step: Step) -> None:
    n = f"n = {len(step.indices):,}"
    numbers = (
        ("Loss of the batch", f"{step.loss:.4f}", n),
        ("The same batch after", f"{step.after:.4f}", f"{n}, all weights moved"),
        ("Gradient", number(step.gradient), "of the loss, by this weight"),
        ("New weight", number(step.new), f"was {number(step.weight)}"),
    )
    cells = "".join(
        f"<div><dt>{name}</dt><dd>{value}</dd><dd class=note>{escape(text)}</dd></div>"
        for name, value, text in numbers
    )
    st.html(f'<dl class="lab-metrics">{cells}</dl>')


def _arithmetic(step: Step, training: Training, own: bool) -> None:
    place = ", ".join(str(i) for i in step.index)
    looks.section(f"{step.variable}[{place}], by {OPTIMIZERS[step.optimizer]}")
    looks.caption(
        f"w is the weight, {number(step.weight)}; g its gradient, {number(step.gradient)}; η the "
        f"learning rate, {number(step.learning_rate)}{LETTERS.get(step.optimizer, '')}."
    )
    lines = written(training, step.weight, step.gradient)
    table(
        ("", "is", "with the numbers", "that is"),
        [(line.name, line.formula, line.numbers, number(line.value)) for line in lines],
        title=f"The update of {step.variable}[{place}] written out",
        numbers=(3,),
        last=True,
    )
    looks.caption(_about(step, own))


def _about(step: Step, own: bool) -> str:
    if step.step == 1 and own:
        start = "This is the run's own first step; its optimizer began at zero, too."
    elif step.optimizer == "sgd":
        start = "Plain SGD remembers nothing: the step is the learning rate times the gradient."
    else:
        start = (
            "As in a first step: a checkpoint keeps the weights, not what the optimizer "
            "remembers, so that begins at zero here."
        )
    if step.weight == step.new:
        return f"{start} So small a step is less than the weight's last digit."
    return start
