"""When pending tasks are likely ready: the latencies of the past, and the next moment to poll.

Latencies of one kind of task are taken as log-logistic: its quantiles have a closed form, and its
tail is heavy. So a task that outlives all others is polled at a steady share of its age, and no
history, however wrong, has a task wait much longer than it took.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Iterable, Sequence
from typing import NamedTuple

HISTORY = 30
"""The latest latencies of a kind that count: so few that a changed service is soon followed."""
PRIOR_WEIGHT = 3
"""How many latencies the prior counts for."""
LEAST_SPREAD = 0.15
"""What a few like latencies do not say: that all others are alike."""
ALL_READY = 0.1
"""The chance that all pending tasks are ready at which they are polled. For a single task, that is
about ten polls: with lognormal latencies, no other ten have it wait for a shorter time."""
SHARE_READY = 0.4
"""The share of the pending tasks that is likely ready at which they are polled."""
LONGEST_INTERVAL = 600.0
"""Seconds after which tasks are polled at the latest."""
_STEEPNESS = math.pi / math.sqrt(3)


class Latency(NamedTuple):
    """How long tasks of one kind take."""

    median: float
    """Seconds."""
    spread: float
    """Standard deviation of the logarithms."""

    def odds(self, age: float) -> float:
        """Return the odds that a task is ready at an age."""
        if age <= 0:
            return 0.0
        power = _STEEPNESS / self.spread * (math.log(age) - math.log(self.median))
        return math.exp(min(power, 300.0))


PRIOR = Latency(45.0, 0.8)
"""The API reference names no latency; its example asks every 5 s. A wide guess."""
PRIOR_OF_EMULATORS = Latency(2.0, 1.0)
"""The sandbox takes seconds."""


class PendingTask(NamedTuple):
    """A pending task, at some moment."""

    age: float
    """Seconds."""
    seen_age: float
    """Its age when it was seen to be pending last."""
    latency: Latency

    def chance(self, seconds: float) -> float:
        """Return the chance that it is ready so many seconds later."""
        before = self.latency.odds(self.seen_age)
        return max(0.0, 1 - (1 + before) / (1 + self.latency.odds(self.age + seconds)))


def latency_of(seconds: Iterable[float], prior: Latency) -> Latency:
    """Return the latency that the past shows."""
    logs = [math.log(each) for each in seconds]
    weight = len(logs) + PRIOR_WEIGHT
    mean = (sum(logs) + PRIOR_WEIGHT * math.log(prior.median)) / weight
    squares = sum((each - mean) ** 2 for each in logs)
    variance = (squares + PRIOR_WEIGHT * prior.spread**2) / weight
    return Latency(math.exp(mean), max(LEAST_SPREAD, math.sqrt(variance)))


def next_poll(pending: Sequence[PendingTask]) -> float:
    """Return in how many seconds to poll pending tasks; at least one is."""

    def is_due(seconds: float) -> bool:
        chances = [task.chance(seconds) for task in pending]
        return sum(chances) >= SHARE_READY * len(chances) or math.prod(chances) >= ALL_READY

    if is_due(0.0):
        return 0.0
    low, high = 0.0, 1.0
    while not is_due(high) and high < LONGEST_INTERVAL:
        low, high = high, 2 * high
    while high - low > 0.02 * high and high > 0.1:
        middle = (low + high) / 2
        low, high = (low, middle) if is_due(middle) else (middle, high)
    return min(high, LONGEST_INTERVAL)


class Latencies:
    """The latencies of all kinds of tasks, as the past shows them."""

    def __init__(self, past: Iterable[tuple[Hashable, float]]) -> None:
        """``past``: kinds with seconds, the latest first."""
        self._past: dict[Hashable, list[float]] = {}
        self._known: dict[tuple[Hashable, bool], Latency] = {}
        for kind, seconds in past:
            latest = self._past.setdefault(kind, [])
            if len(latest) < HISTORY:
                latest.append(seconds)

    def of(self, kind: Hashable, *, emulated: bool) -> Latency:
        """Return the latency of a kind; ``emulated``: whether the sandbox or its like makes it."""
        if (kind, emulated) not in self._known:
            prior = PRIOR_OF_EMULATORS if emulated else PRIOR
            self._known[kind, emulated] = latency_of(self._past.get(kind, ()), prior)
        return self._known[kind, emulated]
