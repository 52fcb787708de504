"""How long to wait after a failed request or task, and when to give up.

A ``Retry-After`` wait (:mod:`pbfigure.api.http_headers` reads the header) is honoured, with a
margin. Otherwise the wait grows with the failures in a row: 2, 4, 8 … 60 s.
"""

from __future__ import annotations

from dataclasses import dataclass

from pbfigure.api.errors import ApiError, RateLimited, Unreachable
from pbfigure.figure.notice import FigureError
from pbfigure.scheduler.clock import Clock
from pbfigure.scheduler.errors import AskedToWait
from pbfigure.scheduler.journal_entry import Entry, OrderState

RETRY_MARGIN = 0.25
"""Seconds added to the wait of a ``Retry-After``."""
OUTAGE_LIMIT = 50.0
"""Seconds without a good answer after which the service counts as down."""
UNREACHABLE_TRIES = 3
"""Failed connections in a row after which no more are attempted."""
LONGEST_PAUSE = 600.0
"""Seconds that the service can make builds wait at most; a build that is asked for more ends."""
LIMITED_TRIES = 12
"""Answers 429 in a row after which no more requests are made: other programs use up the limit."""


@dataclass(frozen=True, slots=True)
class Later:
    """Nothing was done yet; try again after ``seconds``."""

    seconds: float
    reason: str = ""
    for_all: bool = True
    """Whether all orders have to wait; if False, only those of the same kind."""


def failed_lately(entry: Entry, now: float, retry_failed_after: float) -> bool:
    """Whether an order's task failed, and the seconds after which it is tried again have not
    passed.
    """
    if entry.state != OrderState.FAILED:
        return False
    return now - retry_failed_after < (entry.ended_at or 0) <= now


def backoff(failures: int) -> float:
    """Return the seconds to wait after a number of failures in a row: 2, 4, 8 … 60."""
    return min(60.0, 2.0 ** min(failures, 6))


class Retries:
    """Counts the failures in a row of one kind of request."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.failures = 0
        """Failures in a row, not counting 429, which shows that the service is up."""
        self._limited = 0
        self._since = 0.0

    def succeeded(self) -> None:
        """Reset the count."""
        self.failures = self._limited = 0

    def failed(self, error: ApiError) -> float:
        """Count a failure; return the seconds to wait."""
        if isinstance(error, RateLimited):
            self._limited += 1
            wait = wait_after(error, self._limited)
            self._since += wait  # time in which the service was not down
            return wait
        if not self.failures:
            self._since = self._clock.monotonic()
        self.failures += 1
        return wait_after(error, self.failures)

    def verdict(self, error: ApiError, wait: float) -> FigureError | None:
        """Return the error to give up with after this failure, or None to go on."""
        if wait > LONGEST_PAUSE:
            return AskedToWait(wait)
        if isinstance(error, RateLimited):
            return error if self._limited >= LIMITED_TRIES else None
        if isinstance(error, Unreachable) and self.failures >= UNREACHABLE_TRIES:
            return error
        if wait > OUTAGE_LIMIT and error.retry_after:
            return AskedToWait(wait)
        is_over = self._clock.monotonic() + wait - self._since > OUTAGE_LIMIT
        return error if is_over else None


def wait_after(error: ApiError, in_a_row: int) -> float:
    """Return the seconds to wait after a failure, the ``in_a_row``-th in a row."""
    if error.retry_after is None:
        return backoff(in_a_row)
    named = error.retry_after + RETRY_MARGIN
    return named if in_a_row == 1 else max(named, backoff(in_a_row))
