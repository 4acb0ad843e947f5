"""Which folders of the server a visitor may choose from."""

from __future__ import annotations

from pathlib import Path

import pytest

from fmnist_core.folders.allowed import ALLOWED_VARIABLE, allowed_folders


def test_none_where_nobody_allowed_any(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv(ALLOWED_VARIABLE, raising=False)
    assert allowed_folders() == []
    (tmp_path / "file").write_text("no folder")
    for value in ("", str(tmp_path / "nowhere"), str(tmp_path / "file")):
        monkeypatch.setenv(ALLOWED_VARIABLE, value)
        assert allowed_folders() == []


def test_folders_directly_inside_by_name_and_no_way_out(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    root = tmp_path / "allowed"
    for name in ("pets", "cars/inside", ".hidden"):
        (root / name).mkdir(parents=True)
    (tmp_path / "allowed-not").mkdir()
    (root / "file.zip").write_text("no folder")
    for name, target in (
        ("out", tmp_path),
        ("beside", tmp_path / "allowed-not"),
        ("alias", root / "pets"),
        ("gone", root / "nowhere"),
    ):
        (root / name).symlink_to(target)
    monkeypatch.setenv(ALLOWED_VARIABLE, str(root))
    assert [path.name for path in allowed_folders()] == ["alias", "cars", "pets"]
