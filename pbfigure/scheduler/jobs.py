"""The jobs of one batch: orders, stages, outcomes, progress, and the services that they share."""

from __future__ import annotations

import contextlib
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from pbfigure.api.client import Client
from pbfigure.api.download import Downloads
from pbfigure.api.task import Task
from pbfigure.figure.key import Key, key_of
from pbfigure.figure.notice import FigureError
from pbfigure.figure.request import Request
from pbfigure.scheduler.clock import Clock
from pbfigure.scheduler.errors import (
    RESUMABLE,
    NotOrdered,
    OverBudget,
    TimedOut,
    not_fetched,
    not_settled,
)
from pbfigure.scheduler.journal import Journal
from pbfigure.scheduler.journal_entry import OrderFacts, OrderState
from pbfigure.scheduler.locks import process_of
from pbfigure.scheduler.rate_limit import RateLimit
from pbfigure.store.cache_dir import CacheDir
from pbfigure.store.errors import StateUnavailable
from pbfigure.store.purchase import Buyer
from pbfigure.store.record import Record, StoredPicture

if TYPE_CHECKING:
    from pbfigure.store.shared_cache import SharedCache

WORKERS = 6
"""Threads: one for orders, one for polls, four for downloads."""


class Stage(StrEnum):
    """Where a job is, as progress shows it."""

    WAITING = "waiting"
    OWNED_ELSEWHERE = "made by another process"
    WITH_TEAM = "made by another machine"
    PENDING = "pending"
    FETCHING = "downloading"
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class Order:
    """A picture that is wanted."""

    key: Key
    request: Request
    bought: Record | None = None
    """Its record in the machine's cache, if only the picture's file was lost."""
    buyer: Buyer = field(default_factory=Buyer)
    """Who orders it, for the ledger."""
    base: Record | None = None
    """The record of what a revision starts from; None if that is an order of the same batch."""

    @property
    def waits_for(self) -> str:
        """The key of what a revision waits for; empty if it can be ordered."""
        revises = self.request.revises
        return key_of(revises).digest if revises is not None and self.base is None else ""

    @property
    def is_of_earlier_text(self) -> bool:
        """Whether the text around it changed since an earlier build ordered it: it is fetched or
        settled, and never ordered with the text of now.
        """
        return self.key != key_of(self.request)

    @property
    def facts(self) -> OrderFacts:
        """The facts that its record needs, in case another build writes it."""
        content, request = self.request.content, self.request.summary()
        if self.base is not None:  # it may have been drawn from an earlier text
            request = request._replace(base=self.base.key)
        return OrderFacts(
            request_digest=self.key.request,
            content_digest=self.key.content,
            content_automatic=content is not None and content.automatic,
            request=request,
            buyer=self.buyer,
        )


@dataclass(frozen=True, slots=True)
class Made:
    """A picture that is in the machine's cache now."""

    picture: StoredPicture
    credits: float = 0.0
    """Credits paid in this batch: 0 if another process or an earlier build ordered it."""
    resumed: bool = False
    """Whether an earlier build ordered it and this one only fetched it."""
    reordered: bool = False
    """Whether it was ordered twice because the first answer was lost: see :class:`Entry`."""
    of_team: bool = False
    """Whether it came from the team's store."""

    @property
    def record(self) -> Record:
        """The picture's record."""
        return self.picture.record


Outcome = Made | FigureError


@dataclass(frozen=True, slots=True)
class Limits:
    """Timeouts and budget, from the settings."""

    task_timeout: float = 900.0
    """Seconds."""
    build_timeout: float | None = None
    """Seconds."""
    max_credits: float | None = None
    max_credits_per_day: float | None = None
    retry_failed_after: float = 86_400.0
    """Seconds."""


@dataclass(frozen=True, slots=True)
class Services:
    """The services that a batch uses."""

    cache: CacheDir
    client: Client
    downloads: Downloads
    journal: Journal
    rate_limit: RateLimit
    clock: Clock
    limits: Limits
    is_local: bool = False
    """Whether the API is on this machine: an emulator, as quick as the sandbox."""
    shared: SharedCache | None = None
    """The team's store."""
    accepts_record: Callable[[Record], bool] = lambda record: True
    """Whether a record in the cache is accepted; a draft may not be."""
    spent_today: Callable[[], float] = lambda: 0.0
    """The credits that the project has ordered for today, this batch included."""
    executor: Callable[[], Executor] = lambda: ThreadPoolExecutor(WORKERS, "paperbanana")

    def made(self, key: str) -> Made | None:
        """Return the picture of a key that is in the cache, if it is accepted."""
        found = self.cache.find(key)
        return Made(found) if found is not None and self.accepts_record(found.record) else None


@dataclass(slots=True)
class Job:
    """One key of a batch."""

    key: str
    order: Order | None
    """None for a task of an earlier build that this build did not ask for."""
    stage: Stage = Stage.OWNED_ELSEWHERE
    since: float = 0.0
    """When it reached its stage, or its task was first awaited, by the monotonic clock."""
    task: Task | None = None
    """As the last poll showed it."""
    owner: str | None = None
    """The process that makes it, if it is another one."""
    resumed: bool = False
    is_unknown_to_api: bool = False
    """Whether the API no longer knows the task of an earlier build: a restarted sandbox."""
    credits: float = 0.0
    outcome: Outcome | None = None

    @property
    def result(self) -> str:
        """How it ended, as progress shows it."""
        if isinstance(self.outcome, RESUMABLE):
            return "left to the next build"
        if isinstance(self.outcome, (NotOrdered, OverBudget)):
            return "missing"
        return "failed" if isinstance(self.outcome, FigureError) else "made"

    @property
    def activity(self) -> str:
        """Its stage; for a pending task also the service's own, as in ``pending (planner)``."""
        stage = self._service_stage
        return self.stage if stage == self.stage else f"{self.stage} ({stage})"

    @property
    def _service_stage(self) -> str:
        """Its stage; for a pending task, the service's own words."""
        if self.stage != Stage.PENDING or self.task is None:
            return self.stage
        return (self.task.current_stage or self.task.status).replace("_", " ")

    def timeout_error(self, why: str) -> TimedOut:
        """Return the error for ending the wait for it."""
        by = f"{process_of(self.owner)} makes it" if self.stage == Stage.OWNED_ELSEWHERE else ""
        if self.stage == Stage.WITH_TEAM:
            by = "another machine of the team makes it"
        at = f"task {self.task.task_id} is at {self._service_stage}" if self.task else ""
        where = " and ".join(filter(None, (by, at)))
        return TimedOut(f"{where}: {why}. The next build goes on with it without paying again")


