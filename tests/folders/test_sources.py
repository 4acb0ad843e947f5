"""Archives that nobody vouches for, and folders of the server: what is read, and what is not."""

from __future__ import annotations

import io
import struct
import zipfile
from pathlib import Path

import pytest

from fmnist_core.errors import DataError
from fmnist_core.folders import import_zip, sources
from fmnist_core.folders.sources import Entry, FolderSource, zip_source
from tests.folders.drawn import packed, shapes

LINK, DEVICE = 0o120777, 0o020666


def archive_of(*entries: tuple[zipfile.ZipInfo | str, bytes], deflated: bool = False) -> io.BytesIO:
    file = io.BytesIO()
    method = zipfile.ZIP_DEFLATED if deflated else zipfile.ZIP_STORED
    with zipfile.ZipFile(file, "w", method) as archive:
        for name, data in entries:
            archive.writestr(name, data, method)
    file.seek(0)
    return file


def special(name: str, mode: int = 0o100644) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo("placeholder")
    info.filename = name  # as it is: the constructor cuts names at NUL
    info.external_attr = mode << 16
    return info


def refused(file: io.BytesIO, root: Path, why: str) -> None:
    """With its reason, and without a trace on the disk."""
    root.mkdir(parents=True)
    with pytest.raises(DataError, match=why):
        import_zip(root, file, "evil", lambda done, total: None)
    assert list(root.rglob("*")) == []
    assert [path.name for path in root.parent.iterdir()] == [root.name]


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("../evil.png", r"leads out of the archive with '\.\.'"),
        ("cats/../../evil.png", r"leads out"),
        ("/etc/evil.png", "absolute path"),
        ("C:/evil.png", "absolute path"),
        ("\\\\server\\evil.png", "absolute path"),
        ("cats\\evil.png", "backslash"),
        ("cats\\..\\..\\evil.png", r"leads out"),
        ("<script>alert(1)</script>/1.png", "HTML in its name"),
        ("cats/<img src=x>.png", "HTML in its name"),
        ("cats/a\x07.png", "cannot be printed"),
        ("cats/a\nb.png", "cannot be printed"),
        ("cats/more.zip", "an archive inside the archive"),
        ("cats/more.TAR.GZ", "an archive inside the archive"),
    ],
)
def test_an_entry_of_a_hostile_name_is_refused(name: str, why: str, tmp_path: Path) -> None:
    file = archive_of(("cats/1.png", b"x"), (special(name), b"x"))
    refused(file, tmp_path / "root", why)


@pytest.mark.parametrize("mode", [LINK, DEVICE])
def test_a_link_or_a_device_is_refused(mode: int, tmp_path: Path) -> None:
    file = archive_of((special("cats/link.png", mode), b"/etc/passwd"))
    refused(file, tmp_path / "root", "is a link or a device")


def test_an_encrypted_entry_is_refused(tmp_path: Path) -> None:
    data = bytearray(archive_of(("cats/1.png", b"x")).getvalue())
    central = data.index(b"PK\x01\x02")
    data[central + 8] |= 1  # the flag in the table of contents
    refused(io.BytesIO(bytes(data)), tmp_path / "root", "is encrypted")


def test_the_same_name_twice_is_refused(tmp_path: Path) -> None:
    with pytest.warns(UserWarning, match="Duplicate"):
        file = archive_of(("cats/1.png", b"x"), ("cats/1.png", b"y"))
    refused(file, tmp_path / "root", "is in it twice")


def test_a_hundred_thousand_entries_are_refused(tmp_path: Path) -> None:
    file = archive_of(*((f"cats/{i}.png", b"") for i in range(100_000)))
    refused(file, tmp_path / "root", "100,000 files or more; at most 20,000")


def test_a_table_of_contents_that_is_too_large_is_not_even_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However it is found: at the end, before a comment, or by ZIP64's record."""
    data = bytearray(archive_of(("cats/1.png", b"x")).getvalue())
    monkeypatch.setattr(sources.zipfile, "ZipFile", None)
    struct.pack_into("<I", data, len(data) - 10, 30 * 2**20)
    larger = struct.pack("<4sQHHIIQQQQ", b"PK\x06\x06", 44, 45, 45, 0, 0, 1, 1, 2**40, 0)
    locator = struct.pack("<4sIQI", b"PK\x06\x07", 0, len(data) - 22, 1)
    whole = bytes(data)
    for place, hostile in enumerate(
        (whole, whole[:-2] + b"\x03\x00abc", whole[:-22] + larger + locator + whole[-22:])
    ):
        refused(io.BytesIO(hostile), tmp_path / f"{place}" / "root", "table of contents alone")


