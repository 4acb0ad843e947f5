"""The one owner of what a visitor has chosen (session state).

``address`` keeps the browser's address in step with it.
"""

from __future__ import annotations

import contextlib
import secrets
from collections.abc import Callable
from typing import Any

import streamlit as st

from fmnist_core import models
from fmnist_core.datasets import CLASS_NAMES, Dataset, load
from fmnist_core.errors import LabError, RunNotFoundError
from fmnist_core.experiment import Experiment
from fmnist_core.pictures import PictureStore
from fmnist_core.presets import PRESETS
from pages.shared import services

DEFAULT_PICTURE = "test:0"
DEFAULT_PRESET = "cnn-16"
MAX_COMPARED = 4
"""More curves than these, drawn with those of a run, cannot be told apart."""
SIDE_BY_SIDE = "lab.compared"
_ASKED = "lab.asked view"
_FOR_PICTURES = ("start", "predict")


def pictures() -> PictureStore:
    """Their numbers are those of the chosen network's data."""
    return services.current().pictures.of(_models_data)


def models_dataset() -> Dataset:
    """The pictures that the chosen network has learned from, and is judged by."""
    return services.dataset(models.resolve(model(), services.store()).experiment)


def _models_data() -> Dataset:
    try:
        return models_dataset()
    except RunNotFoundError:  # its run was deleted: the page says so where it is asked
        return load()


def model() -> str:
    """The reference of the network that answers: a bundled name or a run's id."""
    return chosen_model() or _default_model()


def chosen_model() -> str | None:
    """The same; None until somebody has chosen one."""
    chosen = st.session_state.get("lab.model")
    return None if chosen is None else str(chosen)


def _default_model() -> str:
    """A bundled model, else the newest run that has weights.

    Where one draws and shows photos it is the one that has learned what those look like.
    """
    with contextlib.suppress(RunNotFoundError):
        pictured = page() in _FOR_PICTURES
        return models.default_for_pictures() if pictured else models.default_model()
    for run in services.store().list():
        with contextlib.suppress(LabError):  # queued, failed before its first checkpoint
            return models.resolve(run.id, services.store()).ref
    return models.DEFAULT


def choose_model(ref: str) -> None:
    """Raises LabError: there is no such model."""
    files = models.resolve(ref, services.store())
    st.session_state["lab.model"] = ref
    _repin(files.experiment)


def use_model(ref: str) -> None:
    """``choose_model`` for a control: what cannot be chosen any more is said on top of the page."""
    try:
        choose_model(ref)
    except LabError as error:
        warn(str(error))


def _repin(about: Experiment) -> None:
    """A picture that the network cannot take, or that its data do not have, is let go."""
    try:
        fits = pictures().load(picture()).shape == about.architecture.input_shape
    except LabError:
        fits = False
    if not fits:
        st.session_state["lab.picture"] = DEFAULT_PICTURE


def drawing_model() -> str:
    """The chosen network if it takes drawings as Fashion-MNIST's do, else the default one."""
    own = models.resolve(model(), services.store()).experiment.data.folder
    return models.default_for_pictures() if own else model()


def drawing_classes() -> tuple[str, ...]:
    """The classes that ``drawing_model`` tells apart: of the data, or those of Fashion-MNIST for
    what came with the app."""
    came_along = models.resolve(drawing_model(), services.store()).recorded
    return CLASS_NAMES if came_along else load().class_names


def picture() -> str:
    """The reference of the pinned picture: ``test:17``, ``train:17`` or ``stored:ab12...``."""
    return str(_state("picture", lambda: DEFAULT_PICTURE))


def pin(ref: str) -> None:
    """Raises PictureError: there is no such picture."""
    pictures().load(ref)
    st.session_state["lab.picture"] = ref
    if ref.startswith("stored:"):  # who answered to a drawing or photo answers on all pages
        st.session_state["lab.model"] = model()


def experiment() -> Experiment:
    """The experiment that Train would start."""
    chosen = _state("experiment", lambda: PRESETS[DEFAULT_PRESET].experiment)
    assert isinstance(chosen, Experiment)
    return chosen


def set_experiment(chosen: Experiment) -> None:
    st.session_state["lab.experiment"] = chosen


def run() -> str | None:
    """The id of the run that Train and Results show, if one was chosen."""
    chosen = _state("run", lambda: None)
    return None if chosen is None else str(chosen)


def choose_run(run_id: str | None) -> None:
    """Raises RunNotFoundError."""
    if run_id is not None:
        _insist_on_one_network(run_id)
    st.session_state["lab.run"] = run_id


