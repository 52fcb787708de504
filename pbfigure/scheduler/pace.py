"""How fast to ask: one log of requests per key, shared by every process on the machine.

The reference allows a key 60 requests a minute. A sliding log a little stricter than that (58 in
60.5 s) never met a 429 on a server that counts by its own clock. Some of it orders leave to polls,
or these would starve.
"""

from __future__ import annotations

import math

from pbfigure.scheduler.clock import Clock
from pbfigure.store.database import Database

WINDOW = 60.5
"""Seconds."""
POLL_SHARE = 2
"""Requests of a window that no order takes: a look every 30 s."""


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
        with self._database.transaction():
            now = self._clock.time()
            times, orders, not_before = self._read(now)
            if not_before > now:
                return not_before - now
            full = [_wait(times, self._limit, now)]
            if not poll:
                full.append(_wait(orders, max(1, self._limit - POLL_SHARE), now))
                orders = [*orders, now]
            if wait := max(full):
                return wait
            self._write([*times, now], orders, not_before)
        return 0.0

    def pause(self, seconds: float) -> None:
        """Let every process that uses the key wait: a server said so."""
        with self._database.transaction():
            now = self._clock.time()
            times, orders, not_before = self._read(now)
            self._write(times, orders, max(not_before, now + seconds))

    def _read(self, now: float) -> tuple[list[float], list[float], float]:
        """The log without what is past, and without what a clock that jumped put in the future."""
        document = self._database.get(self._name) or {}
        times, orders, pauses = (
            sorted(moment for moment in _numbers(document.get(name)) if after < moment <= before)
            for name, after, before in (
                ("times", now - WINDOW, now + 1),
                ("orders", now - WINDOW, now + 1),
                ("not_before", now, now + 3600),
            )
        )
        return times, orders, max(pauses, default=0.0)

    def _write(self, times: list[float], orders: list[float], not_before: float) -> None:
        self._database.put(
            self._name, {"times": times, "orders": orders, "not_before": [not_before]}
        )


def _numbers(value: object) -> list[float]:
    return [each for each in value if isinstance(each, float)] if isinstance(value, list) else []


def _wait(times: list[float], limit: int, now: float) -> float:
    """Return the seconds until one more than these keeps within the limit."""
    return 0.0 if len(times) < limit else max(0.05, times[len(times) - limit] + WINDOW - now)
