"""The settings of an experiment: five controls, and the rest under "All settings"."""

from __future__ import annotations

import streamlit as st

from fmnist_core import limits
from fmnist_core.experiment import EarlyStopping, Target
from fmnist_core.presets import PRESETS
from fmnist_core.wording import OPTIMIZERS, percent
from pages.shared import looks, session
from pages.views import train_augmentation, train_pictures
from pages.views.train_setting import choice, number, optional, put, toggle

SCHEDULES = {
    "constant": "Constant",
    "cosine": "Cosine, down to 0",
    "triangle": "Up for a fifth, then down to 0",
    "step": "In steps",
    "exponential": "Exponential",
}
SCALINGS = {
    "divide-255": "Divide by 255",
    "standardise": "Mean 0, deviation 1",
    "raw": "Raw 0-255",
}
TRAINING_SET = 60_000


def essentials() -> None:
    """The five controls of the first screen; with own folders, a sixth: which pictures."""
    train_pictures.choose()
    if session.experiment().data.folder:
        train_pictures.network()
    else:
        _preset()
    number("training.epochs", "Epochs", "How often it sees every picture.", 1, limits.MAX_EPOCHS)
    number(
        "training.batch_size",
        "Batch size",
        "Pictures per step. Small is noisy and slow; large is smooth and lazy.",
        1,
        limits.MAX_BATCH_SIZE,
    )
    number(
        "training.learning_rate",
        "Learning rate",
        "How far each step moves the weights. Too large overshoots; too small crawls.",
        1e-7,
        100,
        step=0.001,
    )
    choice("training.optimizer", "Optimizer", "The rule that turns slopes into steps.", OPTIMIZERS)


def all_settings() -> None:
    """Everything else, folded away, and drawn only while it is open."""
    with st.expander("All settings", key="lab.all-settings", on_change="rerun") as box:
        if not box.open:
            return
        _data()
        train_augmentation.show()
        _rate()
        _loss()
        _endings()
        number(
            "seed",
            "Seed",
            "Of splits, first weights, order and dropout: the same seed, the same run.",
            0,
            limits.MAX_SEED,
        )
        _name()


def _preset() -> None:
    names = {name: preset.title for name, preset in PRESETS.items()}
    current = session.experiment().preset
    st.session_state["set.preset"] = current if current in names else None

    def chosen() -> None:
        name = st.session_state["set.preset"]
        if name:
            session.set_experiment(PRESETS[name].experiment)

    st.selectbox(
        "Network",
        list(names),
        format_func=names.get,
        key="set.preset",
        placeholder="Own network",
        on_change=chosen,
        help="Choosing one sets all that belongs to it. Change its layers below.",
    )
    preset = PRESETS.get(current)
    if preset:
        published = ""
        if preset.published:
            published = f" Published: {percent(preset.published.accuracy)} on test. "
            published += preset.published.note
        looks.caption(preset.about + published)


def _data() -> None:
    st.markdown("**Pictures**")
    if optional(
        "data.train_size",
        "Fewer training pictures",
        "Learn from a part only: watch how little data overfits.",
        5_000,
    ):
        number("data.train_size", "Training pictures", "Evenly over the classes.", 20, TRAINING_SET)
    number(
        "data.validation_fraction",
        "Validation share",
        "Of the training set, held back to see how well it does on what it never learns.",
        0,
        0.5,
        step=0.05,
    )
    number(
        "data.label_noise",
        "Label noise",
        "Share of training labels made wrong. Validation and test stay true.",
        0,
        1,
        step=0.05,
    )
    choice(
        "data.scaling",
        "Input scaling",
        "The numbers the network sees. Raw 0-255 is the classic mistake.",
        SCALINGS,
    )


def _rate() -> None:
    training = session.experiment().training
    st.markdown("**Learning rate over time**")
    choice("training.schedule", "Schedule", "How the learning rate changes by itself.", SCHEDULES)
    if training.schedule in ("step", "exponential"):
        number("training.decay_factor", "Decay factor", "The rate is multiplied by it.", 0.001, 1)
        number(
            "training.decay_epochs",
            "Every how many epochs",
            "In steps: at once. Exponential: spread out.",
            0.01,
            limits.MAX_EPOCHS,
            step=0.5,
        )
    if training.optimizer == "sgd-nesterov":
        number("training.momentum", "Momentum", "How much of the last step is kept.", 0, 0.999)
    if training.optimizer == "adamw":
        number(
            "training.weight_decay",
            "Weight decay",
            "Pulls all weights towards 0 at each step.",
            0,
            1,
            step=0.001,
        )


def _loss() -> None:
    st.markdown("**Loss**")
    choice(
        "training.loss",
        "Labels",
        "The same loss in two notations. Smoothing needs one-hot rows.",
        {"sparse": "Class numbers (sparse)", "one-hot": "One-hot rows"},
    )
    number(
        "training.label_smoothing",
        "Label smoothing",
        "Share of certainty given away to the other classes. Needs one-hot rows.",
        0,
        0.99,
        step=0.05,
    )


def _endings() -> None:
    st.markdown("**When to stop**")
    if optional("training.steps", "Step limit", "Stop after so many batches.", 500):
        number("training.steps", "Steps", "Decides, not the epochs.", 1, limits.MAX_STEPS)
    if optional(
        "training.early_stopping",
        "Early stopping",
        "Stop when validation no longer improves.",
        EarlyStopping(),
    ):
        path = "training.early_stopping"
        choice(f"{path}.monitor", "Watch", "What must improve.", _METRICS)
        number(f"{path}.patience", "Patience", "Epochs without a new best.", 1, limits.MAX_EPOCHS)
        toggle(f"{path}.restore_best", "Keep the best weights", "Not the last ones.")
    if optional("training.target", "Stop at a target", "Stop when it is good enough.", Target()):
        path = "training.target"
        choice(f"{path}.split", "Measured on", "Named, so that nobody confuses them.", _SPLITS)
        choice(f"{path}.metric", "Of", "Loss falls to it, accuracy rises to it.", _METRICS)
        number(f"{path}.value", "Target", "Accuracy as a share: 0.9 is 90 %.", 0, 1_000, step=0.01)


def _name() -> None:
    st.session_state["set.title"] = session.experiment().title
    st.text_input(
        "Name",
        key="set.title",
        max_chars=limits.MAX_TITLE_LENGTH,
        placeholder="Own network",
        on_change=lambda: put("title", st.session_state["set.title"].strip()),
        help="How this run is called in lists and figures.",
    )


_METRICS = {"loss": "Loss", "accuracy": "Accuracy"}
_SPLITS = {"validation": "Validation", "training": "Training"}
