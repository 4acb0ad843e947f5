from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from fmnist_core import runs
from fmnist_core.architecture import Conv2D
from fmnist_core.errors import ArchitectureError, ExperimentError, RunError, RunNotFoundError
from fmnist_core.eventlog import Appender, Tail
from fmnist_core.events import (
    BatchEnded,
    CheckpointSaved,
    RunFailed,
    RunStarted,
    RunStopped,
    to_record,
)
from fmnist_core.files import write_atomically
from fmnist_core.presets import preset
from fmnist_core.run import Run
from fmnist_core.runs import Command, RunStore
from fmnist_core.search import FIRST_SEARCH
from tests.projectfiles import ROOT

CNN = preset("cnn-16").experiment
NOON = 1_700_000_000.0  # 2023-11-14 22:13:20 UTC
STARTED = RunStarted(
    time=2.0,
    pid=3,
    threads=1,
    epochs=2,
    steps_per_epoch=4,
    total_steps=8,
    train_n=128,
    validation_n=10,
    batch_size=32,
    learning_rate=0.01,
    forked=True,
)
FAILED = RunFailed(3.0, 0, "The worker was killed.")


def batch(step: int) -> BatchEnded:
    return BatchEnded(time=3.0, step=step, epoch=1, loss=1.0, accuracy=0.5, seconds=step / 10)


class Clock:
    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def store(tmp_path: Path, clock: Clock) -> RunStore:
    return RunStore(tmp_path / "runs", recorded=tmp_path / "recorded", clock=clock)


@pytest.fixture
def run(store: RunStore) -> Run:
    return store.create(CNN, owner="somebody")


@pytest.fixture
def recorded(store: RunStore, run: Run) -> Iterator[Run]:
    """A finished run that came with the app."""
    store.append(run.id, STARTED, RunStopped(5.0, 3, "Stopped."))
    shutil.move(run.directory, store.recorded / run.id)
    return store.get(run.id)


def files(directory: Path) -> list[str]:
    found = (path.relative_to(directory).as_posix() for path in directory.rglob("*"))
    return sorted(name for name in found if not name.endswith(".lock"))


def test_create_writes_a_run_that_others_can_read(store: RunStore, run: Run) -> None:
    assert run.id.startswith("20231114-221320-cnn-16-")
    assert run.directory == store.root / run.id
    assert (run.owner, run.parent, run.recorded, run.created) == ("somebody", None, False, NOON)
    assert (run.experiment, run.title) == (CNN, "CNN 16")
    assert files(run.directory) == ["about.json", "checkpoints", "events.jsonl", "experiment.json"]
    other = RunStore(store.root, recorded=store.recorded)
    assert other.get(run.id) == run
    state = other.state(run.id)
    assert (state.status, state.queued_at) == ("queued", NOON)


def test_a_network_without_a_title_or_preset(store: RunStore) -> None:
    run = store.create(CNN.changed(title="", preset=""), parent="20231114-221320-own-abcd")
    assert run.title == "Own network"
    assert "-own-" in run.id
    assert run.parent == "20231114-221320-own-abcd"


def test_the_longest_preset_name_makes_a_run_that_can_be_found(store: RunStore) -> None:
    run = store.create(CNN.changed(preset="x" * 40))
    assert store.get(run.id) == run


def test_runs_of_the_same_second_are_different(store: RunStore) -> None:
    assert len({store.create(CNN).id for _ in range(5)}) == 5


def test_what_cannot_be_trained_leaves_nothing_behind(store: RunStore) -> None:
    stack = CNN.architecture.changed(layers=(Conv2D(),))
    with pytest.raises(ArchitectureError):
        store.create(CNN.changed(architecture=stack))
    assert not store.root.exists()


