"""From a task to its picture: looking at what is pending, fetching what is ready."""

from __future__ import annotations

from concurrent.futures import Future
from dataclasses import replace
from typing import Any

from pbfigure.api.errors import ApiError
from pbfigure.api.task import FAILED, SUCCESS, Task
from pbfigure.figure.notice import FigureError
from pbfigure.scheduler.collection import Collected, collect
from pbfigure.scheduler.floor import Floor
from pbfigure.scheduler.job import (
    ELSEWHERE,
    FETCHING,
    NOT_AGAIN,
    PENDING,
    Failed,
    Job,
    Made,
    not_taken,
    owed,
    unknown,
)
from pbfigure.scheduler.journal import Entry
from pbfigure.scheduler.timetable import backoff, look_interval
from pbfigure.scheduler.watch import Look, Watch
from pbfigure.store.picture import BadPicture, OverLimit

FETCHES = 5
"""Tries to fetch a picture before it is left to the next build."""
OUT_OF_REACH = 6
"""Looks that fail in a row, some two minutes, before what is pending is left to the next build."""

UNKNOWN_TO_API = (
    "the API does not know it for this key. With the key it was ordered under it can be fetched;"
    " 'pbfigure settle KEY --drop' gives it up"
)


class Delivery:
    """Awaits the tasks of a batch, and brings their pictures home."""

    def __init__(self, floor: Floor, watch: Watch) -> None:
        self._floor = floor
        self._watch = watch
        self._look: Future[Look] | None = None
        self._fetches: dict[Future[Collected], Job] = {}
        self._look_at = self._not_before = floor.began
        self._was_ordering = False

    def expect(self, job: Job, entry: Entry) -> None:
        """Await the task of a job."""
        job.entry, job.absences = entry, 0
        job.task = Task(task_id=entry.task_id or "", status="pending")
        first = not self._floor.at(PENDING)
        self._floor.move(job, PENDING)
        if first:
            self._look_at = self._floor.now() + look_interval(submitting=False, oldest_age=0)

    def running(self) -> list[Future[Any]]:
        """Return what runs."""
        return [*([] if self._look is None else [self._look]), *self._fetches]

    def next_moment(self) -> float | None:
        """When the next look is due, or None while one runs or there is nothing to look at."""
        return self._look_at if self._look is None and self._floor.at(PENDING) else None

    def start(self) -> None:
        """Start the next look, if it is time."""
        pending = {job.task.task_id: job for job in self._floor.at(PENDING) if job.task}
        if self._look is not None or not pending or self._floor.now() < self._look_at:
            return
        doubtful = {task_id for task_id, job in pending.items() if job.tries}
        self._look = self._floor.pool.submit(self._watch.look, set(pending), doubtful)

    def finish(self, *, ordering: bool) -> None:
        """Take in what was seen and fetched, as far as that is done.

        ``ordering``: whether there are figures left to order, which then comes first.
        """
        if self._look is not None and self._look.done():
            look, self._look = self._look.result(), None
            self._take_in(look)
            self._not_before = self._floor.now() + look.wait
            self._look_at = max(self._not_before, self._next_look(ordering=ordering))
        if self._was_ordering and not ordering:  # from now on looks come first
            sooner = min(self._look_at, self._next_look(ordering=False))
            self._look_at = max(self._not_before, sooner)
        self._was_ordering = ordering
        for fetch in [fetch for fetch in self._fetches if fetch.done()]:
            self._take_home(self._fetches.pop(fetch), fetch)

    def _next_look(self, *, ordering: bool) -> float:
        now = self._floor.now()
        oldest = max((now - job.since for job in self._floor.at(PENDING)), default=0.0)
        return now + look_interval(submitting=ordering, oldest_age=oldest)

    def _take_in(self, look: Look) -> None:
        for job in self._floor.at(PENDING):
            task_id = job.task.task_id if job.task is not None else ""
            if look.is_sandbox and job.entry is not None:
                job.entry = replace(job.entry, draft=True)
            if task_id in look.tasks:
                self._seen(job, look.tasks[task_id])
            elif task_id in look.missing:
                self._absent(job)
        if look.failure is not None and (look.refused or self._watch.failures >= OUT_OF_REACH):
            self._floor.stopped = self._floor.stopped or look.failure
            for job in self._floor.at(PENDING):
                self._floor.fail(job, owed(job, str(look.failure)))

    def _absent(self, job: Job) -> None:
        """The API says that it does not know a task. It is asked again, for that may pass; but a
        sandbox that was restarted has forgotten it for good, and nothing was paid for it.
        """
        job.absences += 1
        if job.absences < FETCHES and job.order is not None:
            return
        if self._was_recovered(job):
            return
        if job.entry is not None and job.entry.draft and job.order is not None and job.resumed:
            job.resumed = False
            self._floor.shop.journal.withdraw(job.entry)
            self._floor.move(job, ELSEWHERE)
        else:
            self._floor.fail(job, owed(job, UNKNOWN_TO_API))

    def _was_recovered(self, job: Job) -> bool:
        """Go on to the next task of a key whose record was lost: this one has no picture.

        After the last one its author is asked: one of them had a picture once.
        """
        entry, shop = job.entry, self._floor.shop
        if entry is None or not entry.recovered:
            return False
        if entry.candidates:
            self.expect(job, shop.journal.recover(entry, entry.candidates))
            return True
        tasks = tuple(shop.journal.tasks_of(entry.key))
        entry = replace(entry, task_id=None, recovered=False)
        given_up = shop.journal.give_up(entry, tasks, shop.clock.time())
        if shop.cache.damage(entry.key) is not None:  # from now on the journal knows of it
            shop.cache.set_aside(shop.cache.record_path(entry.key))
        self._floor.fail(job, unknown(given_up))
        return True

    def _seen(self, job: Job, task: Task) -> None:
        job.task = task
        job.absences = 0
        if task.status == SUCCESS:
            if task.cost_credits is not None and not job.resumed:
                job.credits = task.cost_credits
            self._fetch(job, task)
        elif task.has_ended and job.entry is not None and not self._was_recovered(job):
            job.credits = 0
            words = "failed at the service" if task.status == FAILED else "was canceled"
            error = f"task {task.task_id} {words}" + (f": {task.error}" if task.error else "")
            shop = self._floor.shop
            shop.journal.fail(job.entry, error, shop.clock.time())
            self._floor.fail(job, Failed(f"{error}; no credits were charged. {NOT_AGAIN}"))

    def _fetch(self, job: Job, task: Task) -> None:
        assert job.entry is not None  # noqa: S101 - what is pending was written down
        self._floor.move(job, FETCHING)
        shop = self._floor.shop
        last = job.tries + 1 >= FETCHES
        fetch = self._floor.pool.submit(collect, shop, job.entry, task, last=last)
        self._fetches[fetch] = job

    def _take_home(self, job: Job, fetch: Future[Collected]) -> None:
        try:
            got = fetch.result()
        except (ApiError, BadPicture) as error:
            job.tries += 1
            if job.tries >= FETCHES:
                beyond = isinstance(error, OverLimit)
                self._floor.fail(job, (not_taken if beyond else owed)(job, str(error)))
                return
            # its own page gives a new address, should the old one be void
            self._floor.move(job, PENDING)
            self._look_at = min(self._look_at, self._floor.now() + backoff(job.tries))
        except (FigureError, OSError) as error:
            self._floor.fail(job, owed(job, f"it cannot be kept: {error}"))
        else:
            again = job.entry is not None and job.entry.again
            made = Made(got.record, got.path, job.credits, job.resumed, again)
            self._floor.end(job, made)
