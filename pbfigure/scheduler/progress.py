"""How far a batch is, for the front ends to show."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Progress:
    """One moment of a batch."""

    total: int
    made: int
    failed: int
    left: int
    """Ordered, but left to the next build to fetch."""
    stages: tuple[tuple[str, int], ...]
    """What the unfinished ones are at, and how many: waiting, pending, planner, …"""
    credits: float
    """Spent so far, by the tasks' own word."""
    waiting_for: str = ""
    """Why nothing is ordered just now, if a reader should know."""
    stopped: str = ""
    """Why nothing more is ordered at all, once that is so: the service is dead, say."""

    def __str__(self) -> str:
        parts = [f"{self.made} of {self.total} made"]
        if self.failed:
            parts.append(f"{self.failed} failed")
        if self.left:
            parts.append(f"{self.left} left to the next build")
        parts += [f"{count} {stage}" for stage, count in self.stages]
        parts.append(f"{self.credits:g} credits spent")
        return ", ".join(parts) + (f" (waiting: {self.waiting_for})" if self.waiting_for else "")


Report = Callable[[Progress], None]


def counted(stages: list[str]) -> tuple[tuple[str, int], ...]:
    """Return how many are at each stage, the most common first."""
    return tuple(Counter(sorted(stages)).most_common())
