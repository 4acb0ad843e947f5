"""Folders of this computer that whoever runs the app has opened to its visitors."""

from __future__ import annotations

import os
from pathlib import Path

ALLOWED_VARIABLE = "FMNIST_FOLDERS_DIR"


def allowed_folders() -> list[Path]:
    """The folders directly inside FMNIST_FOLDERS_DIR, by name; none where it is not set.

    A visitor chooses one of these and never types a path. Links that lead out do not count.
    """
    given = os.environ.get(ALLOWED_VARIABLE)
    if not given or not Path(given).is_dir():
        return []
    root = Path(given).resolve()
    return sorted(
        path
        for path in root.iterdir()
        if path.is_dir() and not path.name.startswith(".") and path.resolve().is_relative_to(root)
    )