def test_what_would_grow_a_thousand_times_is_refused(tmp_path: Path) -> None:
    file = archive_of(("cats/1.png", bytes(20_000_000)), deflated=True)
    assert len(file.getvalue()) < 40_000
    refused(file, tmp_path / "root", r"would grow 1,0\d\d times")


def test_more_than_a_disk_should_give_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sources, "MOST_BYTES", 100)
    file = archive_of(("cats/1.png", bytes(60)), ("dogs/1.png", bytes(60)))
    refused(file, tmp_path / "root", "would unpack to")


@pytest.mark.parametrize("lie", [3, 5_000])
def test_an_entry_that_lies_about_its_size_is_no_picture(lie: int) -> None:
    data = bytearray(archive_of(("cats/1.png", bytes(range(100)))).getvalue())
    central = data.index(b"PK\x01\x02")
    struct.pack_into("<I", data, central + 24, lie)
    with zip_source(io.BytesIO(bytes(data))) as source, pytest.raises(DataError):
        source.read(source.entries[0])


@pytest.mark.parametrize("data", [b"", b"not an archive", b"PK\x03\x04 cut off"])
def test_what_is_no_archive_is_said(data: bytes, tmp_path: Path) -> None:
    refused(io.BytesIO(data), tmp_path / "root", "no ZIP archive")


def test_a_cut_off_archive_is_said(tmp_path: Path) -> None:
    whole = packed(shapes(tmp_path / "s", n=4), tmp_path / "s.zip").read_bytes()
    with pytest.raises(DataError, match="no ZIP archive"), zip_source(io.BytesIO(whole[:-30])):
        pass


def test_a_damaged_entry_is_one_problem(tmp_path: Path) -> None:
    data = bytearray(archive_of(("cats/1.png", b"payload" * 9), ("cats/2.png", b"ok")).getvalue())
    data[data.index(b"payload")] ^= 0xFF
    with zip_source(io.BytesIO(bytes(data))) as source:
        first, second = source.entries
        with pytest.raises(DataError, match=r"cats/1\.png is damaged inside the archive"):
            source.read(first)
        assert source.read(second) == b"ok"


def test_litter_and_folders_are_no_entries() -> None:
    file = archive_of(
        ("cats/", b""),
        ("cats/1.png", b"x"),
        ("__MACOSX/cats/._1.png", b"x"),
        ("cats/.DS_Store", b"x"),
        ("cats/Thumbs.db", b"x"),
    )
    with zip_source(file) as source:
        assert source.entries == [Entry(("cats", "1.png"), 1)]


def test_a_folder_is_read_but_no_link_that_leads_out_of_it(tmp_path: Path) -> None:
    (tmp_path / "secret.png").write_bytes(b"secret")
    root = tmp_path / "root"
    (root / "cats").mkdir(parents=True)
    (root / "cats" / "1.png").write_bytes(b"one")
    (root / "cats" / "out.png").symlink_to(tmp_path / "secret.png")
    (root / "dogs").symlink_to(tmp_path)
    (root / "cats" / "inside.png").symlink_to(root / "cats" / "1.png")
    source = FolderSource(root)
    assert [entry.name for entry in source.entries] == ["cats/1.png", "cats/inside.png"]
    assert source.read(source.entries[0]) == b"one"


def test_a_file_that_became_a_link_meanwhile_is_not_read(tmp_path: Path) -> None:
    (tmp_path / "secret.png").write_bytes(b"secret")
    root = tmp_path / "root"
    (root / "cats").mkdir(parents=True)
    path = root / "cats" / "1.png"
    path.write_bytes(b"one")
    source = FolderSource(root)
    path.unlink()
    path.symlink_to(tmp_path / "secret.png")
    with pytest.raises(DataError, match="leads out"):
        source.read(source.entries[0])


def test_a_folder_that_is_none_or_too_large_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(DataError, match="no folder"):
        FolderSource(tmp_path / "missing")
    monkeypatch.setattr(sources, "MOST_ENTRIES", 5)
    with pytest.raises(DataError, match="at most 5"):
        FolderSource(shapes(tmp_path / "many", n=3))


def test_a_huge_file_is_not_even_opened(tmp_path: Path) -> None:
    source = FolderSource(shapes(tmp_path / "s", n=1))
    with pytest.raises(DataError, match="at most 64 can be read"):
        source.read(Entry(source.entries[0].parts, 65 * 2**20))
