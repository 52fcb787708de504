"""Many pictures at once: one loop that takes keys, orders, looks, fetches and waits.

The loop itself never blocks on the network: every exchange is a future of a small pool of
threads, at most one order and one look among them. It ends when every wanted key has an outcome,
and leaves no thread, no lock and no connection behind.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable
from dataclasses import replace

from pbfigure.api.task import Task
from pbfigure.figure.notice import FigureError
from pbfigure.scheduler.collection import sweep
from pbfigure.scheduler.delivery import Delivery
from pbfigure.scheduler.floor import Floor, Workshop
from pbfigure.scheduler.job import (
    ELSEWHERE,
    ENDED,
    PENDING,
    Job,
    Made,
    Order,
    Outcome,
    TimedOut,
    failed_before,
    late,
    record_lost,
    unknown,
)
from pbfigure.scheduler.journal import FAILED, INTENT, SUBMITTED, UNKNOWN, Entry
from pbfigure.scheduler.makers import process_of
from pbfigure.scheduler.ordering import Ordering
from pbfigure.scheduler.progress import Progress, Report, counted
from pbfigure.scheduler.standstill import Standstill
from pbfigure.scheduler.submission import Submission
from pbfigure.scheduler.watch import Watch
from pbfigure.store.record import Record

ELSEWHERE_INTERVAL = 1.0
"""Seconds between looks at what another process makes."""
REPORT_INTERVAL = 1.0
LONGEST_REST = 5.0


def make(
    orders: Iterable[Order],
    shop: Workshop,
    *,
    on_outcome: Callable[[Order, Outcome], None],
    report: Report | None = None,
) -> None:
    """Make every picture of ``orders``; each distinct key once.

    ``on_outcome`` is called in this thread as each is decided. An exception, Ctrl-C among them,
    leaves what was ordered in the journal, for the next build to fetch.
    """
    with shop.journal:
        batch = _Batch(Floor(shop, orders, on_outcome), report)
        try:
            batch.run()
        finally:
            batch.end()


class _Batch:
    def __init__(self, floor: Floor, report: Report | None) -> None:
        self._floor = floor
        self._shop = shop = floor.shop
        self._report = report
        patience = shop.limits.task_timeout
        submission = Submission(shop.client, shop.journal, shop.pace, shop.clock, patience)
        self._delivery = Delivery(floor, Watch(shop.client, shop.pace, submission.server_clock))
        self._ordering = Ordering(floor, submission, self._delivery)
        self._elsewhere_at = self._report_at = floor.began
        self._reported: Progress | None = None
        self._makers: dict[str, Standstill] = {}
        self._still: dict[str, float] = {}
        """Seconds for which makers elsewhere that are yet to order have done nothing at all."""

    def run(self) -> None:
        sweep(self._shop.cache)
        self._claim(list(self._floor.jobs))
        self._claim_leftovers()
        self._ordering.check_estimate()  # only now is it known what was paid for before
        while self._floor.open():
            self._ordering.finish()
            self._delivery.finish(ordering=self._ordering.is_busy)
            self._see_elsewhere()
            self._time_out()
            self._ordering.start()
            self._delivery.start()
            self._tell()
            if self._floor.open():
                running = [*self._ordering.running(), *self._delivery.running()]
                self._shop.clock.wait(running, self._rest())

    def end(self) -> None:
        """Let an order that was sent come to its end and be written down, and break off all else;
        then let go of everything.
        """
        self._shop.downloads.close()
        self._shop.client.close()
        self._floor.pool.shutdown(wait=True, cancel_futures=True)
        with contextlib.suppress(FigureError):
            self._shop.journal.release(self._floor.jobs)
        self._tell(last=True)

    # -- taking keys ------------------------------------------------------------------------

    def _claim(self, keys: list[str]) -> None:
        orders = [job.order for job in map(self._floor.jobs.get, keys) if job and job.order]
        former = {order.key.digest: order.key.former for order in orders}
        for key, entry in self._shop.journal.claim(keys, former).items():
            self._begin(self._floor.jobs[key], entry)

    def _claim_leftovers(self) -> None:
        """Take what earlier builds ordered and nobody fetched: it was paid for."""
        left = [
            entry.key
            for entry in self._shop.journal.entries()
            if entry.state == SUBMITTED and entry.key not in self._floor.jobs
        ]
        for key, entry in self._shop.journal.claim(left).items():
            self._floor.jobs[key] = Job(key, None, since=self._floor.now())
            self._begin(self._floor.jobs[key], entry)

    def _begin(self, job: Job, entry: Entry) -> None:
        if not entry.order and job.order is not None:  # mended from a record's claim alone
            entry = replace(entry, order=job.order.for_journal())
        job.entry, job.task = entry, None
        now = self._shop.clock.time()
        retry_from = now - self._shop.limits.retry_failed_after
        found = self._in_cache(job)
        if found is not None:
            if entry.state != INTENT:  # what became of that is still to be settled
                self._shop.journal.close(job.key)
            self._floor.end(job, found)
        elif entry.state == SUBMITTED and entry.order:
            job.resumed = True
            self._delivery.expect(job, entry)
        elif entry.state == UNKNOWN:
            self._floor.fail(job, unknown(entry))
        elif entry.state == FAILED and retry_from < (entry.ended_at or 0) <= now:
            self._floor.fail(job, failed_before(entry))
        elif job.order is None:  # another process took it home meanwhile
            self._shop.journal.release([job.key])
            del self._floor.jobs[job.key]
        elif (bought := self._bought(job)) is not None:
            job.resumed = True
            known = job.order.for_journal()
            self._delivery.expect(job, self._shop.journal.recall(entry, known, bought))
        elif entry.state == INTENT or not self._was_lost(job, entry, job.order):
            self._ordering.add(job)

    def _was_lost(self, job: Job, entry: Entry, order: Order) -> bool:
        """Deal with a key whose record stands in the cache but cannot be read: it was bought.

        Its task, which the journal's claims tell, is fetched again; where they do not, nothing is
        ordered.
        """
        damage = next(filter(None, map(self._shop.cache.damage, order.key.all)), None)
        if damage is None:
            return False
        journal = self._shop.journal
        tasks = [task_id for key in order.key.all for task_id in journal.tasks_of(key)]
        if tasks:
            job.resumed = True
            entry = replace(entry, order=order.for_journal(), error=damage)
            self._delivery.expect(job, journal.recover(entry, tasks))
        else:
            self._floor.fail(job, record_lost(damage))
        return True

    def _bought(self, job: Job) -> Record | None:
        """Return what tells that the picture was bought, and only its file was lost."""
        if job.order is None or job.absences:  # its task is not to be had
            return None
        record = job.order.bought or self._shop.cache.record(job.key)
        return record if record is not None and self._shop.good(record) else None

    def _in_cache(self, job: Job) -> Made | None:
        keys = job.order.key.all if job.order is not None else (job.key,)
        found = self._shop.cache.find(keys)
        if found is None or not self._shop.good(found[0]):
            return None
        return Made(*found, credits=0)

    def _see_elsewhere(self) -> None:
        """See what other processes made, and take over from those that died."""
        if self._floor.now() < self._elsewhere_at:
            return
        self._elsewhere_at = self._floor.now() + ELSEWHERE_INTERVAL
        jobs = self._floor.at(ELSEWHERE)
        for job in jobs:
            found = self._in_cache(job)
            if found is not None:
                self._floor.end(job, found)
        self._claim([job.key for job in jobs if job.stage == ELSEWHERE])
        for job in self._floor.at(ELSEWHERE):
            entry = self._shop.journal.open_under(job.keys)
            job.maker = entry.owner if entry is not None else None
            if job.task is None and entry is not None and entry.task_id is not None:
                job.task, job.since = Task(entry.task_id, "pending"), self._floor.now()
        self._watch_makers()

    def _watch_makers(self) -> None:
        """See whether those that are yet to order what is wanted here do anything."""
        jobs = self._floor.at(ELSEWHERE)
        makers = {job.maker for job in jobs if job.task is None and job.maker is not None}
        entries = self._shop.journal.entries() if makers else []
        for maker in makers:
            sign = [(each.key, each.state, each.task_id) for each in entries if each.owner == maker]
            standstill = self._makers.setdefault(maker, Standstill(self._shop.clock))
            self._still[maker] = standstill.seconds(sign)

    def _makers_elsewhere(self) -> str:
        """Return who makes what is waited for, where nothing else is left to do here."""
        open_jobs = [job for job in self._floor.jobs.values() if job.order and job.stage != ENDED]
        if any(job.stage != ELSEWHERE for job in open_jobs):
            return ""
        return ", ".join(sorted({process_of(job.maker) for job in open_jobs if job.maker}))

    # -- time -------------------------------------------------------------------------------

    def _rest(self) -> float:
        """How long nothing will need doing, unless something that runs is done sooner."""
        now = self._floor.now()
        moments = [self._ordering.next_moment(), self._delivery.next_moment()]
        if self._floor.at(ELSEWHERE):
            moments.append(self._elsewhere_at)
        due = min((moment for moment in moments if moment is not None), default=now + LONGEST_REST)
        return max(0.0, min(due - now, LONGEST_REST))

    def _time_out(self) -> None:
        floor, limits = self._floor, self._shop.limits
        now = floor.now()
        if limits.build_timeout is not None and now - floor.began > limits.build_timeout:
            over = f"build_timeout ({limits.build_timeout:g} s) is over"
            if not isinstance(floor.stopped, TimedOut):
                self._shop.client.close()  # an answer that does not come is not awaited either
                waited = self._ordering.waiting_for
                floor.stopped = TimedOut(over + (f"; it waited for {waited}" if waited else ""))
            for job in [*floor.at(PENDING), *floor.at(ELSEWHERE)]:
                floor.fail(job, late(job, over))
        for job in [*floor.at(PENDING), *floor.at(ELSEWHERE)]:
            # what another process has not ordered yet waits for its turn there as it would here
            if job.task is None:
                still = self._still.get(job.maker or "", 0.0)
                if job.stage == ELSEWHERE and still > limits.task_timeout:
                    floor.fail(job, late(job, f"that process has done nothing for {still:.0f} s"))
            elif now - job.since > limits.task_timeout:
                floor.fail(job, late(job, f"not ready within {limits.task_timeout:g} s"))

    def _tell(self, *, last: bool = False) -> None:
        now = self._floor.now()
        if self._report is None or (now < self._report_at and not last):
            return
        jobs = [job for job in self._floor.jobs.values() if job.order is not None]
        ended = [job for job in jobs if job.stage == ENDED]
        made = sum(job.made for job in ended)
        left = sum(job.left for job in ended)
        progress = Progress(
            total=len(jobs),
            made=made,
            failed=len(ended) - made - left,
            left=left,
            stages=counted([job.doing for job in jobs if job.stage != ENDED]),
            credits=self._floor.spent(),
            waiting_for=self._ordering.waiting_for or self._makers_elsewhere(),
            stopped=str(self._floor.stopped or ""),
        )
        if progress != self._reported:
            self._reported = progress
            self._report_at = now + REPORT_INTERVAL
            self._report(progress)
