"""When to look at what is pending, and how: pure arithmetic, measured in benchmarks."""

from __future__ import annotations

SUBMITTING_INTERVAL = 30.0
"""Seconds between looks while there are figures left to order: ordering comes first."""
SHORTEST_INTERVAL = 2.0
"""Seconds."""
AGE_SHARE = 0.05
"""Of the oldest task's age: a picture is late by a twentieth of its making at the most."""


def look_interval(*, submitting: bool, oldest_age: float) -> float:
    """Return the seconds from one look at the pending tasks to the next."""
    if submitting:
        return SUBMITTING_INTERVAL
    return max(SHORTEST_INTERVAL, AGE_SHARE * oldest_age)


def list_is_cheaper(*, pending: int, pages: int) -> bool:
    """Whether the task list takes fewer requests than asking each task.

    ``pages`` is how many it took last time to find all of ours among the team's.
    """
    return pending > max(1, pages)


def backoff(failures: int) -> float:
    """Return the seconds to wait after so many failures in a row: 2, 4, 8 … 60."""
    return min(60.0, 2.0 ** min(failures, 6))
