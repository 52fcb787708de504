"""The three rate limits, each a window of 60 seconds that slides (section "Rate Limiting").

The reference does not say whether a refused request counts. Here it counts in the layers that let
it through and not in the one that refused it, so that ``Retry-After`` is a promise that holds for
whoever waits, and a client that hammers the API gains nothing.
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
            # The request that has to leave before there is room again. With a limit of 0 (one
            # lowered while running) there never is: a whole window is then the honest advice.
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
        """Count a request before anything else is known of it."""
        self._addresses[address].admit(now, limit, "IP address")

    def admit_key(self, now: float, key: str, key_limit: int, team_limit: int) -> None:
        """Count a request whose key is known, for the key and for its team."""
        self._keys[key].admit(now, key_limit, "API key")
        self._team.admit(now, team_limit, "team")
