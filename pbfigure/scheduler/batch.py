"""Many pictures at once: one loop that orders, looks, fetches and waits, and owns all that runs.

The loop never blocks on the network: every exchange is a future of a small pool of threads, at
most one order and one look among them. It ends when every wanted key has an outcome, and leaves
no thread, no lock and no connection behind.
"""

from __future__ import annotations

import contextlib
from collections import deque
from collections.abc import Callable, Iterable
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from pbfigure.api.client import Client
from pbfigure.api.download import Downloads
from pbfigure.api.errors import ApiError
from pbfigure.api.task import FAILED as TASK_FAILED
from pbfigure.api.task import SUCCESS, Task
from pbfigure.figure.cost import estimate
from pbfigure.figure.notice import FigureError
from pbfigure.scheduler.clock import Clock
from pbfigure.scheduler.collection import Collected, collect
from pbfigure.scheduler.job import (
    ELSEWHERE,
    ENDED,
    FETCHING,
    PENDING,
    WAITING,
    Failed,
    Job,
    Made,
    NotMade,
    Order,
    Outcome,
    OverBudget,
    StillOwed,
    TimedOut,
    UnknownFate,
)
from pbfigure.scheduler.journal import FAILED, SUBMITTED, UNKNOWN, Entry, Journal
from pbfigure.scheduler.pace import Pace
from pbfigure.scheduler.progress import Progress, Report, counted
from pbfigure.scheduler.submission import (
    Later,
    Refused,
    Step,
    Stopped,
    Submission,
    Submitted,
    Unknown,
)
from pbfigure.scheduler.timetable import backoff, look_interval
from pbfigure.scheduler.watch import Look, Watch
from pbfigure.store.cache_dir import CacheDir
from pbfigure.store.database import StateUnavailable
from pbfigure.store.picture import BadPicture
from pbfigure.store.record import Record

WORKERS = 6
"""Threads: one orders, one looks, four fetch."""
FETCHES = 5
"""Tries to fetch a picture before it is left to the next build."""
OUT_OF_REACH = 6
"""Looks that fail in a row, some two minutes, before what is pending is left to the next build."""
ELSEWHERE_INTERVAL = 1.0
"""Seconds between looks at what another process makes."""
REPORT_INTERVAL = 1.0


@dataclass(frozen=True, slots=True)
class Limits:
    """How long and how much, from the settings."""

    task_timeout: float = 900.0
    """Seconds."""
    build_timeout: float | None = None
    """Seconds."""
    max_credits: float | None = None
    retry_failed_after: float = 86_400.0
    """Seconds."""


@dataclass(frozen=True, slots=True)
class Workshop:
    """All that a batch works with."""

    cache: CacheDir
    client: Client
    downloads: Downloads
    journal: Journal
    pace: Pace
    clock: Clock
    limits: Limits
    good: Callable[[Record], bool] = lambda record: True
    """Whether a record found in the cache will do (a draft may not)."""
    executor: Callable[[], Executor] = lambda: ThreadPoolExecutor(WORKERS, "paperbanana")


def make(
    orders: Iterable[Order],
    workshop: Workshop,
    *,
    on_outcome: Callable[[Order, Outcome], None],
    report: Report | None = None,
) -> None:
    """Make every picture of ``orders``; each distinct key once.

    ``on_outcome`` is called in this thread as each is decided. An exception, Ctrl-C among them,
    leaves what was ordered in the journal, for the next build to fetch.
    """
    with workshop.journal:
        batch = _Batch(orders, workshop, on_outcome, report)
        try:
            batch.run()
        finally:
            batch.end()