@dataclass(frozen=True, slots=True)
class Progress:
    """One moment of a batch."""

    total: int
    made: int
    unmade: tuple[tuple[str, int], ...]
    """How many ended without a picture, by result: failed, missing, left to the next build."""
    stages: tuple[tuple[str, int], ...]
    """How many are unfinished, by stage: waiting, pending, planner, …"""
    credits: float
    """Spent so far, as the tasks report it."""
    sandbox: bool = False
    """Whether they are the sandbox's, which cost nothing."""
    drawing: tuple[tuple[str, str], ...] = ()
    """The tasks at the service, each with its stage: by key, or by the name shown for it."""
    waiting_for: str = ""
    """Why nothing is ordered at the moment, if the user should know."""

    @property
    def unit(self) -> str:
        """The unit of what was spent."""
        return "sandbox credits" if self.sandbox else "credits"

    def __str__(self) -> str:
        parts = [f"{self.made} of {self.total} made"]
        parts += [f"{count} {words}" for words, count in (*self.unmade, *self.stages)]
        parts.append(f"{self.credits:g} {self.unit} spent")
        return ", ".join(parts) + (f" (waiting: {self.waiting_for})" if self.waiting_for else "")


Report = Callable[[Progress], None]


class JobList:
    """The jobs of a batch with their stages, and what they share."""

    def __init__(
        self,
        services: Services,
        orders: Iterable[Order],
        on_outcome: Callable[[Order, Outcome], None],
    ) -> None:
        self.services = services
        self.pool = services.executor()
        self.began = services.clock.monotonic()
        self.jobs: dict[str, Job] = {}
        self._at: defaultdict[Stage, dict[str, Job]] = defaultdict(dict)
        """By stage and key."""
        for order in orders:
            self.add(Job(order.key.digest, order, since=self.began))
        self.stopped: FigureError | None = None
        """Why nothing more is ordered, or None."""
        self._on_outcome = on_outcome

    def now(self) -> float:
        """Return the monotonic time."""
        return self.services.clock.monotonic()

    def add(self, job: Job) -> None:
        """Add a job; one of the same key is replaced."""
        self.jobs[job.key] = self._at[job.stage][job.key] = job

    def at(self, stage: Stage) -> list[Job]:
        """Return the jobs at a stage."""
        return list(self._at[stage].values())

    def is_open(self) -> bool:
        """Whether the batch has to go on: a wanted key is open, or a download is running."""
        return any(
            stage != Stage.ENDED and (job.order is not None or stage == Stage.FETCHING)
            for stage, jobs in self._at.items()
            for job in jobs.values()
        )

    def spent(self) -> float:
        """Return the credits that this batch's tasks cost."""
        return sum(job.credits for job in self.jobs.values())

    def move(self, job: Job, stage: Stage) -> None:
        """Set a job's stage. Fetching is part of waiting for a task: one limit is for both."""
        if {job.stage, stage} != {Stage.PENDING, Stage.FETCHING}:
            job.since = self.now()
        self._at[job.stage].pop(job.key, None)
        self._at[stage][job.key] = job
        job.stage = stage

    def end(self, job: Job, outcome: Outcome) -> None:
        """End a job. A key without a picture is released for the next build."""
        self.move(job, Stage.ENDED)
        if isinstance(outcome, FigureError):
            with contextlib.suppress(StateUnavailable):
                self.services.journal.release([job.key])
        job.outcome = outcome
        if job.order is not None:
            self._on_outcome(job.order, outcome)

    def end_early(self, job: Job, error: FigureError) -> None:
        """End a job of a batch that orders nothing more. The next build settles an order whose
        answer was lost, and fetches a task.
        """
        entry = self.services.journal.unfinished.get(job.key)
        if entry is not None and entry.has_task:
            error = not_fetched(entry.task_id or "", str(self.stopped))
        elif entry is not None and entry.state == OrderState.INTENT:
            error = not_settled(error)
        self.end(job, error)

    def progress(self, waiting_for: str) -> Progress:
        """Return the batch's progress now."""
        jobs = [job for job in self.jobs.values() if job.order is not None]
        results = Counter(job.result for job in jobs if job.stage == Stage.ENDED)
        return Progress(
            total=len(jobs),
            made=results.pop("made", 0),
            unmade=_counted(results.elements()),
            stages=_counted(job.activity for job in jobs if job.stage != Stage.ENDED),
            credits=self.spent(),
            drawing=tuple(
                (j.key, j.activity) for j in jobs if j.stage in (Stage.PENDING, Stage.FETCHING)
            ),
            waiting_for=waiting_for,
        )


def _counted(words: Iterable[str]) -> tuple[tuple[str, int], ...]:
    """Count each word, the most common first."""
    return tuple(Counter(sorted(words)).most_common())