def test_more_pictures_than_there_are_are_refused_before_anything_is_written(
    store: RunStore,
) -> None:
    greedy = CNN.changed(data=CNN.data.changed(train_size=60_000))
    data = FIRST_SEARCH.base.data.changed(train_size=60_000)
    search = FIRST_SEARCH.changed(base=FIRST_SEARCH.base.changed(data=data))
    for create in (lambda: store.create(greedy), lambda: store.create_search(search)):
        with pytest.raises(ExperimentError, match="54,000 of 60,000 are left"):
            create()
    assert not store.root.exists()
    store.create(greedy.changed(data=greedy.data.changed(train_size=54_000)))


def test_only_the_newest_that_have_ended_are_held_with_every_step(
    store: RunStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runs, "KEPT_RUNS", 2)
    ended, learning = [store.create(CNN) for _ in range(4)], store.create(CNN)
    for run in (learning, *ended):
        store.append(run.id, STARTED, batch(1))
    for run in ended:
        store.append(run.id, FAILED)
    known = [(run.id, store.state(run.id).step) for run in (learning, *ended)]
    assert {step for _, step in known} == {1}
    assert list(store._followed) == [learning.id, *(run.id for run in ended[2:])]
    assert [(name, store.state(name).step) for name, _ in known] == known  # read anew


def test_a_name_cannot_lead_out_of_the_root(store: RunStore) -> None:
    with pytest.raises(ExperimentError, match=r"^preset: "):
        store.create(CNN.changed(preset="../../elsewhere"))


def test_a_full_disk_leaves_no_half_run(store: RunStore, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(path: Path, data: bytes) -> None:
        if path.name == "experiment.json":
            raise OSError(28, "No space left on device")
        write_atomically(path, data)

    monkeypatch.setattr(runs, "write_atomically", full)
    with pytest.raises(RunError, match=r"^Could not write a run to .*: No space left on device\."):
        store.create(CNN)
    assert files(store.root) == []


def test_nor_does_a_disk_that_is_full_only_for_its_events(
    store: RunStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise RunError("Could not write events.jsonl: No space left on device.")

    monkeypatch.setattr(Appender, "append", full)
    with pytest.raises(RunError, match="events"):
        store.create(CNN)
    assert files(store.root) == []


def test_a_root_that_is_a_file_is_explained(tmp_path: Path) -> None:
    (tmp_path / "runs").write_text("not a directory")
    with pytest.raises(RunError, match=r"^Could not write a run to "):
        RunStore(tmp_path / "runs").create(CNN)


@pytest.mark.parametrize(
    "run_id",
    [
        "",
        ".",
        "..",
        "../x",
        "/etc",
        "a/b",
        "a\\b",
        "a\x00",
        "a\n",
        "A",
        "-a",
        ".deleted",
        "é",
        "x" * 101,
        "x" * 10_000,
        "absent",
    ],
)
def test_hostile_and_unknown_ids_are_not_found(store: RunStore, run: Run, run_id: str) -> None:
    outside = store.root.parent / "x"
    shutil.copytree(run.directory, outside)
    for use in (store.get, store.state, store.delete, lambda i: store.command(i, "stop")):
        with pytest.raises(RunNotFoundError, match=r"^There is no run ") as caught:
            use(run_id)
        assert len(str(caught.value)) < 600
    assert (outside / "experiment.json").exists()


def test_an_absolute_path_is_not_an_id(store: RunStore, run: Run) -> None:
    with pytest.raises(RunNotFoundError):
        store.get(str(run.directory))


def test_list_is_newest_first_then_the_recorded(
    store: RunStore, recorded: Run, clock: Clock
) -> None:
    clock.now += 0.2
    zebra = store.create(CNN.changed(preset="zebra"))
    clock.now += 0.2  # the same second: the names of the directories do not tell
    ant = store.create(CNN.changed(preset="ant"))
    clock.now += 5
    newest = store.create(CNN)
    assert [run.id for run in store.list()] == [newest.id, ant.id, zebra.id, recorded.id]
    assert [run.recorded for run in store.list()] == [False, False, False, True]


def test_an_empty_store_lists_nothing(store: RunStore) -> None:
    assert store.list() == []


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("experiment.json", "{"),
        ("experiment.json", '{"title": "of a newer version", "mood": 3}'),
        ("about.json", ""),
        ("about.json", "{}"),
        ("about.json", "[]"),
        ("about.json", '{"created": null, "owner": "", "parent": null}'),
        ("about.json", "\ud800".encode("utf-16", "surrogatepass").decode("latin-1")),
    ],
)
def test_directories_that_cannot_be_read_are_left_out(
    store: RunStore, run: Run, name: str, text: str
) -> None:
    broken = store.root / "20231114-000000-broken-0000"
    shutil.copytree(run.directory, broken)
    (broken / name).write_text(text, encoding="latin-1")
    (store.root / "Not A Run").mkdir()
    (store.root / "Not A Run" / "experiment.json").write_text(CNN.to_json())
    (store.root / "empty").mkdir()
    (store.root / "a-file").write_text("")
    (store.root / "odd" / "experiment.json").mkdir(parents=True)
    assert store.list() == [run]
    with pytest.raises(RunNotFoundError, match="20231114-000000-broken-0000 cannot be read"):
        store.get(broken.name)


