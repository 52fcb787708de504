"""The three rate limits, each a window of 60 seconds that slides (section "Rate Limiting").

The reference does not say whether a refused request counts. Here it counts in the layers that admit
it and not in the one that refuses it, so that a client that waits for ``Retry-After`` is admitted.
"""

from __future__ import annotations

import math
from collections import defaultdict, deque

from pbfigure.sandbox.exchange import RefusalError

WINDOW = 60.0
"""Seconds a request counts for: every documented limit is per minute."""


class Window:
    """At most ``limit`` requests in any 60 seconds."""

    def __init__(self) -> None:
        self._times: deque[float] = deque()

    def admit(self, now: float, limit: int, layer: str) -> None:
        """Count one request, or raise the documented 429."""
        while self._times and self._times[0] <= now - WINDOW:
            self._times.popleft()
        if len(self._times) >= limit:
            # the request that has to leave the window first; with a limit of 0, none ever does
            waits_for = self._times[len(self._times) - limit] if limit else now
            wait = max(1, math.ceil(waits_for + WINDOW - now))
            message = f"rate limit exceeded: {limit} requests per minute per {layer}"
            raise RefusalError(429, message, Retry_After=str(wait))
        self._times.append(now)


class Traffic:
    """The windows of all addresses, all keys and the one team."""

    def __init__(self) -> None:
        self._addresses: defaultdict[str, Window] = defaultdict(Window)
        self._keys: defaultdict[str, Window] = defaultdict(Window)
        self._team = Window()

    def admit_address(self, now: float, address: str, limit: int) -> None:
        """Count a request by its address."""
        self._addresses[address].admit(now, limit, "IP address")

    def admit_key(self, now: float, key: str, key_limit: int, team_limit: int) -> None:
        """Count an authenticated request, by its key and by its team."""
        self._keys[key].admit(now, key_limit, "API key")
        self._team.admit(now, team_limit, "team")
