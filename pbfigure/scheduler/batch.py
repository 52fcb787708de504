"""Makes many pictures together: one loop takes keys, orders, polls, fetches and waits.

The loop never blocks on the network: every exchange is a future of a small thread pool, with at
most one order and one poll at a time. It ends when every wanted key has an outcome, and leaves no
thread, lock or connection open.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace

from pbfigure.api.task import Task
from pbfigure.figure.notice import FigureError
from pbfigure.scheduler.clock import ServerClock, StallTimer
from pbfigure.scheduler.delivery import Delivery
from pbfigure.scheduler.errors import (
    AskedToWait,
    NotOrdered,
    TimedOut,
    not_fetched,
    record_lost,
    task_failed,
    unknown,
)
from pbfigure.scheduler.jobs import (
    Job,
    JobList,
    Order,
    Outcome,
    Progress,
    Report,
    Services,
    Stage,
)
from pbfigure.scheduler.journal_entry import Entry, OrderState
from pbfigure.scheduler.locks import process_of
from pbfigure.scheduler.order_queue import OrderQueue
from pbfigure.scheduler.polling import Poller
from pbfigure.scheduler.retry_wait import LONGEST_PAUSE, failed_lately
from pbfigure.scheduler.submission import Submission
from pbfigure.scheduler.team_claims import Team
from pbfigure.scheduler.team_watch import TeamWatch
from pbfigure.store.errors import StateUnavailable
from pbfigure.store.record import Record

ELSEWHERE_INTERVAL = 1.0
"""Seconds between checks of the keys that other processes make."""
REPORT_INTERVAL = 1.0
"""Seconds between progress reports."""
LONGEST_REST = 5.0
"""Seconds that the loop waits at most."""
_AWAITED = (Stage.PENDING, Stage.FETCHING, Stage.OWNED_ELSEWHERE, Stage.WITH_TEAM)


def run_batch(
    orders: Iterable[Order],
    services: Services,
    *,
    on_outcome: Callable[[Order, Outcome], None],
    report: Report | None = None,
) -> None:
    """Make the pictures of ``orders``, each distinct key once.

    ``on_outcome`` is called in this thread when an order has ended. After an exception such as
    Ctrl-C, ordered tasks stay in the journal and the next build fetches them.
    """
    with services.journal:
        batch = _Batch(JobList(services, orders, on_outcome), report)
        try:
            batch.run()
        except StateUnavailable as error:
            if not services.journal.unfinished:
                raise
            batch.give_up(error)
        finally:
            batch.end()


class _Batch:
    def __init__(self, jobs: JobList, report: Report | None) -> None:
        self._jobs = jobs
        self._services = services = jobs.services
        self._journal, self._clock = services.journal, services.clock
        self._report = report
        server_clock = ServerClock(services.clock)
        services.client.observe_dates(server_clock.observe)
        kinds = {key: job.order.facts.kind for key, job in jobs.jobs.items() if job.order}
        team = Team(services, server_clock, kinds)
        self._delivery = Delivery(jobs, Poller(services), team)
        self._queue = OrderQueue(jobs, Submission(services, server_clock, team), self._delivery)
        self._team_watch = TeamWatch(jobs, team, self._queue)
        self._elsewhere_at = self._report_at = jobs.began
        self._reported: Progress | None = None
        self._stall_timers: dict[str, StallTimer] = {}
        self._stalled: dict[str, float] = {}
        """Seconds without any progress, by owner, of owners that have not ordered yet."""

    def run(self) -> None:
        self._services.cache.remove_stale_downloads()
        self._take(list(self._jobs.jobs))
        self._take_leftovers()
        self._queue.check_estimate()  # what was bought before is known only now
        while self._jobs.is_open():
            self._queue.finish()
            self._delivery.finish(ordering=self._queue.is_busy)
            self._team_watch.finish()
            self._check_other_processes()
            self._time_out()
            self._queue.start()
            self._delivery.start()
            self._team_watch.start()
            self._report_progress()
            if self._jobs.is_open():
                running = [*self._queue.running(), *self._delivery.running()]
                self._clock.wait([*running, *self._team_watch.running()], self._rest())

    def give_up(self, error: StateUnavailable) -> None:
        """End every job: the journal cannot be used any more."""
        self._jobs.stopped = error
        for job in self._jobs.jobs.values():
            if job.stage != Stage.ENDED:
                self._jobs.end_early(job, NotOrdered(f"not ordered: {error}"))

    def end(self) -> None:
        """Wait for an order that was sent, abort everything else, and release all keys."""
        self._services.downloads.close()
        self._services.client.close()
        self._jobs.pool.shutdown(wait=True, cancel_futures=True)
        if self._journal.unfinished:
            with contextlib.suppress(FigureError):
                self._services.cache.prepare()
                self._journal.hand_over()
        with contextlib.suppress(FigureError):
            self._journal.release(self._jobs.jobs)
        self._report_progress(last=True)

    # -- taking keys ------------------------------------------------------------------------

    def _take(self, keys: list[str]) -> None:
        for key, entry in self._journal.take(keys).items():
            self._begin(self._jobs.jobs[key], entry)

    def _take_leftovers(self) -> None:
        """Take the tasks of earlier builds that were not fetched: they are paid for."""
        left = [
            entry.key
            for entry in self._journal.entries()
            if entry.has_task and entry.key not in self._jobs.jobs
        ]
        for key, entry in self._journal.take(left).items():
            job = Job(key, None, since=self._jobs.now())
            if entry.has_task and entry.order is not None:
                self._jobs.add(job)
                self._begin(job, entry)
            else:  # another process fetched it meanwhile
                self._journal.release([key])

    def _begin(self, job: Job, entry: Entry) -> None:
        found = self._services.made(job.key)
        if found is not None:
            if entry.state != OrderState.INTENT:  # an intent is still to be settled
                self._journal.close(job.key, found.record)
            self._jobs.end(job, found)
        elif entry.has_task:
            job.resumed = True
            self._delivery.await_task(job, entry)
        elif entry.state == OrderState.UNKNOWN:
            self._jobs.end(job, unknown(entry))
        elif failed_lately(entry, self._clock.time(), self._services.limits.retry_failed_after):
            self._jobs.end(job, task_failed(entry.error))
        elif job.order is not None:
            self._order(job, entry, job.order)

    def _order(self, job: Job, entry: Entry, order: Order) -> None:
        """Queue an order, unless its picture was bought before: then fetch that task again."""
        if entry.state == OrderState.INTENT:
            self._queue.add(job, order)
        elif (bought := self._bought(job, order)) is not None:
            job.resumed = True
            self._delivery.await_task(job, self._journal.recall(entry, order.facts, bought))
        elif (damage := self._services.cache.damage(job.key)) is None:
            self._queue.add(job, order)
        elif tasks := self._journal.ledger.tasks_of(job.key):  # its record exists but is unreadable
            job.resumed = True
            entry = replace(entry, order=order.facts, error=damage)
            self._delivery.await_task(job, self._journal.recover(entry, tasks))
        else:
            self._jobs.end(job, record_lost(damage))

    def _bought(self, job: Job, order: Order) -> Record | None:
        """Return the record of a bought picture whose file is lost, or None."""
        if job.is_unknown_to_api:
            return None
        record = order.bought or self._services.cache.record(job.key)
        return record if record is not None and self._services.accepts_record(record) else None

    def _check_other_processes(self) -> None:
        """Process what other processes made, and take the keys of processes that died."""
        jobs = self._jobs.at(Stage.OWNED_ELSEWHERE)
        if not jobs or self._jobs.now() < self._elsewhere_at:
            return
        self._elsewhere_at = self._jobs.now() + ELSEWHERE_INTERVAL
        for job in jobs:
            found = self._services.made(job.key)
            if found is not None:
                self._jobs.end(job, found)
        self._take([job.key for job in jobs if job.stage == Stage.OWNED_ELSEWHERE])
        for job in self._jobs.at(Stage.OWNED_ELSEWHERE):
            entry = self._journal.entry(job.key)
            job.owner = entry.owner if entry is not None else None
            if job.task is None and entry is not None and entry.task_id is not None:
                job.task, job.since = Task(entry.task_id, "pending"), self._jobs.now()
        self._watch_owners()

    def _watch_owners(self) -> None:
        """Measure for how long the owners that have not ordered yet have made no progress."""
        jobs = self._jobs.at(Stage.OWNED_ELSEWHERE)
        owners = {job.owner for job in jobs if job.task is None and job.owner is not None}
        entries = self._journal.entries() if owners else []
        for owner in owners:
            theirs = [
                (each.key, each.state, each.task_id) for each in entries if each.owner == owner
            ]
            timer = self._stall_timers.setdefault(owner, StallTimer(self._clock))
            self._stalled[owner] = timer.observe(theirs)

    def _owners_elsewhere(self) -> str:
        """Return the processes that make all that is left; nothing if this one has work too."""
        open_jobs = [
            job for job in self._jobs.jobs.values() if job.order and job.stage != Stage.ENDED
        ]
        if open_jobs and all(job.stage == Stage.WITH_TEAM for job in open_jobs):
            return "other machines of the team"
        if any(job.stage != Stage.OWNED_ELSEWHERE for job in open_jobs):
            return ""
        return ", ".join(sorted({process_of(job.owner) for job in open_jobs if job.owner}))

    # -- time -------------------------------------------------------------------------------

    def _rest(self) -> float:
        """Return the seconds to wait for the next due moment."""
        now = self._jobs.now()
        moments = [self._queue.next_moment(), self._delivery.next_moment(), *self._deadlines()]
        moments.append(self._team_watch.next_moment())
        if self._jobs.at(Stage.OWNED_ELSEWHERE):
            moments.append(self._elsewhere_at)
        due = min((moment for moment in moments if moment is not None), default=now + LONGEST_REST)
        return max(0.0, min(due - now, LONGEST_REST))

    def _deadlines(self) -> Iterator[float]:
        """Yield when the build's time is over, and that of each awaited task."""
        limits = self._services.limits
        if limits.build_timeout is not None and not isinstance(self._jobs.stopped, TimedOut):
            yield self._jobs.began + limits.build_timeout
        for job in self._limited():
            if job.stage != Stage.OWNED_ELSEWHERE:
                yield job.since + limits.task_timeout

    def _time_out(self) -> None:
        jobs, limits = self._jobs, self._services.limits
        now = jobs.now()
        if limits.build_timeout is not None and now - jobs.began >= limits.build_timeout:
            over = f"build_timeout ({limits.build_timeout:g} s) is over"
            if not isinstance(jobs.stopped, TimedOut):
                self._services.client.close()  # do not wait for an open answer either
                waited = self._queue.waiting_for
                jobs.stopped = TimedOut(over + (f"; it waited for {waited}" if waited else ""))
            for job in self._awaited():
                self._end_wait(job, over)
        if isinstance(jobs.stopped, AskedToWait) and jobs.stopped.seconds > LONGEST_PAUSE:
            for job in jobs.at(Stage.PENDING):  # no task may be looked at either
                if job.task is not None:
                    jobs.end(job, not_fetched(job.task.task_id, str(jobs.stopped)))
        for job in self._limited():
            # until it is ordered, a key waits for its turn in the other process as it would here
            if job.task is None and job.stage == Stage.OWNED_ELSEWHERE:
                stalled = self._stalled.get(job.owner or "", 0.0)
                if stalled > limits.task_timeout:
                    self._end_wait(job, f"that process has done nothing for {stalled:.0f} s")
            elif now - job.since >= limits.task_timeout:
                self._end_wait(job, f"not ready within {limits.task_timeout:g} s")

    def _awaited(self) -> list[Job]:
        return [job for at in _AWAITED for job in self._jobs.at(at)]

    def _limited(self) -> list[Job]:
        """Return the jobs for which ``task_timeout`` counts now."""
        return [
            job
            for job in self._awaited()
            if job.stage != Stage.FETCHING or not self._delivery.is_queued(job)
        ]

    def _end_wait(self, job: Job, why: str) -> None:
        error = job.timeout_error(why)
        if job.stage == Stage.FETCHING:
            self._delivery.abort(job)
        self._jobs.end(job, error)

    def _report_progress(self, *, last: bool = False) -> None:
        now = self._jobs.now()
        if self._report is None or (now < self._report_at and not last):
            return
        if last and self._reported is None:
            return  # there was nothing to wait for
        progress = self._jobs.progress(self._queue.waiting_for or self._owners_elsewhere())
        if progress != self._reported:
            self._reported = progress
            self._report_at = now + REPORT_INTERVAL
            self._report(progress)
