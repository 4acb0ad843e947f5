"""Archives that are refused as a whole, at their limits too, and leave nothing anywhere."""

from __future__ import annotations

import io
import stat
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from fmnist_core.errors import DataError
from fmnist_core.folders import FolderStore, import_zip, sources
from tests.folders.archives import encoded, from_bytes, innocent, patched, picture, quiet, zipped

PICTURE = encoded(picture(7_000))
Refusal = Callable[[bytes], str]


def everything(root: Path) -> set[str]:
    return {path.relative_to(root).as_posix() for path in root.rglob("*")}


@pytest.fixture
def refusal(tmp_path: Path) -> Refusal:
    """Import an archive in vain, see that nothing was written anywhere, and return why."""

    def refuse(archive: bytes) -> str:
        store = FolderStore(tmp_path / "some" / "way" / "down")
        store.root.mkdir(parents=True, exist_ok=True)
        before = everything(tmp_path)
        with pytest.raises(DataError) as caught:
            from_bytes(store, archive)
        assert everything(tmp_path) == before
        return str(caught.value)

    return refuse


def with_entry(name: str | zipfile.ZipInfo, data: bytes = PICTURE) -> bytes:
    """An archive that would be welcome without its last entry."""
    return zipped([*innocent().items(), (name, data)])


def test_without_a_hostile_entry_the_archive_is_welcome(store: FolderStore) -> None:
    folder = from_bytes(store, zipped(innocent()))
    assert (folder.total, folder.problem_count) == (12, 0)
    assert folder.class_names == ("cats", "dogs")


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("../evil.png", "leads out of the archive with '..'"),
        ("a/../../b.png", "leads out of the archive with '..'"),
        ("cats/..", "leads out of the archive with '..'"),
        ("../", "leads out of the archive with '..'"),
        ("..\\..\\evil.png", "leads out of the archive with '..'"),
        ("__MACOSX/../../evil.png", "leads out of the archive with '..'"),
        ("/abs.png", "has an absolute path"),
        ("/cats/", "has an absolute path"),
        ("//server/cats/1.png", "has an absolute path"),
        ("C:/x.png", "has an absolute path"),
        ("c:x.png", "has an absolute path"),
        ("cats\\1.png", "has a backslash in its name"),
        ("<script>x</script>/a.png", "has HTML in its name"),
        (".hidden/<b>.png", "has HTML in its name"),
        ("cats/MORE.ZIP", "is an archive inside the archive"),
        ("cats/more.tar.gz", "is an archive inside the archive"),
        ("more.tgz", "is an archive inside the archive"),
        ("cats/more.7z", "is an archive inside the archive"),
        ("cats/\x1b[31mred.png", "has a name that cannot be printed"),
        ("cats/\x7f.png", "has a name that cannot be printed"),
        ("cats/\u202egnp.exe.png", "has a name that cannot be printed"),
        ("cats/evil\0.png", "has a name that cannot be printed"),
        ("cats/1.png\0.txt", "has a name that cannot be printed"),
        ("\0", "has a name that cannot be printed"),
        ("", "An entry has a name that cannot be printed"),
    ],
)
def test_a_name_that_no_folder_of_pictures_has(name: str, reason: str, refusal: Refusal) -> None:
    said = refusal(with_entry(name))
    assert reason in said
    assert "nothing of it was unpacked" in said
    assert said.isprintable()


def test_the_reason_shows_a_short_name(refusal: Refusal) -> None:
    said = refusal(with_entry("../" + "x" * 5_000))
    assert "../xxx" in said
    assert len(said) < 300


@pytest.mark.parametrize(
    "kind", [stat.S_IFLNK, stat.S_IFCHR, stat.S_IFBLK, stat.S_IFIFO, stat.S_IFSOCK]
)
def test_what_is_no_file(kind: int, refusal: Refusal) -> None:
    info = zipfile.ZipInfo("cats/passwd.png")
    info.external_attr = (kind | 0o777) << 16
    said = refusal(with_entry(info, b"/etc/passwd"))
    assert "cats/passwd.png is a link or a device, not a file" in said


