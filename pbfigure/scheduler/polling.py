"""Polling: when pending tasks are likely ready, and one poll of them.

One poll reads the task list if that takes fewer requests than each task by its id. The latencies of
one workload are taken as log-logistic: the quantiles have a closed form, and the tail is heavy. So
a task that outlives all others is polled at a steady share of its age, and after a history that
misleads no task waits much longer than it took.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Hashable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from pbfigure.api.errors import (
    ApiError,
    Forbidden,
    NotFound,
    RateLimited,
    Unauthorized,
    Unreachable,
)
from pbfigure.api.task import Task, TaskStatus
from pbfigure.figure.notice import FigureError
from pbfigure.scheduler.errors import AskedToWait
from pbfigure.scheduler.jobs import Services
from pbfigure.scheduler.retry_wait import LONGEST_PAUSE, Retries

ABSENCES = 3
"""Polls of the list without a task before the task is queried by its id."""
LIST_TRIES = 2
"""Failures of the list in a row before every task is queried by its id instead."""

HISTORY = 30
"""The latest latencies of a kind that count: so few that a changed service is soon followed."""
PRIOR_WEIGHT = 3
"""How many latencies the prior counts for."""
LEAST_SPREAD = 0.15
"""The least spread: a few similar latencies do not show that all others are similar."""
ALL_READY = 0.1
"""Tasks are polled when the chance that all of them are ready reaches this. For a single task, that
is about ten polls: with lognormal latencies, no other ten have it wait for a shorter time."""
SHARE_READY = 0.4
"""Tasks are polled when this share of them is likely ready."""
LONGEST_INTERVAL = 600.0
"""Seconds after which tasks are polled at the latest."""
_STEEPNESS = math.pi / math.sqrt(3)


@dataclass(slots=True)
class PollResult:
    """The result of one poll."""

    began: float = -math.inf
    """When it began, by the monotonic clock; a poll that goes on keeps its first beginning."""
    tasks: dict[str, Task] = field(default_factory=dict)
    missing: set[str] = field(default_factory=set)
    """Tasks that the API does not know."""
    requests: int = 0
    """How many it took; a poll that goes on counts all of them."""
    wait: float = 0.0
    """Seconds to wait before the next poll."""
    failure: ApiError | None = None
    verdict: FigureError | None = None
    """Why no further poll makes sense: the API refused the key, or asks for too long a wait."""

    @property
    def is_cut_short(self) -> bool:
        """Whether the rate limit ended it: the next one goes on."""
        return self.wait > 0 and self.failure is None


class Poller:
    """Polls pending tasks, and remembers how many pages of the list that takes."""

    def __init__(self, services: Services) -> None:
        self._client, self._clock = services.client, services.clock
        self._rate_limit = services.rate_limit
        self._retries = Retries(services.clock)
        self._last = PollResult()
        self._pages = 1
        """Pages of the list that the last poll read to find all pending tasks."""
        self._page = 1
        """The page at which to go on: the rate limit may end a poll before the last page."""
        self._listed: set[str] = set()
        """The pending tasks that the pages before it showed."""
        self._absences: dict[str, int] = {}
        self._list_failures = 0
        self._queries: dict[str, int] = {}

    @property
    def failures(self) -> int:
        """How many polls in a row failed."""
        return self._retries.failures

    def poll(self, pending: Collection[str], doubtful: Collection[str]) -> PollResult:
        """Poll once. ``doubtful`` tasks are queried by their id as well."""
        last = self._last
        self._last = found = PollResult(self._clock.monotonic())
        if last.is_cut_short:
            found.began, found.requests = last.began, last.requests
        try:
            self._poll(set(pending), set(doubtful), found)
        except ApiError as error:
            found.failure = error
            if error.documented and isinstance(error, (Unauthorized, Forbidden)):
                found.verdict = error  # else a proxy wrote it, and the next answer may be the API's
        self._count_failure(found)
        return found

    def _count_failure(self, found: PollResult) -> None:
        """Count a failure, and pause every process if the service asks for it."""
        error = found.failure
        if error is None or (found.tasks and not isinstance(error, RateLimited)):
            self._retries.succeeded()
        if error is None:
            return
        wait = self._retries.failed(error)
        if wait > LONGEST_PAUSE:
            found.verdict = AskedToWait(wait)
        found.wait = max(found.wait, wait)
        self._rate_limit.pause_after(error, wait)

    def _poll(self, wanted: set[str], doubtful: set[str], found: PollResult) -> None:
        list_is_cheaper = len(wanted) > max(1, self._pages)
        if list_is_cheaper and self._list_failures < LIST_TRIES:
            try:
                absent = self._list(wanted, found)
            except (Unauthorized, Forbidden, RateLimited, Unreachable):
                raise
            except ApiError:
                self._list_failures += 1
                raise
            self._list_failures = 0
            if found.wait:
                return
            wanted = self._repeatedly_absent(absent) | (wanted & doubtful)
            wanted |= {t.task_id for t in found.tasks.values() if _lacks_pictures(t)}
        for task_id in sorted(wanted, key=lambda task_id: self._queries.get(task_id, 0)):
            self._query(task_id, found)
            if found.wait:
                return
        self._list_failures = 0

    def _list(self, wanted: set[str], found: PollResult) -> set[str]:
        """Read the list; return the tasks that no page of it shows."""
        while True:
            found.wait = self._rate_limit.take(poll=True)
            if found.wait:
                return set()
            found.requests += 1
            with self._rate_limit.sending(poll=True):
                page = self._client.tasks(self._page)
            found.tasks.update(
                (task.task_id, task) for task in page.tasks if task.task_id in wanted
            )
            self._listed |= found.tasks.keys()
            absent = wanted - self._listed
            if not absent or self._page >= min(page.total_pages, len(wanted)):
                break
            self._page += 1
        self._pages, self._page = self._page, 1
        self._listed.clear()
        return absent

    def _repeatedly_absent(self, absent: set[str]) -> set[str]:
        """Return the tasks that several polls of the list did not show: its pages may shift."""
        self._absences = {task_id: self._absences.get(task_id, 0) + 1 for task_id in absent}
        return {task_id for task_id, times in self._absences.items() if times >= ABSENCES}

    def _query(self, task_id: str, found: PollResult) -> None:
        found.wait = self._rate_limit.take(poll=True)
        if found.wait:
            return
        found.requests += 1
        self._queries[task_id] = self._queries.get(task_id, 0) + 1
        try:
            with self._rate_limit.sending(poll=True):
                found.tasks[task_id] = self._client.task(task_id)
        except NotFound:
            found.missing.add(task_id)
        except (Unauthorized, Forbidden, RateLimited, Unreachable):
            raise
        except ApiError as error:  # an error for one task says nothing about the others
            found.failure = error


def _lacks_pictures(task: Task) -> bool:
    return task.status == TaskStatus.SUCCESS and not task.image_urls


# -- when -----------------------------------------------------------------------------------------


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
    """Return in how many seconds to poll pending tasks, of which there is at least one."""

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
