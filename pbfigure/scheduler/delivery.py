"""From a task to its picture: polling what is pending, then download, proof, store, and only then
the journal's end.
"""

from __future__ import annotations

import contextlib
import time
import uuid
from concurrent.futures import Future
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from pbfigure import __version__
from pbfigure.api.errors import ApiError, Interrupted
from pbfigure.api.task import FAILED, SUCCESS, Task
from pbfigure.figure.notice import FigureError
from pbfigure.scheduler.errors import NOT_AGAIN, TaskFailed, not_taken, owed, unknown
from pbfigure.scheduler.jobs import (
    FETCHING,
    OWNED_ELSEWHERE,
    PENDING,
    Job,
    JobList,
    Made,
    Services,
)
from pbfigure.scheduler.journal_entry import Entry, OrderFacts
from pbfigure.scheduler.polling import Poller, PollResult, poll_interval
from pbfigure.scheduler.retries import backoff
from pbfigure.store.cache_dir import CacheDir
from pbfigure.store.picture import BadPicture, OverLimit, Picture, examine
from pbfigure.store.record import Record

FETCHES = 5
"""Tries to fetch a picture before it is left to the next build."""
OUT_OF_REACH = 6
"""Polls that fail in a row, some two minutes, before what is pending is left to the next build."""
LEFT_BEHIND = 86_400.0
"""Seconds after which what a killed build was fetching is removed: it is fetched anew."""

UNKNOWN_TO_API = (
    "the API does not know it for this key. With the key it was ordered under it can be fetched;"
    " 'pbfigure settle KEY --drop' gives it up"
)


@dataclass(slots=True)
class _Awaited:
    """A task that is pending or being fetched."""

    job: Job
    entry: Entry
    order: OrderFacts
    task: Task
    tries: int = 0
    """Of fetching it."""
    absences: int = 0
    """Times that the API did not know it."""


class Delivery:
    """Awaits the tasks of a batch, and fetches their pictures."""

    def __init__(self, jobs: JobList, poller: Poller) -> None:
        self._jobs = jobs
        self._services = jobs.services
        self._poller = poller
        self._awaited: dict[str, _Awaited] = {}
        """By key."""
        self._poll: Future[PollResult] | None = None
        self._fetches: dict[Future[Made], _Awaited] = {}
        self._poll_at = self._not_before = jobs.began
        self._was_ordering = False

    def expect(self, job: Job, entry: Entry) -> None:
        """Await the task of a job; an entry without an order is for the job's own."""
        order = entry.order or (job.order.facts if job.order is not None else None)
        if order is None or entry.task_id is None:
            raise ValueError("nothing was ordered")
        if not self._pending():
            interval = poll_interval(ordering=False, oldest_age=0)
            self._poll_at = self._jobs.now() + interval
        job.task = Task(task_id=entry.task_id, status="pending")
        self._awaited[job.key] = _Awaited(job, entry, order, job.task)
        self._jobs.move(job, PENDING)

    def running(self) -> list[Future[Any]]:
        """Return what runs."""
        return [*([] if self._poll is None else [self._poll]), *self._fetches]

    def next_moment(self) -> float | None:
        """When the next poll is due, or None while one runs or nothing is pending."""
        return self._poll_at if self._poll is None and self._pending() else None

    def start(self) -> None:
        """Start the next poll, if it is time."""
        pending = {each.task.task_id: each for each in self._pending()}
        if self._poll is not None or not pending or self._jobs.now() < self._poll_at:
            return
        doubtful = {task_id for task_id, each in pending.items() if each.tries}
        self._poll = self._jobs.pool.submit(self._poller.poll, set(pending), doubtful)

    def finish(self, *, ordering: bool) -> None:
        """Take in what was polled and fetched, as far as that is done.

        ``ordering``: whether there are figures left to order, which then comes first.
        """
        if self._poll is not None and self._poll.done():
            result, self._poll = self._poll.result(), None
            self._take_in(result)
            self._not_before = self._poll_at = self._jobs.now() + result.wait
            if result.failure is None or result.tasks:  # else it is repeated as soon as it may be
                self._poll_at = max(self._not_before, self._next_poll(ordering=ordering))
        if self._was_ordering and not ordering:  # from now on polls come first
            sooner = min(self._poll_at, self._next_poll(ordering=False))
            self._poll_at = max(self._not_before, sooner)
        self._was_ordering = ordering
        for fetch in [fetch for fetch in self._fetches if fetch.done()]:
            self._take_picture(self._fetches.pop(fetch), fetch)

    def _pending(self) -> list[_Awaited]:
        return [each for each in self._awaited.values() if each.job.stage == PENDING]

    def _next_poll(self, *, ordering: bool) -> float:
        now = self._jobs.now()
        oldest = max((now - each.job.since for each in self._pending()), default=0.0)
        return now + poll_interval(ordering=ordering, oldest_age=oldest)

    # -- what a poll brought -----------------------------------------------------------------------

    def _take_in(self, result: PollResult) -> None:
        for each in self._pending():
            if result.is_sandbox:
                each.entry = replace(each.entry, draft=True)
            if each.task.task_id in result.tasks:
                self._seen(each, result.tasks[each.task.task_id])
            elif each.task.task_id in result.missing:
                self._absent(each)
        failure = result.failure
        if failure is not None and (result.refused or self._poller.failures >= OUT_OF_REACH):
            self._jobs.stopped = self._jobs.stopped or failure
            for each in self._pending():
                self._jobs.fail(each.job, owed(each.task.task_id, str(failure)))

    def _absent(self, each: _Awaited) -> None:
        """Handle a task that the API says it does not know. It is polled again, as that may pass;
        but a restarted sandbox has forgotten it for good, and nothing was paid for it.
        """
        job = each.job
        each.absences += 1
        if each.absences < FETCHES and job.order is not None:
            return
        if self._was_recovered(each):
            return
        if each.entry.draft and job.order is not None and job.resumed:
            job.resumed, job.task = False, None
            job.forgotten = True
            self._services.journal.withdraw(each.entry)
            self._jobs.move(job, OWNED_ELSEWHERE)
        else:
            self._jobs.fail(job, owed(each.task.task_id, UNKNOWN_TO_API))

    def _was_recovered(self, each: _Awaited) -> bool:
        """Go on to the next task of a key whose record was lost: this one has no picture.

        After the last one its author is asked: one of them had a picture once.
        """
        entry, journal, cache = each.entry, self._services.journal, self._services.cache
        if not entry.recovered:
            return False
        if entry.candidates:
            self.expect(each.job, journal.recover(entry, entry.candidates))
            return True
        tasks = journal.tasks_of(entry.key)
        entry = replace(entry, task_id=None, recovered=False)
        given_up = journal.give_up(entry, tasks, self._services.clock.time())
        if cache.damage(entry.key) is not None:  # from now on the journal has it
            cache.set_aside(cache.record_path(entry.key))
        self._jobs.fail(each.job, unknown(given_up))
        return True

    def _seen(self, each: _Awaited, task: Task) -> None:
        job = each.job
        job.task = each.task = task
        each.absences = 0
        if task.status == SUCCESS:
            if task.cost_credits is not None and not job.resumed:
                job.credits = task.cost_credits
            self._fetch(each)
        elif task.has_ended and not self._was_recovered(each):
            job.credits = 0
            words = "failed at the service" if task.status == FAILED else "was canceled"
            error = f"task {task.task_id} {words}" + (f": {task.error}" if task.error else "")
            self._services.journal.fail(each.entry, error, self._services.clock.time())
            self._jobs.fail(job, TaskFailed(f"{error}; no credits were charged. {NOT_AGAIN}"))

    # -- fetching ----------------------------------------------------------------------------------

    def _fetch(self, each: _Awaited) -> None:
        self._jobs.move(each.job, FETCHING)
        entry, order, task = each.entry, each.order, each.task
        last = each.tries + 1 >= FETCHES
        fetch = self._jobs.pool.submit(collect, self._services, entry, order, task, last=last)
        self._fetches[fetch] = each

    def _take_picture(self, each: _Awaited, fetch: Future[Made]) -> None:
        job, task_id = each.job, each.task.task_id
        try:
            made = fetch.result()
        except (ApiError, BadPicture) as error:
            each.tries += 1
            if each.tries >= FETCHES:
                is_beyond = isinstance(error, OverLimit)
                self._jobs.fail(job, (not_taken if is_beyond else owed)(task_id, str(error)))
                return
            # the task itself gives a new address if the old one is void
            self._jobs.move(job, PENDING)
            self._poll_at = min(self._poll_at, self._jobs.now() + backoff(each.tries))
        except (FigureError, OSError) as error:
            self._jobs.fail(job, owed(task_id, f"it cannot be kept: {error}"))
        else:
            self._jobs.end(job, replace(made, credits=job.credits, resumed=job.resumed))