@pytest.mark.parametrize("mode", [0, 0o644, stat.S_IFREG | 0o600])
def test_a_plain_file_of_any_system_is_welcome(mode: int, store: FolderStore) -> None:
    archive = patched(with_entry("cats/x.png"), "cats/x.png", attributes=mode << 16 | 0x20)
    assert from_bytes(store, archive).total == 13


def test_an_encrypted_file(refusal: Refusal) -> None:
    archive = patched(zipped(innocent()), "dogs/3.png", own_header=True, flags=1)
    assert "dogs/3.png is encrypted" in refusal(archive)


def test_one_entry_more_than_is_read(refusal: Refusal) -> None:
    said = refusal(zipped((f"cats/{i}.png", b"") for i in range(sources.MOST_ENTRIES + 1)))
    assert said.startswith("The archive has 20,001 files or more; at most 20,000 are read.")


def test_as_many_entries_as_are_read_are_welcome(
    store: FolderStore, monkeypatch: pytest.MonkeyPatch, refusal: Refusal
) -> None:
    monkeypatch.setattr(sources, "MOST_ENTRIES", 12)
    assert from_bytes(store, zipped(innocent())).total == 12
    assert "13 files or more" in refusal(with_entry("cats/"))  # folders are entries too


def huge(n: int, each: int) -> bytes:
    """An archive whose ``n`` entries declare ``each`` bytes, packed and unpacked."""
    archive = zipped((f"cats/{i}.png", b"") for i in range(n))
    for i in range(n):
        archive = patched(archive, f"cats/{i}.png", size=each, packed=each)
    return archive


def test_more_bytes_in_all_than_are_read(refusal: Refusal) -> None:
    assert "would unpack to 4.1 GB; at most 4 GB are read." in refusal(huge(73, 60_000_000))
    with sources.zip_source(io.BytesIO(huge(64, 2**26))) as source:
        assert sum(entry.size for entry in source.entries) == sources.MOST_BYTES
    assert "would unpack to" in refusal(huge(64, 2**26 + 1))


def test_a_small_file_may_be_packed_well(store: FolderStore) -> None:
    """A drawing without compression of its own, such as a BMP, packs a thousand to one."""
    plain = encoded(picture(7_000, (500, 600)), "BMP")
    assert len(plain) < sources.SMALL
    archive = zipped({**innocent(), "cats/plain.bmp": plain}, zipfile.ZIP_DEFLATED)
    assert len(archive) < 10_000
    assert from_bytes(store, archive).total == 13


@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize("again", ["cats/0.png", "cats//0.png", "./cats/./0.png"])
def test_the_same_name_twice(again: str, refusal: Refusal) -> None:
    entries = innocent()
    said = refusal(zipped([*entries.items(), (again, bytes(len(entries["cats/0.png"])))]))
    assert "cats/0.png is in it twice" in said


@pytest.mark.parametrize("entries", [{}, {"cats/": b"", "dogs/": b""}, {"cats/.x.png": PICTURE}])
def test_no_pictures(entries: dict[str, bytes], refusal: Refusal) -> None:
    assert "There is no picture in a sub-folder" in refusal(zipped(entries))


@pytest.mark.parametrize(
    "data",
    [b"", b"Milk, eggs, shoes", PICTURE, b"PK\x03\x04" + bytes(50), zipped(innocent())[:-30]],
    ids=["empty", "text", "picture", "head", "cut"],
)
def test_no_archive(data: bytes, refusal: Refusal) -> None:
    assert "This is no ZIP archive that can be read" in refusal(data)


@pytest.mark.parametrize("name", ["text.zip", "nowhere.zip", "folder.zip"])
def test_a_path_that_is_no_archive(name: str, tmp_path: Path) -> None:
    (tmp_path / "text.zip").write_text("no archive")
    (tmp_path / "folder.zip").mkdir()
    before = everything(tmp_path)
    with pytest.raises(DataError, match="no ZIP archive that can be read"):
        import_zip(tmp_path / "my-folders", tmp_path / name, "Pets", quiet)
    assert everything(tmp_path) == before
