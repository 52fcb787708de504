"""Time as the scheduler knows it, so that tests can give it another."""

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
