"""One browser and one running app for all; whoever visits is watched, and must not complain."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

import psutil
import pytest
from playwright.sync_api import Browser, sync_playwright

from fmnist_core.jobs import processes
from fmnist_core.jobs.worker import read_identity
from fmnist_core.run import Run
from fmnist_core.runs import RunStore
from tests.e2e.app import App
from tests.e2e.browser import NoBrowserError, find_chromium, launch
from tests.e2e.visitor import Visitor, own_work, state_of

Visit = Callable[..., Visitor]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "/e2e/" in item.path.as_posix():
            item.add_marker(pytest.mark.e2e)
            # A browser, a server and a training share two cores with the test beside them. The
            # report lists what needed its second try: each is a bug, of the test or of the app.
            item.add_marker(pytest.mark.flaky(reruns=1))


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    try:
        executable = find_chromium()
    except NoBrowserError as error:
        pytest.fail(str(error), pytrace=False)
    with sync_playwright() as playwright:
        browser = launch(playwright, executable)
        yield browser
        browser.close()


@pytest.fixture(scope="package")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[App]:
    """The app that most tests share, and with it its runs."""
    yield from _running(App(tmp_path_factory.mktemp("app") / "runs"))


@pytest.fixture
def own_app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[App]:
    """An app that may be killed."""
    yield from _running(App(tmp_path_factory.mktemp("own") / "runs"))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Any:
    """A test that failed tells what its runs were doing: the browser saw only their curves."""
    report = yield
    for name in ("app", "own_app"):
        app = getattr(item, "funcargs", {}).get(name)
        if report.failed and isinstance(app, App):
            for run in own_work(app):
                state = state_of(run)
                reason = state.ending.reason if state.ending else ""
                text = f"{state.status} at step {state.step} {reason}\n{worker_log(run)}"
                report.sections.append((f"run {run.id}", text))
    return report


def worker_log(run: Run) -> str:
    path = run.directory / "worker.log"
    return path.read_text()[-2000:] if path.exists() else "no worker has begun"


@pytest.fixture(autouse=True)
def clean_second_try(request: pytest.FixtureRequest) -> None:
    """A second try does not meet what the first one left."""
    if getattr(request.node, "execution_count", 1) > 1 and "app" in request.fixturenames:
        app = request.getfixturevalue("app")
        end_trainings(app)
        for run in own_work(app):
            RunStore(app.runs).delete(run.id)


def end_trainings(app: App, seconds: float = 120.0) -> None:
    unfinished = [run for run in own_work(app) if not state_of(run).ended]
    for run in unfinished:  # the newest first: who waits must not begin
        RunStore(app.runs).command(run.id, "stop")
    deadline = time.monotonic() + seconds
    while not all(state_of(run).ended for run in unfinished):
        assert time.monotonic() < deadline, "the trainings of the first try did not end"
        time.sleep(0.1)


@pytest.fixture
def visit(browser: Browser) -> Iterator[Visit]:
    """``visit(app)`` opens a window. Afterwards: it asked nobody else, and nothing went wrong."""
    visitors: list[Visitor] = []

    def open_window(app: App, **options: Any) -> Visitor:
        visitors.append(Visitor(browser, app.url, **options))
        return visitors[-1]

    yield open_window
    for visitor in visitors:
        visitor.context.close()
        assert visitor.strangers == []
        assert sorted(set(visitor.complaints)) == []


def _running(app: App) -> Iterator[App]:
    """Afterwards: it stayed what it promises to be, and left nothing behind."""
    app.start()
    try:
        yield app
        assert not app.imported_tensorflow()
        assert app.connections_elsewhere() == []
    finally:
        family = app.family()
        app.stop()
        workers = [identity for run in own_work(app) if (identity := read_identity(run))]
        # Training goes on when its server ends; here it ends, by its pid.
        for identity in workers:
            if processes.alive(identity):
                processes.end(identity)
    _, left = psutil.wait_procs(family, timeout=30)
    assert [process.cmdline() for process in left] == []
    log = app.log.read_text()
    assert "Traceback" not in log, log[-4000:]