def test_states_are_read_incrementally(store: RunStore, run: Run) -> None:
    store.append(run.id, STARTED, batch(1))
    first = store.state(run.id)
    assert [b.step for b in first.batches] == [1]
    # What was read once is not read again: the start of the file may even be gone.
    size = run.events_path.stat().st_size
    with run.events_path.open("r+b") as file:
        file.write(b"#" * (size - 1))
    assert store.state(run.id) is first
    with run.events_path.open("ab") as file:
        file.write(json.dumps(to_record(batch(2))).encode() + b"\n")
    assert [b.step for b in store.state(run.id).batches] == [1, 2]
    assert [b.step for b in first.batches] == [1]


def test_an_outline_is_the_state_without_its_steps(store: RunStore, run: Run) -> None:
    store.append(run.id, STARTED, batch(1), CheckpointSaved(2.0, 1, 1, "step"), batch(2))
    assert not store.outline(run.id).ended
    store.append(run.id, batch(3), FAILED)
    outline, state = store.outline(run.id), store.state(run.id)
    assert len(state.batches) == 3
    assert not outline.batches
    assert list(outline.checkpoints) == list(state.checkpoints) != []
    assert (outline.started, outline.ending) == (state.started, state.ending)


def test_what_another_process_appends_is_seen(store: RunStore, run: Run) -> None:
    assert store.state(run.id).status == "queued"
    code = (
        "import sys, pathlib; from fmnist_core.eventlog import Appender\n"
        "from fmnist_core.events import Paused, to_record\n"
        "Appender(pathlib.Path(sys.argv[1])).append(to_record(Paused(9.0, 1)))"
    )
    subprocess.run([sys.executable, "-c", code, str(run.events_path)], check=True, cwd=ROOT)
    assert store.state(run.id).status == "paused"
    assert [record["seq"] for record in Tail(run.events_path).read()] == [1, 2]


def test_events_of_a_newer_version_are_passed_over(store: RunStore, run: Run) -> None:
    appender = Appender(run.events_path)
    appender.append({"event": "Teleported", "time": 3.0}, to_record(STARTED))
    assert store.state(run.id).status == "running"


def test_commands_are_lines_for_the_worker(store: RunStore, run: Run, clock: Clock) -> None:
    tail = Tail(run.commands_path)
    store.command(run.id, "pause")
    clock.now += 1
    store.command(run.id, "set_learning_rate", 0.05)
    assert tail.read() == [
        {"seq": 1, "time": NOON, "command": "pause", "value": None},
        {"seq": 2, "time": NOON + 1, "command": "set_learning_rate", "value": 0.05},
    ]


@pytest.mark.parametrize("value", [None, 0, -1.0, 100.1, float("nan"), float("inf")])
def test_a_learning_rate_must_be_usable(store: RunStore, run: Run, value: Any) -> None:
    with pytest.raises(RunError, match=r"^Expected a learning rate above 0 and up to 100"):
        store.command(run.id, "set_learning_rate", value)
    assert not run.commands_path.exists()


