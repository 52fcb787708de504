"""Time: the clock that tests can replace, the server's clock, and stalls of other processes."""

from __future__ import annotations

import time
from collections.abc import Iterable
from concurrent.futures import FIRST_COMPLETED, Future, wait
from typing import Any, Protocol


class Clock(Protocol):
    """A clock, and the only way to wait."""

    def time(self) -> float:
        """Seconds since the epoch; may jump."""

    def monotonic(self) -> float:
        """Seconds since some moment; never goes back."""

    def wait(self, running: Iterable[Future[Any]], seconds: float) -> None:
        """Return when one of ``running`` is done, or ``seconds`` have passed."""


class SystemClock:
    """This machine's clock."""

    def time(self) -> float:
        """Seconds since the epoch."""
        return time.time()

    def monotonic(self) -> float:
        """Seconds since some moment."""
        return time.monotonic()

    def wait(self, running: Iterable[Future[Any]], seconds: float) -> None:
        """Wait until one of ``running`` is done, or the seconds have passed."""
        seconds = max(0.0, seconds)
        if pending := list(running):
            wait(pending, timeout=seconds, return_when=FIRST_COMPLETED)
        else:
            time.sleep(seconds)


class ServerClock:
    """The server's clock: set by the ``Date`` of answers, continued by the monotonic clock.

    After the machine slept it is slow until the next answer, never fast. A slow clock makes a
    grace period longer, which errs on the side of not paying twice.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._ahead: float | None = None
        self.was_answered = False
        """Whether any answer has arrived yet, with or without a date."""

    def observe(self, server_time: float | None) -> None:
        """Set the clock by the date of an answer; None if that has none."""
        self.was_answered = True
        if server_time is None:
            return
        ahead = server_time - self._clock.monotonic()
        if self._ahead is None or not 0 < self._ahead - ahead < 1:  # dates have whole seconds
            self._ahead = ahead

    def date(self) -> float | None:
        """Return the server's time now, or None if no answer had a date."""
        return None if self._ahead is None else self._clock.monotonic() + self._ahead

    def time(self) -> float:
        """Return the server's time now; this machine's time if no answer had a date."""
        date = self.date()
        return self._clock.time() if date is None else date


OBSERVATION_GAP = 10.0
"""Seconds without an observation that restart the count: this process may have been stopped."""


class StallTimer:
    """Measures for how long an observed value of another process has not changed."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._value: object = None
        self._since: float | None = None
        self._seen_at = 0.0

    def observe(self, value: object) -> float:
        """Return for how many seconds the value has been ``value``."""
        now = self._clock.monotonic()
        if self._since is None or value != self._value or now - self._seen_at > OBSERVATION_GAP:
            self._since = now
        self._value, self._seen_at = value, now
        return now - self._since

    def reset(self) -> None:
        """Start the measurement again."""
        self._since = None
