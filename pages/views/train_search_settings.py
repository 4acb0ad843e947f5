"""Train, Search: the settings of a search."""

from __future__ import annotations

import streamlit as st

from fmnist_core import limits
from fmnist_core import search as core
from fmnist_core.datasets import splits
from fmnist_core.errors import LabError
from fmnist_core.experiment import Experiment
from fmnist_core.search import SEARCHES, Choice, Search, Setting, label, text_of, tunable, values_of
from fmnist_core.wording import OPTIMIZERS, count
from pages.shared import looks, services, session

OWN = "own"
TUNERS = {"random": "Random", "hyperband": "Hyperband", "bayesian": "Bayesian"}
ACTIVATIONS = {name: name for name in ("relu", "tanh", "sigmoid", "linear")}
_START, _SETTINGS = "lab.search.start", "lab.search.settings"


def edited() -> Search | None:
    """What the visitor has set. None, and why on the page, when it is no search."""
    try:
        begun = _begun()
    except LabError as error:
        st.error(str(error), icon=":material/error:")
        return None
    base = begun.base
    columns = st.columns(2)
    with columns[0]:
        wanted = base.data.train_size or min(10_000, _left(base))
        size = _whole("Training pictures", "size", wanted, 20, 60_000)
        trials = _whole("Trials", "trials", begun.trials, 1, core.MAX_TRIALS)
    with columns[1]:
        epochs = _whole("Epochs", "epochs", base.training.epochs, 1, 50)
        executions = _whole("Trainings of each", "executions", begun.executions, 1, 10)
    tuner = st.segmented_control(
        "Who chooses",
        list(TUNERS),
        format_func=TUNERS.get,
        default=begun.tuner,
        key=_key("tuner", begun.tuner),
        required=True,
        persist_state="session",
        help="Random tries any. Hyperband gives many a short training and the best ones more. "
        "Bayesian guesses from what it has seen.",
    )
    try:
        space = _space(begun, base)
        fitted = base.changed(
            data=base.data.changed(train_size=size), training=base.training.changed(epochs=epochs)
        )
        made = core.make(
            title=begun.title,
            preset=begun.preset,
            base=fitted,
            space=space,
            tuner=tuner,
            trials=trials,
            executions=executions,
        )
        core.check_search(made)
    except LabError as error:
        st.error(str(error), icon=":material/error:")
        return None
    _said(made)
    return made


def _left(base: Experiment) -> int:
    """Training pictures of which a trial may learn."""
    data = services.dataset(base)
    return max(20, len(splits.split_of(base.data.changed(train_size=None), data, base.seed).train))


def _said(search: Search) -> None:
    tried = min(search.trials, search.combinations)
    looks.caption(
        f"{tried:,} of {count(search.combinations, 'combination')}, judged by the best validation "
        "accuracy of their epochs."
    )


def _begun() -> Search:
    """The search that the settings began from."""
    titles = {name: search.title for name, search in SEARCHES.items()}
    chosen = st.selectbox(
        "Search around",
        [*SEARCHES, OWN],
        format_func=lambda name: titles.get(name, "The network of One network"),
        key=_START,
        persist_state="session",
        help="What is set under One network can be searched around, too.",
    )
    if chosen != OWN:
        return SEARCHES[chosen]
    base = session.experiment()
    first = list(tunable(base).items())[:1]
    return core.make(
        title=f"Around {base.title or 'own network'}"[: limits.MAX_TITLE_LENGTH],
        base=base,
        space=tuple(Choice(setting=name, values=values) for name, values in first),
    )


def _space(begun: Search, base: Experiment) -> tuple[dict[str, object], ...]:
    """What varies, as ``core.make`` takes and checks it."""
    offered = tunable(base)
    started = {choice.setting: choice.values for choice in begun.space}
    chosen = st.multiselect(
        "What varies",
        list(offered),
        default=list(started),
        format_func=lambda setting: label(setting, base),
        key=f"{_SETTINGS}.{begun.preset or OWN}.{len(base.architecture.layers)}",
        persist_state="session",
    )
    return tuple(
        {"setting": setting, "values": values}
        for setting in chosen
        if (values := _values(setting, started.get(setting, offered[setting]), base))
    )


def _values(setting: str, begun: tuple[Setting, ...], base: Experiment) -> tuple[Setting, ...]:
    title, key = label(setting, base), f"lab.search.values.{setting}.{text_of(begun)}"
    if isinstance(begun[0], str):
        names = OPTIMIZERS if setting == "training.optimizer" else ACTIVATIONS
        return tuple(
            st.multiselect(
                title,
                list(names),
                default=list(begun),
                format_func=names.get,
                key=key,
                persist_state="session",
            )
        )
    text = st.text_input(
        title,
        text_of(begun),
        key=key,
        persist_state="session",
        help="Values with commas, or a range: 32-256 step 32.",
    )
    return values_of(text)


def _whole(title: str, name: str, value: int, low: int, high: int) -> int:
    begun = min(max(value, low), high)  # a network may train longer than a trial may
    return int(
        st.number_input(title, low, high, begun, key=_key(name, value), persist_state="session")
    )


def _key(name: str, begun: object) -> str:
    """A setting of its own for each start, so that another start shows its own values."""
    return f"lab.search.{name}.{st.session_state.get(_START)}.{begun}"
