"""How thoroughly to measure."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Settings:
    pairs: int = 5
    """How often each comparison is made; also the number of seeds."""
    quick: bool = False
    """The smallest run of everything, to see that it works; its numbers mean nothing."""

    def times(self, usual: int) -> int:
        """How often something short is repeated."""
        return min(usual, 3) if self.quick else usual
