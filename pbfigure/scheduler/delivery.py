"""Delivery: polls each task when it is likely ready, downloads and checks its pictures, stores them
and closes the journal's entry.
"""

from __future__ import annotations

import contextlib
import math
import uuid
from collections.abc import Collection
from concurrent.futures import Future
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from pbfigure import __version__
from pbfigure.api.errors import ApiError, Interrupted
from pbfigure.api.task import Task, TaskStatus
from pbfigure.figure.notice import FigureError
from pbfigure.scheduler.errors import not_fetched, task_failed, unknown, unknown_to_api
from pbfigure.scheduler.jobs import Job, JobList, Made, Services, Stage
from pbfigure.scheduler.journal_entry import Entry, OrderFacts
from pbfigure.scheduler.polling import (
    HISTORY,
    Latencies,
    PendingTask,
    Poller,
    PollResult,
    next_poll,
)
from pbfigure.scheduler.retry_wait import LONGEST_PAUSE, backoff, wait_after
from pbfigure.scheduler.team_claims import Team
from pbfigure.store.errors import BadPicture, StateUnavailable
from pbfigure.store.files import discard
from pbfigure.store.picture import Picture, examine
from pbfigure.store.record import Record

SHORTEST_INTERVAL = 2.0
"""Seconds from one poll to the next."""
ORDERING_INTERVAL = 60.0
"""Seconds to the next poll, for each request of the last one, while figures are left to order: each
takes an order's place, and so they take one of 60."""
FETCH_TRIES = 5
"""Attempts to fetch a picture before it is left to the next build."""
POLL_TRIES = 6
"""Failed polls in a row (about two minutes) before pending tasks are left to the next build."""
FEW_LEFT = 0.25
"""The share of pending tasks below which a batch's own latencies count: the tasks that are ready
before that only show the short ones."""


@dataclass(slots=True)
class Awaited:
    """A task that is pending or being fetched."""

    job: Job
    entry: Entry
    order: OrderFacts
    task: Task
    ordered_at: float
    """By the monotonic clock: when this build ordered it, or began to await an earlier build's."""
    seen_at: float
    """When it was seen to be pending last."""
    seconds: float | None = None
    """How long it took, about; None if that is unknown."""
    due_at: float = math.inf
    """When to poll it, whether it is likely ready or not."""
    tries: int = 0
    """Attempts to fetch its pictures."""
    absences: int = 0
    """How often the API did not know it."""
    queued_at: float | None = None
    """Since when its download waits for others to end."""


