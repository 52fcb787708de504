"""A clock that runs faster than this machine's, for builds against a sandbox that does too."""

from __future__ import annotations

import time
from collections.abc import Iterable
from concurrent.futures import Future
from typing import Any

from pbfigure.scheduler.clock import SystemClock


class FastClock(SystemClock):
    """``speed`` times as fast. ``origin`` is the moment at which it shows the real time; all
    processes that share a journal need the same origin.
    """

    def __init__(self, speed: float, origin: float | None = None) -> None:
        self._speed = speed
        self._began = time.time() if origin is None else origin, time.monotonic()

    def time(self) -> float:
        return self._began[0] + (super().time() - self._began[0]) * self._speed

    def monotonic(self) -> float:
        return self._began[1] + (super().monotonic() - self._began[1]) * self._speed

    def wait(self, running: Iterable[Future[Any]], seconds: float) -> None:
        super().wait(running, seconds / self._speed)
