"""How long something of another process has looked the same: it may be stopped, and never go on."""

from __future__ import annotations

from pbfigure.scheduler.clock import Clock

UNSEEN = 10.0
"""Seconds without a look after which the count begins anew: we may have been stopped ourselves."""


class Standstill:
    """Counts the seconds since what is looked at last changed."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._sign: object = None
        self._since: float | None = None
        self._seen_at = 0.0

    def seconds(self, sign: object) -> float:
        """Look: return for how long it has been ``sign`` already."""
        now = self._clock.monotonic()
        if self._since is None or sign != self._sign or now - self._seen_at > UNSEEN:
            self._since = now
        self._sign, self._seen_at = sign, now
        return now - self._since

    def is_over(self) -> None:
        """Forget it: it went on."""
        self._since = None
