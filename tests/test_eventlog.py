from __future__ import annotations

import errno
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from fmnist_core.errors import RunError
from fmnist_core.eventlog import Appender, Tail
from tests.projectfiles import ROOT

# Appends numbered records until it is killed, or COUNT of them; says when it begins.
WRITER = """
import sys
from pathlib import Path
from fmnist_core.eventlog import Appender
path, name, count = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
appender = Appender(path)
print("ready", flush=True)
sys.stdin.readline()
for n in range(count):
    appender.append({"writer": name, "n": n, "padding": "x" * (n % 300)})
"""


def start_writer(path: Path, name: str, count: int) -> subprocess.Popen[bytes]:
    writer = subprocess.Popen(
        [sys.executable, "-c", WRITER, str(path), name, str(count)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=ROOT,
    )
    assert writer.stdout is not None
    assert writer.stdout.readline() == b"ready\n"
    return writer


def let_go(writer: subprocess.Popen[bytes]) -> None:
    assert writer.stdin is not None
    writer.stdin.write(b"\n")
    writer.stdin.flush()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "events.jsonl"


def test_records_come_back_in_order_with_their_numbers(path: Path) -> None:
    appender = Appender(path)
    appender.append({"a": 1}, {"a": "é\n\u2028\r"})
    appender.append({"a": None})
    assert Tail(path).read() == [
        {"seq": 1, "a": 1},
        {"seq": 2, "a": "é\n\u2028\r"},
        {"seq": 3, "a": None},
    ]
    assert path.read_bytes().count(b"\n") == 3


def test_a_tail_reads_only_what_is_new(path: Path) -> None:
    tail = Tail(path)
    assert tail.read() == []  # no file yet
    appender = Appender(path)
    assert tail.read() == []
    appender.append({"a": 1})
    assert [record["a"] for record in tail.read()] == [1]
    assert tail.read() == []
    appender.append({"a": 2}, {"a": 3})
    assert [record["a"] for record in tail.read()] == [2, 3]


def test_what_is_left_out_is_read_over(path: Path) -> None:
    appender, tail = Appender(path), Tail(path, leave_out=b'"kind":"step"')
    appender.append({"kind": "step"}, {"kind": "end", "why": 'not a "kind":"step"'})
    assert [record["kind"] for record in tail.read()] == ["end"]
    appender.append({"kind": "step"})
    assert tail.read() == []
    appender.close()


def test_numbers_go_on_in_a_file_that_is_opened_again(path: Path) -> None:
    for _ in range(3):
        appender = Appender(path)
        appender.append({}, {})
        appender.close()
    assert [record["seq"] for record in Tail(path).read()] == [1, 2, 3, 4, 5, 6]


def test_an_unfinished_line_waits_until_it_is_finished(path: Path) -> None:
    path.write_bytes(b'{"a":1}\n{"a":')
    tail = Tail(path)
    assert tail.read() == [{"a": 1}]
    assert tail.read() == []
    with path.open("ab") as file:
        file.write(b"2}")
    assert tail.read() == []
    with path.open("ab") as file:
        file.write(b'\n{"a":3}\n')
    assert tail.read() == [{"a": 2}, {"a": 3}]


def test_whoever_appends_after_a_cut_line_begins_a_new_one(path: Path) -> None:
    path.write_bytes(b'{"seq":1,"a":1}\n{"seq":2,"a":')
    tail = Tail(path)
    assert len(tail.read()) == 1
    appender = Appender(path)
    appender.append({"a": 3})
    appender.append({"a": 4})
    assert [record["a"] for record in tail.read()] == [3, 4]
    assert path.read_bytes() == (
        b'{"seq":1,"a":1}\n{"seq":2,"a":\n{"seq":2,"a":3}\n{"seq":3,"a":4}\n'
    )


@pytest.mark.parametrize(
    "line",
    [b"", b"garbage", b"[1]", b"3", b"\xff\xfe", b'{"a":', b"[" * 100_000, b"\x00" * 512],
    ids=["empty", "garbage", "list", "number", "not utf-8", "cut", "deep", "zeros"],
)
def test_bad_lines_are_left_out(path: Path, line: bytes) -> None:
    path.write_bytes(b'{"seq":1}\n' + line + b'\n{"seq":2}\n')
    assert Tail(path).read() == [{"seq": 1}, {"seq": 2}]
    appender = Appender(path)
    appender.append({})
    assert Tail(path).read()[-1] == {"seq": 3}


@pytest.mark.parametrize("seq", ['"seven"', "null", "[1]", "1.5"])
def test_numbers_that_are_none_do_not_count(path: Path, seq: str) -> None:
    path.write_text(f'{{"seq":{seq}}}\n{{"seq":4}}\n')
    Appender(path).append({})
    assert Tail(path).read()[-1] == {"seq": 5}


def test_appends_of_several_processes_never_mix(path: Path) -> None:
    count, names = 1_500, ["a", "b", "c"]
    writers = [start_writer(path, name, count) for name in names]
    tail, live = Tail(path), []
    for writer in writers:
        let_go(writer)
    while any(writer.poll() is None for writer in writers):
        live += tail.read()
    live += tail.read()
    assert [writer.wait() for writer in writers] == [0, 0, 0]
    assert len(path.read_bytes().splitlines()) == count * len(names)
    for name in names:
        mine = [record for record in live if record["writer"] == name]
        assert [record["n"] for record in mine] == list(range(count))
        assert all(len(record["padding"]) == record["n"] % 300 for record in mine)


def test_a_killed_writer_loses_at_most_its_last_line(path: Path) -> None:
    names = ("first", "second", "third")
    for name in names:
        writer = start_writer(path, name, 10**9)
        enough = path.stat().st_size + 100_000
        let_go(writer)
        while path.stat().st_size < enough:
            assert writer.poll() is None
        writer.send_signal(signal.SIGKILL)
        writer.wait()
    records = Tail(path).read()
    bad = [line for line in path.read_bytes().splitlines() if not _is_json(line)]
    assert len(bad) <= len(names)
    for name in names:
        numbers = [record["n"] for record in records if record["writer"] == name]
        assert numbers == list(range(len(numbers)))
        assert len(numbers) > 100
    numbers = [record["seq"] for record in records]
    assert numbers == list(range(1, len(records) + 1))


def _is_json(line: bytes) -> bool:
    try:
        json.loads(line)
    except ValueError:
        return False
    return True


def test_a_short_write_is_an_error_and_the_next_line_is_whole(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    appender = Appender(path)
    appender.append({"a": 1})
    write = os.write
    with monkeypatch.context() as patch:
        patch.setattr(os, "write", lambda fd, data: write(fd, data[:5]))
        with pytest.raises(RunError, match=r"^Could not finish writing events\.jsonl"):
            appender.append({"a": 2})
    assert [record["a"] for record in Tail(path).read()] == [1]
    appender.append({"a": 3})
    assert [record["a"] for record in Tail(path).read()] == [1, 3]


def test_a_full_disk_is_an_error(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    appender = Appender(path)

    def full(fd: int, data: bytes) -> int:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patch:
        patch.setattr(os, "write", full)
        with pytest.raises(RunError, match=r"^Could not write events\.jsonl: No space left"):
            appender.append({"a": 1})
    appender.append({"a": 2})
    assert Tail(path).read() == [{"seq": 1, "a": 2}]


def test_a_file_that_cannot_be_opened_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(RunError, match=r"^Could not open events\.jsonl: No such file"):
        Appender(tmp_path / "deleted" / "events.jsonl")


def test_a_record_is_one_write(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    appender = Appender(path)
    writes = []
    write = os.write
    monkeypatch.setattr(os, "write", lambda fd, data: writes.append(data) or write(fd, data))
    appender.append({"a": 1}, {"a": 2})
    assert writes == [b'{"seq":1,"a":1}\n{"seq":2,"a":2}\n']