@pytest.mark.parametrize("command", ["pause", "resume", "step", "stop", "set_learning_rate"])
def test_a_run_that_has_ended_takes_no_commands(
    store: RunStore, run: Run, command: Command
) -> None:
    store.append(run.id, FAILED)
    with pytest.raises(RunError, match=r"^CNN 16 has ended"):
        store.command(run.id, command, 0.1)
    assert not run.commands_path.exists()


def test_delete(store: RunStore, run: Run) -> None:
    other = RunStore(store.root, recorded=store.recorded)
    kept = store.create(CNN)
    assert other.state(run.id).status == "queued"
    store.append(run.id, STARTED, FAILED)
    store.delete(run.id)
    assert not run.directory.exists()
    assert store.list() == other.list() == [kept]
    for each in (store, other):
        with pytest.raises(RunNotFoundError, match="It may have been deleted"):
            each.state(run.id)
        with pytest.raises(RunNotFoundError):
            each.append(run.id, FAILED)


@pytest.mark.parametrize("paused", [False, True])
def test_a_run_that_trains_is_not_deleted(store: RunStore, run: Run, paused: bool) -> None:
    store.append(run.id, STARTED, batch(1))
    if paused:
        Appender(run.events_path).append({"event": "Paused", "time": 3.0, "step": 1})
    before = files(run.directory)
    with pytest.raises(RunError, match=r"^CNN 16 is still training\. Stop it first\.$"):
        store.delete(run.id)
    assert files(run.directory) == before
    assert store.get(run.id) == run


def test_deleting_waits_for_whoever_holds_the_lock(
    store: RunStore, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    held = []
    unlink = Path.unlink

    def watched(path: Path, missing_ok: bool = False) -> None:
        if path.name == "experiment.json":
            lock = run.lock()
            with pytest.raises(TimeoutError):
                lock.acquire(timeout=0)
            held.append(path)
        unlink(path, missing_ok)

    monkeypatch.setattr(Path, "unlink", watched)
    store.delete(run.id)
    assert held == [run.directory / "experiment.json"]


def test_a_half_deleted_run_is_not_listed(
    store: RunStore, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shutil, "rmtree", lambda path, ignore_errors: None)
    other = RunStore(store.root, recorded=store.recorded)
    assert other.list() == [run]
    store.delete(run.id)
    assert run.directory.exists()
    assert store.list() == other.list() == []


def test_recorded_runs_are_only_read(store: RunStore, recorded: Run) -> None:
    assert recorded.recorded
    assert recorded.directory == store.recorded / recorded.id
    before = {name: (recorded.directory / name) for name in files(recorded.directory)}
    contents = {name: path.read_bytes() for name, path in before.items() if path.is_file()}
    for use in (
        lambda: store.delete(recorded.id),
        lambda: store.append(recorded.id, FAILED),
        lambda: store.command(recorded.id, "stop"),
    ):
        with pytest.raises(RunError, match=r"^CNN 16 (came with the app|has ended)"):
            use()
    after = {
        name: (recorded.directory / name).read_bytes()
        for name in files(recorded.directory)
        if (recorded.directory / name).is_file()
    }
    assert after == contents
    assert store.state(recorded.id).status == "stopped"


def test_a_write_is_all_or_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "about.json"
    write_atomically(path, b"old")
    assert path.read_bytes() == b"old"

    def fail(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(runs.os, "fsync", fail)
    with pytest.raises(OSError, match="No space left"):
        write_atomically(path, b"new")
    assert path.read_bytes() == b"old"
    assert files(tmp_path) == ["about.json"]


def test_where_runs_live(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("FMNIST_RUNS_DIR", str(tmp_path))
    assert RunStore().root == tmp_path
    monkeypatch.setenv("FMNIST_RUNS_DIR", "")
    assert RunStore().root.parts[-2:] == ("fmnist-lab", "runs")
