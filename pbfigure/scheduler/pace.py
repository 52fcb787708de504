"""How fast to ask: one log of requests per key, shared by every process on the machine.

The reference allows a key 60 requests a minute. A sliding log a little stricter than that (58 in
60.5 s) never met a 429 on a server that counts by its own clock. While figures are ordered, some
of it is kept for polls, or they would starve.
"""

from __future__ import annotations

import math

from pbfigure.scheduler.clock import Clock
from pbfigure.store.database import Database

WINDOW = 60.5
"""Seconds."""
POLL_SHARE = 4
"""Requests of a window kept for polls: one every 15 s."""


class Pace:
    """The pace of one key."""

    def __init__(
        self, database: Database, clock: Clock, fingerprint: str, requests_per_minute: int
    ) -> None:
        self._database = database
        self._clock = clock
        self.account = fingerprint
        """Tells keys apart without telling them."""
        self._name = f"pace:{fingerprint}"
        self._limit = max(1, math.floor(requests_per_minute * 58 / 60))

    def take(self, *, poll: bool = False) -> float:
        """Take a place for one request now and return 0, or return the seconds to wait first."""
        limit = self._limit if poll else max(1, self._limit - POLL_SHARE)
        with self._database.transaction():
            now = self._clock.time()
            times, not_before = self._read(now)
            if not_before > now:
                return not_before - now
            if len(times) >= limit:
                return max(0.05, times[len(times) - limit] + WINDOW - now)
            self._database.put(self._name, {"times": [*times, now], "not_before": not_before})
        return 0.0

    def pause(self, seconds: float) -> None:
        """Let every process that uses the key wait: a server said so."""
        with self._database.transaction():
            now = self._clock.time()
            times, not_before = self._read(now)
            not_before = max(not_before, now + seconds)
            self._database.put(self._name, {"times": times, "not_before": not_before})

    def _read(self, now: float) -> tuple[list[float], float]:
        """The log without what is past, and without what a clock that jumped put in the future."""
        document = self._database.get(self._name) or {}
        times = [float(t) for t in document.get("times", ()) if now - WINDOW < float(t) <= now + 1]
        not_before = float(document.get("not_before", 0.0))
        return sorted(times), not_before if not_before <= now + 3600 else 0.0
