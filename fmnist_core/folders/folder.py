"""What is known about a data set of one's own: classes, counts, and what is wrong with it."""

from __future__ import annotations

from pydantic import Field

from fmnist_core.folders.layout import MOST_CLASSES, Part
from fmnist_core.values import Value

SIDE = 300
"""Pixels of the squares that are kept; a network takes them at this size or smaller."""
SMALLEST_SIDE = 28
MOST_PICTURES = 10_000
"""2.7 GB at 300 x 300 in colour."""
UNBALANCED = 2.0
"""The largest class of the training pictures to the smallest, from which on it is said."""
SHOWN = 50
"""Problems and pairs that are kept by name; the others are counted."""


class Problem(Value):
    """A file that was left out."""

    name: str
    reason: str


class Twin(Value):
    """The same pixels in two splits, by file names."""

    first: str
    second: str


class Folder(Value):
    id: str = Field(pattern="^[a-z0-9]{8}$")
    name: str = Field(min_length=1, max_length=60)
    created: float
    class_names: tuple[str, ...] = Field(min_length=2, max_length=MOST_CLASSES)
    counts: dict[Part, tuple[int, ...]]
    """Pictures of each class in each split, the split's own folders' or those drawn here."""
    own_validation: bool
    """The folders said which pictures are for validation; else each run draws its own."""
    test_from: str
    """In words: where the test pictures come from."""
    colour: bool
    """Not all pictures are grey."""
    problem_count: int
    problems: tuple[Problem, ...]
    twin_count: int
    twins: tuple[Twin, ...]

    def n(self, part: Part) -> int:
        return sum(self.counts[part])

    @property
    def total(self) -> int:
        return sum(self.n(part) for part in self.counts)

    @property
    def warnings(self) -> list[str]:
        """What makes a result worth less, in sentences."""
        found = []
        train = self.counts["train"]
        most, least = max(train), min(train)
        if most >= UNBALANCED * least:
            large = self.class_names[train.index(most)]
            small = self.class_names[train.index(least)]
            found.append(
                f"The classes are unbalanced: {most:,} training pictures of {large}, {least:,} of "
                f"{small}. A network that always says {large} would look good. Add pictures of "
                f"{small}."
            )
        if self.twin_count:
            first = self.twins[0]
            found.append(
                f"{self.twin_count:,} {'picture is' if self.twin_count == 1 else 'pictures are'} "
                f"in two splits, such as {first.first} and {first.second}: what a network has "
                f"learned by heart tells nothing about new pictures. Take them out of one."
            )
        return found
