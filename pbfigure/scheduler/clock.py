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
    """This machine's clock; with ``speed``, every second of it counts as so many.

    ``origin`` is the moment at which such a clock shows the right time: of processes that share a
    journal, all must name the same.
    """

    def __init__(self, speed: float = 1.0, origin: float | None = None) -> None:
        self._speed = speed
        self._began = time.time() if origin is None else origin, time.monotonic()

    def time(self) -> float:
        """Seconds since the epoch."""
        return self._began[0] + (time.time() - self._began[0]) * self._speed

    def monotonic(self) -> float:
        """Seconds since some moment."""
        return self._began[1] + (time.monotonic() - self._began[1]) * self._speed

    def wait(self, running: Iterable[Future[Any]], seconds: float) -> None:
        """Wait in real time, as much shorter as the clock is faster."""
        real = max(0.0, seconds) / self._speed
        if pending := list(running):
            wait(pending, timeout=real, return_when=FIRST_COMPLETED)
        else:
            time.sleep(real)


class ServerClock:
    """The server's clock: heard from the ``Date`` of answers, carried on by one that never jumps.

    A machine that slept makes it slow until the next answer, never fast: then more tasks may be a
    lost answer's, and its grace is longer. Both err on the side of not paying twice.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._ahead: float | None = None
        self.was_heard = False
        """Whether there was any answer yet, dated or not."""

    def heard(self, server_time: float | None) -> None:
        """Take in an answer's date."""
        self.was_heard = True
        if server_time is None:
            return
        ahead = server_time - self._clock.monotonic()
        if self._ahead is None or not 0 < self._ahead - ahead < 1:  # dates have whole seconds
            self._ahead = ahead

    def date(self) -> float | None:
        """Return the server's time now, or None if it was never heard."""
        return None if self._ahead is None else self._clock.monotonic() + self._ahead

    def time(self) -> float:
        """Return the server's time now; this machine's if the server's was never heard."""
        date = self.date()
        return self._clock.time() if date is None else date


UNSEEN = 10.0
"""Seconds without an observation after which a stall is counted anew: this process may have been
stopped itself."""


class StallTimer:
    """Counts the seconds for which something of another process has looked the same."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._value: object = None
        self._since: float | None = None
        self._seen_at = 0.0

    def observe(self, value: object) -> float:
        """Return for how many seconds it has been ``value``."""
        now = self._clock.monotonic()
        if self._since is None or value != self._value or now - self._seen_at > UNSEEN:
            self._since = now
        self._value, self._seen_at = value, now
        return now - self._since

    def reset(self) -> None:
        """Forget what was observed: it went on."""
        self._since = None
