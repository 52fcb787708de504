"""How far a batch is, for the front ends to show."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Progress:
    """One moment of a batch."""

    total: int
    made: int
    unmade: tuple[tuple[str, int], ...]
    """How many ended otherwise: failed, missing, or left to the next build to fetch."""
    stages: tuple[tuple[str, int], ...]
    """What the unfinished ones are at, and how many: waiting, pending, planner, …"""
    credits: float
    """Spent so far, by the tasks' own word."""
    drawing: tuple[tuple[str, str], ...] = ()
    """What the service has in hand, each with its stage: by key, or by what is shown for a key."""
    waiting_for: str = ""
    """Why nothing is ordered just now, if a reader should know."""
    stopped: str = ""
    """Why nothing more is ordered at all, once that is so: the service is dead, say."""

    def __str__(self) -> str:
        parts = [f"{self.made} of {self.total} made"]
        parts += [f"{count} {words}" for words, count in (*self.unmade, *self.stages)]
        parts.append(f"{self.credits:g} credits spent")
        return ", ".join(parts) + (f" (waiting: {self.waiting_for})" if self.waiting_for else "")


Report = Callable[[Progress], None]


def counted(words: Iterable[str]) -> tuple[tuple[str, int], ...]:
    """Return how many there are of each, the most common first."""
    return tuple(Counter(sorted(words)).most_common())