class Delivery:
    """Polls the tasks of a batch and fetches their pictures."""

    def __init__(self, jobs: JobList, poller: Poller, team: Team) -> None:
        self._jobs = jobs
        self._team = team
        self._services = jobs.services
        self._poller = poller
        self._tasks: dict[str, Awaited] = {}
        """By key."""
        self._poll: Future[PollResult] | None = None
        self._fetches: dict[Future[Made], Awaited] = {}
        self._last = PollResult()
        self._not_before = self._poll_at = jobs.began
        """When the next poll can be, and is, due."""
        self._is_ordering = False
        """Whether figures are left to order."""
        self._latencies = Latencies(self._services.journal.ledger.past_latencies())
        self._knows_own = False
        """Whether the latencies of this batch are among them."""

    def await_task(self, job: Job, entry: Entry) -> None:
        """Start to poll the task of a job. If the entry has no order, the job's order applies."""
        order = entry.order or (job.order.facts if job.order is not None else None)
        if order is None or entry.task_id is None:
            raise ValueError("the entry has no order or no task")
        if job.resumed or not self._pending():
            self._poll_at = self._not_before
        job.task = Task(task_id=entry.task_id, status="pending")
        now = self._jobs.now()
        self._tasks[job.key] = each = Awaited(job, entry, order, job.task, now, now)
        if job.resumed:  # nobody knows for how long it has been ready
            each.due_at = now
        self._jobs.move(job, Stage.PENDING)
        if not entry.draft:
            self._team.ordered(job.key, entry.task_id)

    def running(self) -> list[Future[Any]]:
        """Return the running poll and fetches."""
        return [*([] if self._poll is None else [self._poll]), *self._fetches]

    def next_moment(self) -> float | None:
        """Return when the next poll is due; None while one runs or nothing is pending."""
        return self._poll_at if self._poll is None and self._pending() else None

    def start(self) -> None:
        """Start the next poll if it is due."""
        pending = {each.task.task_id: each for each in self._pending()}
        if self._poll is not None or not pending or self._jobs.now() < self._poll_at:
            return
        doubtful = {task_id for task_id, each in pending.items() if each.tries}
        if not self._last.is_cut_short:
            self._poll_at = self._next_poll(pending.values())
            if self._jobs.now() < self._poll_at:
                return
        self._poll = self._jobs.pool.submit(self._poller.poll, set(pending), doubtful)

    def finish(self, *, ordering: bool) -> None:
        """Process the poll and the fetches that are done.

        ``ordering``: whether figures are left to order; then there are fewer polls.
        """
        if self._poll is not None and self._poll.done():
            result, self._poll = self._poll.result(), None
            self._last = result
            self._process_poll(result)
            self._not_before = self._poll_at = self._jobs.now() + result.wait
            if result.failure is not None and not result.tasks:
                result.began = -math.inf  # it is repeated
        if self._is_ordering != ordering:
            self._is_ordering, self._poll_at = ordering, self._not_before
        for fetch, each in self._fetches.items():
            if each.queued_at is not None and (fetch.running() or fetch.done()):
                each.job.since += self._jobs.now() - each.queued_at
                each.queued_at = None
        for fetch in [fetch for fetch in self._fetches if fetch.done()]:
            self._finish_fetch(self._fetches.pop(fetch), fetch)

    def is_queued(self, job: Job) -> bool:
        """Whether a job's download waits for others to end; no limit of its own counts then."""
        return self._tasks[job.key].queued_at is not None

    def abort(self, job: Job) -> None:
        """Break a job's download off."""
        self._services.downloads.abort(self._tasks[job.key].task.image_urls)

    def _pending(self) -> list[Awaited]:
        return [self._tasks[job.key] for job in self._jobs.at(Stage.PENDING)]

    def _next_poll(self, pending: Collection[Awaited]) -> float:
        now = self._jobs.now()
        if not self._knows_own and len(pending) < FEW_LEFT * min(HISTORY, len(self._tasks)):
            self._latencies = Latencies(self._services.journal.ledger.past_latencies())
            self._knows_own = True
        ordering_interval = ORDERING_INTERVAL * self._last.requests if self._is_ordering else 0.0
        undated = [each for each in pending if each.due_at == math.inf]
        tasks = [
            PendingTask(
                now - each.ordered_at,
                each.seen_at - each.ordered_at,
                self._latencies.of(
                    each.order.request.workload,
                    emulated=each.entry.draft or self._services.is_local,
                ),
            )
            for each in undated
        ]
        last = self._last
        likely = now + next_poll(tasks) if tasks else math.inf
        due = max(last.began + ordering_interval, likely)
        due = min(due, *(each.due_at for each in pending))
        return max(last.began + SHORTEST_INTERVAL, due)

    # -- results of a poll -------------------------------------------------------------------------

    def _process_poll(self, result: PollResult) -> None:
        for each in self._pending():
            if self._services.client.is_sandbox:
                each.entry = replace(each.entry, draft=True)
            if each.task.task_id in result.tasks:
                self._handle_task(each, result.tasks[each.task.task_id])
            elif each.task.task_id in result.missing:
                self._handle_missing(each)
        failure = result.verdict or result.failure
        if failure is not None and (result.verdict or self._poller.failures >= POLL_TRIES):
            self._jobs.stopped = self._jobs.stopped or failure
            for each in self._pending():
                self._jobs.end(each.job, not_fetched(each.task.task_id, str(failure)))

    def _handle_missing(self, each: Awaited) -> None:
        """Handle a task that the API does not know. It is polled several times before that counts.
        A restarted sandbox loses its tasks; they cost nothing, so they are ordered again.
        """
        job = each.job
        each.absences += 1
        if each.absences < FETCH_TRIES and job.order is not None:
            return
        if self._try_next_candidate(each):
            return
        if each.entry.draft and job.order is not None and job.resumed:
            job.resumed, job.task = False, None
            job.is_unknown_to_api = True
            self._services.journal.withdraw(each.entry)
            self._jobs.move(job, Stage.OWNED_ELSEWHERE)
        else:
            self._jobs.end(job, unknown_to_api(each.task.task_id))

    def _try_next_candidate(self, each: Awaited) -> bool:
        """Await the next task of a key whose record was lost, because this one has no picture.

        After the last one the state is unknown: one of these tasks had a picture once.
        """
        entry, journal, cache = each.entry, self._services.journal, self._services.cache
        if not entry.recovered:
            return False
        if entry.candidates:
            self.await_task(each.job, journal.recover(entry, entry.candidates))
            return True
        tasks = tuple(journal.ledger.tasks_of(entry.key))
        entry = replace(entry, task_id=None, recovered=False)
        given_up = journal.give_up(entry, tasks, self._services.clock.time())
        if cache.damage(entry.key) is not None:  # the journal replaces it
            cache.set_aside(cache.record_path(entry.key))
        self._jobs.end(each.job, unknown(given_up))
        return True

    def _handle_task(self, each: Awaited, task: Task) -> None:
        job = each.job
        job.task = each.task = task
        each.absences = 0
        if not task.has_ended:
            each.seen_at, each.due_at = self._last.began, math.inf
        if each.tries and self._jobs.now() < each.due_at < math.inf:
            return  # another task's poll: this one's download is not due again
        if task.status == TaskStatus.SUCCESS:
            if each.seconds is None and not (job.resumed or each.entry.adopted):
                middle = (each.seen_at + self._jobs.now()) / 2
                each.seconds = round(max(0.1, middle - each.ordered_at), 1)
            if task.cost_credits is not None and not job.resumed:
                job.credits = task.cost_credits
            self._fetch(each)
        elif task.has_ended and not self._try_next_candidate(each):
            job.credits = 0
            words = "failed at the service" if task.status == TaskStatus.FAILED else "was canceled"
            error = f"task {task.task_id} {words}" + (f": {task.error}" if task.error else "")
            self._services.journal.fail(each.entry, error, self._services.clock.time())
            self._team.ended(job.key, each.entry.order_id, task.task_id, error)
            self._jobs.end(job, task_failed(error))

    # -- fetching ----------------------------------------------------------------------------------

    def _fetch(self, each: Awaited) -> None:
        self._jobs.move(each.job, Stage.FETCHING)
        each.queued_at = self._jobs.now()
        last = each.tries + 1 >= FETCH_TRIES
        fetch = self._jobs.pool.submit(fetch_pictures, self._services, each, last=last)
        self._fetches[fetch] = each

    def _finish_fetch(self, each: Awaited, fetch: Future[Made]) -> None:
        job, task_id = each.job, each.task.task_id
        if job.stage == Stage.ENDED:  # it took too long
            return
        try:
            made = fetch.result()
        except (ApiError, BadPicture, FileNotFoundError) as error:  # the last: its folder went
            each.tries += 1
            wait = backoff(each.tries)
            if isinstance(error, ApiError):
                wait = wait_after(error, each.tries)
            if each.tries >= FETCH_TRIES or wait > LONGEST_PAUSE:
                self._jobs.end(job, not_fetched(task_id, str(error)))
                return
            # the task has a new address if the old one has expired
            self._jobs.move(job, Stage.PENDING)
            each.due_at = self._jobs.now() + wait
            self._poll_at = min(self._poll_at, each.due_at)
        except (FigureError, OSError) as error:
            self._jobs.end(job, not_fetched(task_id, f"it cannot be kept: {error}"))
        else:
            self._jobs.end(job, replace(made, credits=job.credits, resumed=job.resumed))