class _Batch:
    def __init__(
        self,
        orders: Iterable[Order],
        workshop: Workshop,
        on_outcome: Callable[[Order, Outcome], None],
        report: Report | None,
    ) -> None:
        self._shop = workshop
        self._clock = workshop.clock
        self._limits = workshop.limits
        self._on_outcome = on_outcome
        self._report = report
        self._submission = Submission(
            workshop.client, workshop.journal, workshop.pace, workshop.clock
        )
        self._watch = Watch(workshop.client, workshop.pace, self._submission.server_clock)
        self._pool = workshop.executor()
        self._began = self._clock.monotonic()
        self._jobs = {
            order.key.digest: Job(order.key.digest, order, since=self._began) for order in orders
        }
        self._queue: deque[Job] = deque()
        self._ordering: Future[Step] | None = None
        self._looking: Future[Look] | None = None
        self._fetching: dict[Future[Collected], Job] = {}
        self._order_at = self._look_at = self._elsewhere_at = self._report_at = self._began
        self._stopped: FigureError | None = None
        self._waiting_for = ""
        self._reported: Progress | None = None

    def run(self) -> None:
        self._claim(list(self._jobs))
        self._claim_leftovers()
        while self._wanted():
            self._finish_order()
            self._finish_look()
            self._finish_fetches()
            self._see_elsewhere()
            self._time_out()
            self._start_order()
            self._start_look()
            self._tell()
            if self._wanted():
                self._clock.wait(self._running(), self._rest())
        self._tell(last=True)

    def end(self) -> None:
        """Let what was sent come to its end and be written down; then let go of everything."""
        self._pool.shutdown(wait=True, cancel_futures=True)
        self._shop.client.close()
        with contextlib.suppress(FigureError):
            self._shop.journal.release(self._jobs)

    # -- what is wanted ---------------------------------------------------------------------

    def _wanted(self) -> list[Job]:
        return [job for job in self._jobs.values() if job.stage != ENDED and self._counts(job)]

    @staticmethod
    def _counts(job: Job) -> bool:
        """Leftovers are not waited for, but what is being fetched is."""
        return job.order is not None or job.stage == FETCHING

    def _at(self, stage: str) -> list[Job]:
        return [job for job in self._jobs.values() if job.stage == stage]

    def _move(self, job: Job, stage: str) -> None:
        job.stage = stage
        job.since = self._clock.monotonic()

    def _end(self, job: Job, outcome: Outcome) -> None:
        self._move(job, ENDED)
        job.body = None
        job.made = isinstance(outcome, Made)
        if not job.made:
            self._shop.journal.release([job.key])
        if job.order is not None:
            self._on_outcome(job.order, outcome)

    def _fail(self, job: Job, error: FigureError) -> None:
        self._end(job, NotMade(error))

    # -- taking keys ------------------------------------------------------------------------

    def _claim(self, keys: list[str]) -> None:
        for key, entry in self._shop.journal.claim(keys).items():
            self._begin(self._jobs[key], entry)

    def _claim_leftovers(self) -> None:
        """Take what earlier builds ordered and nobody fetched: it was paid for."""
        left = [
            entry.key
            for entry in self._shop.journal.entries()
            if entry.state == SUBMITTED and entry.key not in self._jobs
        ]
        for key, entry in self._shop.journal.claim(left).items():
            self._jobs[key] = Job(key, None)
            self._begin(self._jobs[key], entry)

    def _begin(self, job: Job, entry: Entry) -> None:
        job.entry = entry
        now = self._clock.time()
        found = self._in_cache(job)
        if found is not None:
            self._shop.journal.close(job.key)
            self._end(job, found)
        elif entry.state == SUBMITTED:
            job.resumed = True
            self._await(job, entry)
        elif entry.state == UNKNOWN:
            self._fail(job, _unknown(entry))
        elif (
            entry.state == FAILED and (entry.ended_at or 0) > now - self._limits.retry_failed_after
        ):
            self._fail(job, _failed_before(entry))
        elif job.order is not None and job.order.bought is not None:
            order, bought = job.order.for_journal(), job.order.bought
            job.resumed = True
            self._await(job, self._shop.journal.recall(entry, order, bought.task_id))
        elif job.order is not None:
            self._move(job, WAITING)
            self._queue.append(job)

    def _in_cache(self, job: Job) -> Made | None:
        keys = job.order.key.all if job.order is not None else (job.key,)
        found = self._shop.cache.find(keys)
        if found is None or not self._shop.good(found[0]):
            return None
        return Made(*found, credits=0)

    def _see_elsewhere(self) -> None:
        """See what other processes made, and take over from those that died."""
        now = self._clock.monotonic()
        if now < self._elsewhere_at:
            return
        self._elsewhere_at = now + ELSEWHERE_INTERVAL
        jobs = self._at(ELSEWHERE)
        for job in jobs:
            found = self._in_cache(job)
            if found is not None:
                self._end(job, found)
        if left := [job.key for job in jobs if job.stage == ELSEWHERE]:
            self._claim(left)

    # -- ordering ---------------------------------------------------------------------------

    def _start_order(self) -> None:
        while self._queue and self._ordering is None:
            job = self._queue[0]
            if self._stopped is not None:
                self._queue.popleft()
                self._fail(job, self._stopped)
            elif not self._affordable(job):
                self._queue.popleft()
                self._fail(job, self._over_budget(job))
            elif self._clock.monotonic() < self._order_at:
                return
            else:
                self._ordering = self._pool.submit(self._attempt, job)

    def _attempt(self, job: Job) -> Step:
        """In a thread: the text is rendered here, once, and the order goes out."""
        order = job.order
        assert order is not None  # noqa: S101 - leftovers are never queued

        def body() -> bytes:
            if job.body is None:
                job.body = order.request.body()
            return job.body

        return self._submission.attempt(job.key, order.for_journal(), body)

    def _finish_order(self) -> None:
        if self._ordering is None or not self._ordering.done():
            return
        future, self._ordering = self._ordering, None
        job = self._queue[0]
        try:
            step = future.result()
        except StateUnavailable as error:
            step = Stopped(error)
        except OSError as error:
            step = Stopped(StateUnavailable(f"{self._shop.cache.folder} cannot be used ({error})"))
        except FigureError as error:  # the rendered text breaks a limit
            step = Refused(error)
        self._waiting_for = step.reason if isinstance(step, Later) else ""
        if isinstance(step, Later):
            self._order_at = self._clock.monotonic() + step.seconds
            return
        if isinstance(step, Stopped):
            self._stopped = step.error
            return
        self._queue.popleft()
        if isinstance(step, Submitted):
            job.credits = step.entry.cost_credits or 0
            self._await(job, step.entry)
        elif isinstance(step, Unknown):
            self._fail(job, _unknown(step.entry))
        else:
            self._fail(job, step.error)

    def _affordable(self, job: Job) -> bool:
        limit = self._limits.max_credits
        if limit is None or job.order is None:
            return True
        return self._spent() + estimate(job.order.request) <= limit

    def _over_budget(self, job: Job) -> OverBudget:
        cost = estimate(job.order.request) if job.order is not None else 0
        return OverBudget(
            f"not ordered: {self._spent():g} credits are spent, this figure is expected to cost"
            f" {cost}, and max_credits is {self._limits.max_credits:g}"
        )

    def _spent(self) -> float:
        return sum(job.credits for job in self._jobs.values())

    # -- looking ----------------------------------------------------------------------------

    def _await(self, job: Job, entry: Entry) -> None:
        job.entry = entry
        job.task = Task(task_id=entry.task_id or "", status="pending")
        self._move(job, PENDING)
        self._look_at = min(self._look_at, self._clock.monotonic() + self._interval())

    def _interval(self) -> float:
        pending = self._at(PENDING)
        now = self._clock.monotonic()
        oldest = max((now - job.since for job in pending), default=0.0)
        return look_interval(submitting=bool(self._queue), oldest_age=oldest)

    def _start_look(self) -> None:
        pending = {job.task.task_id: job for job in self._at(PENDING) if job.task is not None}
        if self._looking is not None or not pending or self._clock.monotonic() < self._look_at:
            return
        doubtful = {task_id for task_id, job in pending.items() if job.tries}
        self._looking = self._pool.submit(self._watch.look, set(pending), doubtful)

    def _finish_look(self) -> None:
        if self._looking is None or not self._looking.done():
            return
        future, self._looking = self._looking, None
        look = future.result()
        for job in self._at(PENDING):
            task_id = job.task.task_id if job.task is not None else ""
            if task_id in look.tasks:
                self._seen(job, look.tasks[task_id])
            elif task_id in look.missing:
                self._unseen(job)
        if look.failure is not None and (look.refused or self._watch.failures >= OUT_OF_REACH):
            self._stopped = self._stopped or look.failure
            for job in self._at(PENDING):
                self._fail(job, _owed(job, str(look.failure)))
        self._look_at = self._clock.monotonic() + max(look.wait, self._interval())

    def _seen(self, job: Job, task: Task) -> None:
        job.task = task
        job.absences = 0
        if task.status == SUCCESS:
            if task.cost_credits is not None and not job.resumed:
                job.credits = task.cost_credits
            self._fetch(job)
        elif task.has_ended and job.entry is not None:
            job.credits = 0
            words = "failed at the service" if task.status == TASK_FAILED else "was canceled"
            error = f"task {task.task_id} {words}" + (f": {task.error}" if task.error else "")
            self._shop.journal.fail(job.entry, error, self._clock.time())
            self._fail(job, Failed(f"{error}; no credits were charged for it"))

    def _unseen(self, job: Job) -> None:
        job.absences += 1
        if job.absences >= FETCHES:
            self._fail(job, _owed(job, "the API does not know this task for this key"))

    # -- fetching ---------------------------------------------------------------------------

    def _fetch(self, job: Job) -> None:
        assert job.entry is not None and job.task is not None  # noqa: S101, PT018
        self._move(job, FETCHING)
        shop = self._shop
        last = job.tries + 1 >= FETCHES
        future = self._pool.submit(
            collect, job.entry, job.task, shop.cache, shop.downloads, shop.journal, last=last
        )
        self._fetching[future] = job

    def _finish_fetches(self) -> None:
        for future in [future for future in self._fetching if future.done()]:
            job = self._fetching.pop(future)
            try:
                got = future.result()
            except (ApiError, BadPicture) as error:
                self._refetch(job, str(error))
            except (FigureError, OSError) as error:
                self._fail(job, _owed(job, f"it cannot be kept: {error}"))
            else:
                self._end(job, Made(got.record, got.path, job.credits, job.resumed))

    def _refetch(self, job: Job, why: str) -> None:
        job.tries += 1
        if job.tries >= FETCHES:
            self._fail(job, _owed(job, why))
            return
        self._move(job, PENDING)  # its own page gives a new address, should the old be void
        self._look_at = min(self._look_at, self._clock.monotonic() + backoff(job.tries))

    # -- waiting ----------------------------------------------------------------------------

    def _running(self) -> list[Future[Any]]:
        return [f for f in (self._ordering, self._looking, *self._fetching) if f is not None]

    def _rest(self) -> float:
        """How long nothing will need doing, unless something that runs is done sooner."""
        now = self._clock.monotonic()
        moments = [now + 5.0]
        if self._queue and self._ordering is None:
            moments.append(self._order_at)
        if self._looking is None and self._at(PENDING):
            moments.append(self._look_at)
        if self._at(ELSEWHERE):
            moments.append(self._elsewhere_at)
        return max(0.0, min(moments) - now)

    def _time_out(self) -> None:
        now = self._clock.monotonic()
        limit = self._limits.build_timeout
        if limit is not None and now - self._began > limit:
            self._stopped = TimedOut(f"build_timeout ({limit:g} s) is over")
            for job in self._at(ELSEWHERE):
                self._fail(job, self._stopped)
            for job in self._at(PENDING):
                self._fail(job, _late(job, f"build_timeout ({limit:g} s) is over"))
        for job in [*self._at(PENDING), *self._at(ELSEWHERE)]:
            if now - job.since > self._limits.task_timeout and not job.tries:
                self._fail(job, _late(job, f"not ready within {self._limits.task_timeout:g} s"))

    def _tell(self, *, last: bool = False) -> None:
        now = self._clock.monotonic()
        if self._report is None or (now < self._report_at and not last):
            return
        jobs = [job for job in self._jobs.values() if job.order is not None]
        ended = [job for job in jobs if job.stage == ENDED]
        made = [job for job in ended if job.made]
        progress = Progress(
            total=len(jobs),
            made=len(made),
            failed=len(ended) - len(made),
            stages=counted([job.doing for job in jobs if job.stage != ENDED]),
            credits=self._spent(),
            waiting_for=self._waiting_for,
        )
        if progress != self._reported:
            self._reported = progress
            self._report_at = now + REPORT_INTERVAL
            self._report(progress)


def _unknown(entry: Entry) -> UnknownFate:
    candidates = f" (it may be {', '.join(entry.candidates[:5])})" if entry.candidates else ""
    return UnknownFate(
        "an earlier order lost its answer, and the task list does not tell whether it was"
        f" taken{candidates}; it is not ordered again, so as not to pay twice:"
        " 'pbfigure settle' shows what is known and takes your decision"
    )


def _failed_before(entry: Entry) -> Failed:
    return Failed(
        f"{entry.error or 'its task failed at the service'}; nothing was charged. It is not tried"
        " again before retry_failed_after has passed (0 tries at once)"
    )


def _owed(job: Job, why: str) -> StillOwed:
    task_id = job.entry.task_id if job.entry is not None else None
    return StillOwed(
        f"task {task_id} is paid for or under way, but could not be fetched: {why}."
        " It stays in the journal; the next build fetches it without paying again"
    )


def _late(job: Job, why: str) -> TimedOut:
    task_id = job.task.task_id if job.task is not None else None
    at = f"task {task_id} is at {job.doing}: " if task_id else "another process makes it: "
    return TimedOut(f"{at}{why}. The next build goes on with it without paying again")
