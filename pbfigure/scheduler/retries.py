"""When to try again after an answer that brought nothing, and when to stop trying.

A wait that the service names (:mod:`pbfigure.api.retry_after` reads its header) is kept, and
a little more. Only failures in a row lengthen it: to 2, 4, 8 … 60 s, which also are the waits
where the service names none.
"""

from __future__ import annotations

from dataclasses import dataclass

from pbfigure.api.errors import ApiError, RateLimited, Unreachable
from pbfigure.figure.notice import FigureError
from pbfigure.scheduler.clock import Clock
from pbfigure.scheduler.errors import AskedToWait

MARGIN = 0.25
"""Seconds added to a wait that the service names."""
OUTAGE = 50.0
"""Seconds without one good answer after which the service counts as down."""
UNREACHABLE_TRIES = 3
"""Attempts in a row that find no connection before no more are made."""
LIMITED_TRIES = 12
"""429s in a row before no more attempts are made: others use the limit up."""

SLOWED = "the service's rate limit"


@dataclass(frozen=True, slots=True)
class Later:
    """Nothing was done yet; try again after so many seconds."""

    seconds: float
    reason: str = ""
    for_all: bool = True
    """Whether no other order would fare better: else only those of its kind wait."""


def backoff(failures: int) -> float:
    """Return the seconds to wait after so many failures in a row: 2, 4, 8 … 60."""
    return min(60.0, 2.0 ** min(failures, 6))


class Retries:
    """Counts the failures in a row of one kind of request."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.failures = 0
        """In a row, without 429s: those say that the service is there."""
        self._limited = 0
        self._since = 0.0

    def succeeded(self) -> None:
        """Begin to count anew."""
        self.failures = self._limited = 0

    def failed(self, error: ApiError) -> float:
        """Count a failure; return the seconds to wait."""
        if isinstance(error, RateLimited):
            self._limited += 1
            wait = _wait(error, self._limited)
            self._since += wait  # no time in which the service was down
            return wait
        if not self.failures:
            self._since = self._clock.monotonic()
        self.failures += 1
        return _wait(error, self.failures)

    def verdict(self, error: ApiError, wait: float) -> FigureError | None:
        """Return why nothing more is to be tried after this failure, or None."""
        if isinstance(error, RateLimited):
            return error if self._limited >= LIMITED_TRIES else None
        if isinstance(error, Unreachable) and self.failures >= UNREACHABLE_TRIES:
            return error
        if wait > OUTAGE and error.retry_after:
            return AskedToWait(
                f"the service asks for a wait of {wait:.0f} s: nothing is ordered until then"
            )
        is_over = self._clock.monotonic() + wait - self._since > OUTAGE
        return error if is_over else None


def _wait(error: ApiError, in_a_row: int) -> float:
    if error.retry_after is None:
        return backoff(in_a_row)
    named = error.retry_after + MARGIN
    return named if in_a_row == 1 else max(named, backoff(in_a_row))