def fetch_pictures(services: Services, awaited: Awaited, *, last: bool) -> Made:
    """Fetch, check and store a successful task's pictures durably.

    The ``last`` attempt leaves out pictures that fail, if at least one succeeds. Raises
    :exc:`ApiError` or :exc:`BadPicture` if none does, ``OSError`` for the disk; the task then
    stays in the journal and is fetched again without being paid for again.
    """
    entry, order, task = awaited.entry, awaited.order, awaited.task
    pictures: list[Picture] = []
    arrived: list[Path] = []
    failure: ApiError | BadPicture = Interrupted("the task succeeded, but shows no picture yet")
    try:
        for url in task.image_urls:
            path = services.cache.incoming() / f"{uuid.uuid4().hex}.part"
            arrived.append(path)
            try:
                services.downloads.fetch(url, path)
                pictures.append(examine(path))
            except (ApiError, BadPicture) as error:
                failure = error
                discard([arrived.pop()])
                if not last:
                    raise
        if not pictures:
            raise failure
        record = _record(entry, order, task, pictures)
        kept = services.cache.keep(record, arrived)
    finally:
        discard(arrived)
    with contextlib.suppress(StateUnavailable):  # the next build closes it
        services.journal.close(entry.key, record, awaited.seconds)
    return Made(kept, reordered=entry.reordered)


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
