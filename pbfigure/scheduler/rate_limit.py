"""The rate limit of an API key: when the next request may be sent.

It is one log of requests for each key, shared by every process on the machine. The
reference allows a key 60 requests a minute. The service counts a request at some moment between its
sending and its answer, so here it counts until a window after its answer: however slow a line is,
no 60 requests in a minute become 61. An order leaves a free place to a poll that waits.

Of several waiting processes, the one whose last request is oldest has the next turn. Otherwise a
build of 200 figures would block one of five.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from pbfigure.api.errors import ApiError, RateLimited
from pbfigure.scheduler.clock import Clock
from pbfigure.scheduler.retry_wait import LONGEST_PAUSE
from pbfigure.store.database import Database

WINDOW = 60.25
"""Seconds: the service's minute, and what clocks may differ by in one."""
TURN_TIMEOUT = 2.0
"""Seconds that a turn is kept for a process: it may be dead or stopped."""
YIELD = 0.1
"""Seconds until a process tries again after it let another one go first."""
QUEUE_LIMIT = 1000
"""Most waiting processes in the log."""

RATE_LIMITED = "the service's rate limit"


@dataclass(slots=True)
class _Log:
    """What the processes that use one API key share."""

    times: list[float]
    """Times of all requests."""
    not_before: float
    waiting: dict[str, list[float]] = field(default_factory=dict)
    """For each waiting process: the time of its last request of that kind, and of its next one."""


class RateLimit:
    """The rate limit of one key."""

    def __init__(
        self, database: Database, clock: Clock, fingerprint: str, requests_per_minute: int
    ) -> None:
        self._database = database
        self._clock = clock
        self.account = fingerprint
        """The fingerprint: identifies a key without revealing it."""
        self._name = f"rate_limit:{fingerprint}"
        self._limit = requests_per_minute
        self.on_pause: Callable[[float], None] = lambda seconds: None
        """Called with the seconds that the service asks for."""
        self._own_name = uuid.uuid4().hex[:12]
        self._served = {"order": 0.0, "poll": 0.0}
        self._answered: dict[float, float] = {}
        """When requests were answered, by the time at which they were taken."""
        self._queued_until = 0.0

    def take(self, *, poll: bool = False) -> float:
        """Reserve one request now and return 0, or return the seconds to wait first."""
        kind = "poll" if poll else "order"
        with self._database.transaction():
            now = self._clock.time()
            log = self._read(now)
            wait = self._wait(log, now)
            served = min(self._served[kind], now)  # the clock may have been set back
            if not wait and (
                self._is_others_turn(log, kind, served, now)
                or (not poll and self._is_left_to_polls(log, now))
            ):
                self._write(log)
                return YIELD
            if wait:
                self._queue(log, kind, served, now + wait)
                return wait
            log.times.append(now)
            log.waiting.pop(f"{kind}:{self._own_name}", None)
            self._write(log)
        self._served[kind] = now
        return 0.0

    def give_back(self) -> None:
        """Release the request that was reserved for an order last, as nothing was sent."""
        with self._database.transaction():
            log = self._read(self._clock.time())
            if self._served["order"] in log.times:
                log.times.remove(self._served["order"])
            self._write(log)

    @contextmanager
    def sending(self, *, poll: bool = False) -> Iterator[None]:
        """Send the request that was taken: it counts from its answer on, as the next one learns."""
        taken = self._served["poll" if poll else "order"]
        try:
            yield
        finally:
            self._answered[taken] = self._clock.time()

    def queue(self) -> None:
        """Announce to the other processes that an order waits here while one of theirs is sent."""
        now = self._clock.time()
        if now < self._queued_until <= now + TURN_TIMEOUT:
            return
        with self._database.transaction():
            self._queue(self._read(now), "order", min(self._served["order"], now), now)
        self._queued_until = now + TURN_TIMEOUT / 2

    def pause_after(self, error: ApiError, wait: float) -> None:
        """Pause every process after a failure, if the service asks for it. A rate limit holds for
        the key and so for all processes.
        """
        seconds = wait if isinstance(error, RateLimited) else error.retry_after
        if seconds:
            self.pause(seconds)
            self.on_pause(seconds)

    def pause(self, seconds: float) -> None:
        """Pause every process that uses the key, for ten minutes at the most."""
        with self._database.transaction():
            now = self._clock.time()
            log = self._read(now)
            log.not_before = max(log.not_before, now + min(seconds, LONGEST_PAUSE))
            self._write(log)

    def _wait(self, log: _Log, now: float) -> float:
        """Return the seconds until a request is free, ignoring whose turn it is."""
        if log.not_before > now:
            return log.not_before - now
        if len(log.times) < self._limit:
            return 0.0
        return max(0.05, log.times[-self._limit] + WINDOW - now)

    def _is_left_to_polls(self, log: _Log, now: float) -> bool:
        """Whether polls wait for all requests that are free: orders would let them starve."""
        polls = [due for name, (_, due) in log.waiting.items() if name.startswith("poll")]
        return self._limit - len(log.times) <= sum(due - YIELD <= now for due in polls)

    def _is_others_turn(self, log: _Log, kind: str, served: float, now: float) -> bool:
        """Whether another process waits whose last request is older."""
        mine = f"{kind}:{self._own_name}"
        return any(
            last < served and due - YIELD <= now
            for name, (last, due) in log.waiting.items()
            if name.startswith(kind) and name != mine
        )

    def _queue(self, log: _Log, kind: str, served: float, due: float) -> None:
        log.waiting[f"{kind}:{self._own_name}"] = [served, due]
        self._write(log)

    def _read(self, now: float) -> _Log:
        """Return the log without past entries, and without future ones of a clock that jumped."""
        document = self._database.get(self._name) or {}
        answered = {taken: self._answered.pop(taken) for taken in list(self._answered)}
        counted = [answered.get(taken, taken) for taken in _numbers(document.get("times"))]
        times = sorted(moment for moment in counted if now - WINDOW < moment <= now + 1)
        pauses = [
            moment
            for moment in _numbers(document.get("not_before"))
            if now < moment <= now + LONGEST_PAUSE
        ]
        waiting = document.get("waiting")
        queue = list(waiting.items())[-QUEUE_LIMIT:] if isinstance(waiting, dict) else []
        found = {name: _numbers(moments) for name, moments in queue}
        return _Log(
            times,
            max(pauses, default=0.0),
            {
                name: moments
                for name, moments in found.items()
                if len(moments) == 2 and now - TURN_TIMEOUT < moments[1] <= now + 3600
            },
        )

    def _write(self, log: _Log) -> None:
        self._database.put(
            self._name, {"times": log.times, "not_before": [log.not_before], "waiting": log.waiting}
        )


def _numbers(value: object) -> list[float]:
    return [each for each in value if isinstance(each, float)] if isinstance(value, list) else []