def use_run(run_id: str) -> bool:
    """``choose_run`` for a control: False, and why on top of the page, if it is gone."""
    try:
        choose_run(run_id)
    except LabError as error:
        warn(str(error))
        return False
    return True


def _insist_on_one_network(run_id: str) -> None:
    run = services.store().get(run_id)
    if run.study:
        view = "Search" if run.search else "Transfer" if run.transfer else "MobileNetV2"
        raise RunNotFoundError(f"{run.id} is more than one network. Train, {view} shows it.")


def beside() -> list[str]:
    """The ids of the runs whose curves are drawn with those of the run that Train shows."""
    return list(st.session_state.get("lab.compare", []))


def compare_with(run_ids: list[str]) -> None:
    """Each once. Raises RunNotFoundError: one of them is not there; nothing is changed."""
    chosen = list(dict.fromkeys(run_ids))[:MAX_COMPARED]
    for run_id in chosen:
        _insist_on_one_network(run_id)
    st.session_state["lab.compare"] = chosen


def side_by_side() -> list[str] | None:
    """The runs that Results, Compare shows, those that are still there; None before any choice."""
    chosen = st.session_state.get(SIDE_BY_SIDE)
    if chosen is None:
        return None
    there = {run.id for run in services.store().list()}
    return [run_id for run_id in chosen if run_id in there]


def compare_side_by_side(run_ids: list[str]) -> None:
    """Those that are there, each once. Raises RunNotFoundError: not one of them is."""
    there = {run.id for run in services.store().list()}
    chosen = [run_id for run_id in dict.fromkeys(run_ids) if run_id in there][:MAX_COMPARED]
    if run_ids and not chosen:
        services.store().get(run_ids[0])
    st.session_state[SIDE_BY_SIDE] = chosen


def classes() -> str | None:
    """The id of the visitor's own classes that Train shows, if there are any."""
    chosen = _state("classes", lambda: None)
    return None if chosen is None else str(chosen)


def choose_classes(name: str | None) -> None:
    """Raises RunNotFoundError."""
    if name is not None:
        services.own_classes().get(name)
    st.session_state["lab.classes"] = name


def owner() -> str:
    """Of the runs that this browser session starts."""
    return str(_state("owner", lambda: secrets.token_hex(4)))


def view(options: list[str]) -> str:
    """A segmented control over a page's views; the choice is kept and in the address."""
    key = f"lab.view.{page()}"
    by_slug = {_slug(option): option for option in options}
    where, asked = st.session_state.get(_ASKED) or ("", "")
    if where == page():
        if asked in by_slug:
            st.session_state[key] = by_slug[asked]
        else:
            warn(f"There is no view {asked[:60]!r} here. The views are: {', '.join(options)}.")
        del st.session_state[_ASKED]
    if st.session_state.get(key) not in options:
        st.session_state[key] = options[0]
    chosen = st.segmented_control(
        "View",
        options,
        key=key,
        required=True,
        label_visibility="collapsed",
        persist_state="session",
    )
    chosen = str(chosen or options[0])
    st.session_state["lab.view"] = _slug(chosen)
    return chosen


def show_view(name: str, on: str | None = None) -> None:
    """Open this view of a page when it is drawn next: of this one, or of ``on`` ("train")."""
    st.session_state[_ASKED] = (on or page(), _slug(name))


def enter(name: str) -> None:
    """A page begins to be drawn."""
    st.session_state["lab.page"] = name
    st.session_state["lab.view"] = None


def entered() -> bool:
    """Whether the address was ever read; if not, Streamlit has left the entry script out."""
    return "lab.page" in st.session_state


def page() -> str:
    """The page that is drawn now."""
    return str(st.session_state.get("lab.page", "start"))


# Messages ----------------------------------------------------------------------


def warn(message: str) -> None:
    """Show a message on top of the page until the visitor dismisses it."""
    waiting: list[str] = st.session_state.setdefault("lab.warnings", [])
    if message not in waiting:
        waiting.append(message)


def warnings() -> list[str]:
    return list(st.session_state.get("lab.warnings", []))


def dismiss_warnings() -> None:
    st.session_state["lab.warnings"] = []


def _state(name: str, default: Callable[[], Any]) -> Any:
    key = f"lab.{name}"
    if key not in st.session_state:
        st.session_state[key] = default()
    return st.session_state[key]


def _slug(text: str) -> str:
    return text.lower().replace(" ", "-")