def collect(services: Services, entry: Entry, order: OrderFacts, task: Task, *, last: bool) -> Made:
    """Fetch, prove and keep a successful task's pictures; for good, when this returns.

    On the ``last`` try, pictures that cannot be had are left out if there is one that can.
    Raises :exc:`ApiError` or :exc:`BadPicture` if that failed, ``OSError`` for the disk; the
    task stays in the journal then, and is fetched again without being paid for again.
    """
    pictures: list[Picture] = []
    arrived: list[Path] = []
    trouble: ApiError | BadPicture = Interrupted("the task succeeded, but shows no picture yet")
    try:
        for url in task.image_urls:
            path = services.cache.incoming() / f"{uuid.uuid4().hex}.part"
            arrived.append(path)
            try:
                services.downloads.fetch(url, path)
                pictures.append(examine(path))
            except (ApiError, BadPicture) as error:
                trouble = error
                path.unlink(missing_ok=True)
                arrived.remove(path)
                if not last:
                    raise
        if not pictures:
            raise trouble
        record = _record(entry, order, task, pictures)
        shown = services.cache.keep(record, arrived)
    finally:
        for path in arrived:
            with contextlib.suppress(OSError):
                path.unlink(missing_ok=True)
    services.journal.close(entry.key, record)
    return Made(record, shown, reordered=entry.reordered)


def sweep(cache: CacheDir) -> None:
    """Remove what builds that were killed left of pictures they were fetching."""
    with contextlib.suppress(OSError):
        for path in cache.incoming().glob("*.part"):
            if time.time() - path.stat().st_mtime > LEFT_BEHIND:
                path.unlink(missing_ok=True)


def _record(entry: Entry, order: OrderFacts, task: Task, pictures: list[Picture]) -> Record:
    cost = task.cost_credits if task.cost_credits is not None else entry.cost_credits
    return Record(
        key=entry.key,
        request_digest=order.request_digest,
        content_digest=order.content_digest,
        content_automatic=order.content_automatic,
        request=order.request,
        task_id=task.task_id,
        cost_credits=cost or 0,
        created_at=task.created_at or entry.created_at,
        pictures=tuple(pictures),
        draft=entry.draft,
        adopted=entry.adopted,
        tool=f"sphinx-paperbanana {__version__}",
    )
