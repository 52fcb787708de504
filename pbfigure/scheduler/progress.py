"""The progress of a batch, for the front ends to show."""

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
    """How many ended without a picture, by result: failed, missing, left to the next build."""
    stages: tuple[tuple[str, int], ...]
    """How many are unfinished, by stage: waiting, pending, planner, …"""
    credits: float
    """Spent so far, as the tasks report it."""
    sandbox: bool = False
    """Whether they are the sandbox's, which cost nothing."""
    drawing: tuple[tuple[str, str], ...] = ()
    """What the service has in hand, each with its stage: by key, or by what is shown for a key."""
    waiting_for: str = ""
    """Why nothing is ordered at the moment, if the user should know."""
    stopped: str = ""
    """Why nothing more is ordered at all; empty if orders go on."""

    @property
    def unit(self) -> str:
        """The unit of what was spent."""
        return "sandbox credits" if self.sandbox else "credits"

    def __str__(self) -> str:
        parts = [f"{self.made} of {self.total} made"]
        parts += [f"{count} {words}" for words, count in (*self.unmade, *self.stages)]
        parts.append(f"{self.credits:g} {self.unit} spent")
        return ", ".join(parts) + (f" (waiting: {self.waiting_for})" if self.waiting_for else "")


Report = Callable[[Progress], None]


def counted(words: Iterable[str]) -> tuple[tuple[str, int], ...]:
    """Count each word, the most common first."""
    return tuple(Counter(sorted(words)).most_common())
