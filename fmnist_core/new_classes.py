"""Classes of a visitor's own: names, and a few example pictures of each, kept in one small file.

The pictures themselves are in the ``PictureStore``; here are their names.
"""

from __future__ import annotations

import re
import secrets
from pathlib import Path
from typing import Self

from pydantic import Field, ValidationError, field_validator

from fmnist_core.errors import ExperimentError, RunNotFoundError
from fmnist_core.files import write_atomically
from fmnist_core.values import Value, explain

FEWEST, MOST = 2, 10
MOST_EXAMPLES = 50
"""Of one class."""
NAME_LENGTH = 30
FOLDER = "new-classes"
_ID = re.compile(r"[a-z0-9]{8}")


class OwnClass(Value):
    name: str = Field(min_length=1, max_length=NAME_LENGTH)
    pictures: tuple[str, ...] = Field((), max_length=MOST_EXAMPLES)
    """References in the ``PictureStore``."""


class NewClasses(Value):
    id: str = Field(pattern="^[a-z0-9]{8}$")
    model: str
    """The network whose features are used."""
    created: float
    classes: tuple[OwnClass, ...] = Field(min_length=FEWEST, max_length=MOST)

    @field_validator("classes")
    @classmethod
    def _names_differ(cls, classes: tuple[OwnClass, ...]) -> tuple[OwnClass, ...]:
        names = [each.name.casefold() for each in classes]
        if len(set(names)) < len(names):
            raise ValueError(f"every class needs a name of its own, received {', '.join(names)}.")
        return classes

    @property
    def names(self) -> list[str]:
        return [each.name for each in self.classes]

    @property
    def n(self) -> int:
        """Examples in all."""
        return sum(len(each.pictures) for each in self.classes)

    def with_examples(self, number: int, pictures: tuple[str, ...]) -> Self:
        """Class ``number`` with these examples, each once.

        Raises ExperimentError: more than a class may have.
        """
        kept = tuple(dict.fromkeys(pictures))
        if len(kept) > MOST_EXAMPLES:
            raise ExperimentError(
                f"{self.classes[number].name} would have {len(kept)} examples; at most "
                f"{MOST_EXAMPLES} are kept. Remove some first."
            )
        changed = list(self.classes)
        changed[number] = changed[number].changed(pictures=kept)
        return self.changed(classes=tuple(changed))


class NewClassesStore:
    """One JSON file each, in a folder beside the runs."""

    def __init__(self, root: Path) -> None:
        self._folder = root / FOLDER

    def create(self, names: list[str], model: str, now: float) -> NewClasses:
        """Raises ExperimentError: too few, too many, or not different names."""
        cleaned = [name for name in (" ".join(name.split()) for name in names) if name]
        if not FEWEST <= len(cleaned) <= MOST:
            raise ExperimentError(
                f"Expected {FEWEST} to {MOST} names with commas between them, received "
                f"{len(cleaned)}."
            )
        try:
            made = NewClasses(
                id=secrets.token_hex(4),
                model=model,
                created=now,
                classes=tuple(OwnClass(name=name) for name in cleaned),
            )
        except ValidationError as error:
            raise ExperimentError(explain(error, "your classes")) from error
        self.save(made)
        return made

    def save(self, value: NewClasses) -> None:
        """All or nothing; an earlier version is replaced."""
        self._folder.mkdir(parents=True, exist_ok=True)
        path = self._folder / f"{value.id}.json"
        write_atomically(path, value.to_json().encode())

    def get(self, name: str) -> NewClasses:
        """Raises RunNotFoundError: there are none of this name, or they cannot be read."""
        path = self._folder / f"{name}.json"
        if not _ID.fullmatch(name) or not path.is_file():
            raise RunNotFoundError(f"There are no classes {name[:20]!r}. They may be deleted.")
        try:
            return NewClasses.from_json(path.read_bytes())
        except ExperimentError as error:
            raise RunNotFoundError(
                f"The classes {name!r} cannot be read. Begin new ones."
            ) from error

    def list(self) -> list[NewClasses]:
        """Newest first; unreadable ones are left out."""
        found = []
        for path in self._folder.glob("*.json"):
            try:
                found.append(self.get(path.stem))
            except RunNotFoundError:
                continue
        return sorted(found, key=lambda each: -each.created)

    def delete(self, name: str) -> None:
        self.get(name)
        (self._folder / f"{name}.json").unlink()
