"""What the page tests share: the whole app in Streamlit's AppTest, on run directories of their
own, with a backend that queues runs and trains nothing."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
from streamlit.runtime.pages_manager import PagesManager
from streamlit.testing.v1 import AppTest

from fmnist_core import events as e
from fmnist_core.errors import EngineBusyError
from fmnist_core.experiment import Experiment
from fmnist_core.mobilenet import MobileNet
from fmnist_core.model_server import ModelServer
from fmnist_core.pictures import PictureStore
from fmnist_core.run import Run
from fmnist_core.runs import RunStore
from fmnist_core.search import Search
from fmnist_core.transfer import Transfer
from pages.shared import running, services

APP = str(Path(__file__).parents[2] / "streamlit_app.py")
SECONDS = 60


@dataclass
class QueueOnly:
    """A backend that accepts runs and commands, calls everything a bag, and varies nothing."""

    store: RunStore
    ready: bool = True
    commands: list[tuple[str, str, float | None]] = field(default_factory=list)

    def submit(self, experiment: Experiment, owner: str = "", parent: str | None = None) -> Run:
        return self.store.create(experiment, owner, parent)

    def submit_search(self, search: Search, owner: str = "", earlier: str | None = None) -> Run:
        return self.store.create_search(search, owner, earlier)

    def submit_transfer(
        self, transfer: Transfer, owner: str = "", earlier: str | None = None
    ) -> Run:
        return self.store.create_transfer(transfer, owner, earlier)

    def submit_mobilenet(self, study: MobileNet, owner: str = "") -> Run:
        return self.store.create_mobilenet(study, owner)

    def command(self, run_id: str, command: Any, value: float | None = None) -> None:
        self.store.command(run_id, command, value)
        self.commands.append((run_id, command, value))

    def position(self, run_id: str) -> int | None:
        return 0

    def seconds_until_ready(self) -> float | None:
        return 0.0 if self.ready else 7.0

    def call(
        self, operation: str, params: Any, arrays: Any, timeout: float = 30.0
    ) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
        if not self.ready:
            raise EngineBusyError("The engine is still starting. Try again in a moment.")
        if operation == "varied":
            return {}, {"pictures": np.repeat(arrays["picture"][np.newaxis], params["count"], 0)}
        assert operation == "predict"
        probabilities = np.full((len(arrays["pictures"]), 10), 0.01, np.float32)
        probabilities[:, 8] = 0.91
        return {}, {"probabilities": probabilities}


@contextmanager
def lab(root: Path, ready: bool = True) -> Iterator[QueueOnly]:
    """Services on ``root`` for every page until the block ends."""
    store = RunStore(root, recorded=root / "recorded")
    backend = QueueOnly(store, ready)
    pictures = PictureStore(root)
    services.use(services.Services(store, backend, ModelServer(backend), pictures))  # type: ignore[arg-type]
    running.forget()
    try:
        with _served_before():
            yield backend
    finally:
        services.use(None)
        running.forget()


@contextmanager
def _served_before() -> Iterator[None]:
    """AppTest forgets before every run that st.navigation was called; a server does not."""
    begin = PagesManager.__init__

    def remember(self: PagesManager, *args: Any, **options: Any) -> None:
        begin(self, *args, **options)
        PagesManager.uses_pages_directory = False

    with patch.object(PagesManager, "__init__", remember):
        yield


def open_page(page: str = "start", **address: str) -> AppTest:
    """The app at a page, with these query parameters, as a fresh browser would open it."""
    app = AppTest.from_file(APP, default_timeout=SECONDS)
    for name, value in address.items():
        app.query_params[name] = value
    # Also for the default page: without it AppTest takes every run for a page change.
    app.switch_page(f"pages/{page}.py")
    return app.run()


def network_chip(app: AppTest) -> Any:
    """The select box of the network that answers."""
    return next(each for each in app.selectbox if str(each.key).startswith("lab.chip.model."))


def picture_chip(app: AppTest) -> Any:
    """The number of the pinned test picture."""
    return next(each for each in app.number_input if str(each.key).startswith("lab.chip.picture."))


def healthy(app: AppTest) -> AppTest:
    """No traceback reached the page."""
    assert not app.exception, [each.message for each in app.exception]
    return app


def started(run: Run, steps: int = 3) -> list[e.Event]:
    """The events of a run that has begun."""
    begin = e.RunStarted(run.created, 1, 1, 2, 422, 844, 54_000, 6_000, 128, 0.01, True)
    batches = [
        e.BatchEnded(run.created, step, 1, 2.0 / step, 0.5, 0.1 * step)
        for step in range(1, steps + 1)
    ]
    return [begin, *batches]


def address(app: AppTest) -> dict[str, str]:
    """The query parameters, one value each."""
    return {
        name: value if isinstance(value, str) else value[-1]
        for name, value in app.query_params.items()
    }
