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


class Traffic:
    """The requests of the last minute, of each address, each key and the one team."""

    def __init__(self) -> None:
        self._times: defaultdict[tuple[str, str], deque[float]] = defaultdict(deque)

    def admit(self, now: float, limit: int, layer: str, who: str = "") -> None:
        """Count one request of somebody in a layer, or raise the documented 429."""
        times = self._times[layer, who]
        while times and times[0] <= now - WINDOW:
            times.popleft()
        if len(times) >= limit:
            # the request that has to leave the window first; with a limit of 0, none ever does
            waits_for = times[len(times) - limit] if limit else now
            wait = max(1, math.ceil(waits_for + WINDOW - now))
            message = f"rate limit exceeded: {limit} requests per minute per {layer}"
            raise RefusalError(429, message, wait)
        times.append(now)
