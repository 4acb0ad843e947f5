"""``folders``: pictures of one's own, imported and listed as the page does it."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from fmnist_core.cli.progress import Progress
from fmnist_core.folders import Folder, FolderStore, import_folder, import_zip
from fmnist_core.runs import RunStore
from fmnist_core.wording import count


def folders(options: argparse.Namespace) -> int:
    """Import one, or list those that are there."""
    store = FolderStore(RunStore().root)
    found = [_imported(store, options.path, options.name)] if options.path else store.list()
    if options.json:
        print(json.dumps([_row(folder) for folder in found]))
        return 0
    if not found:
        print(f"No folders in {store.root} yet.")
    for folder in found:
        print(f"{folder.id}  {folder.name}: {count(folder.total, 'picture')}")
        for part in folder.counts:
            if folder.n(part):
                counts = zip(folder.class_names, folder.counts[part], strict=True)
                print(f"  {part:<10} {', '.join(f'{name} {n:,}' for name, n in counts)}")
        for warning in folder.warnings:
            print(f"  {warning}")
        for problem in folder.problems:
            print(f"  left out: {problem.name}: {problem.reason}")
        if folder.problem_count > len(folder.problems):
            print(f"  left out: {folder.problem_count:,} in all")
    return 0


def _imported(store: FolderStore, path: Path, name: str | None) -> Folder:
    shown = Progress(sys.stderr)

    def progress(done: int, total: int) -> None:
        if done == total or done % 500 == 0:
            shown.say(f"{done:,} of {total:,} pictures read")

    bring = import_folder if path.is_dir() else import_zip
    return bring(store.root, path, name or path.stem, progress)


def _row(folder: Folder) -> dict[str, object]:
    return {
        "folder": folder.id,
        "name": folder.name,
        "classes": list(folder.class_names),
        "counts": {part: list(counts) for part, counts in folder.counts.items()},
        "left_out": folder.problem_count,
        "warnings": folder.warnings,
    }
