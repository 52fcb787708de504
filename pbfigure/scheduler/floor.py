"""The floor of the workshop: the jobs of one batch, where each stands, and what they share."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass

from pbfigure.api.client import Client
from pbfigure.api.download import Downloads
from pbfigure.figure.notice import FigureError
from pbfigure.scheduler.clock import Clock
from pbfigure.scheduler.job import ENDED, FETCHING, LEFT, Job, Made, NotMade, Order, Outcome
from pbfigure.scheduler.journal import Journal
from pbfigure.scheduler.pace import Pace
from pbfigure.store.cache_dir import CacheDir
from pbfigure.store.record import Record

WORKERS = 6
"""Threads: one orders, one looks, four fetch."""


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


class Floor:
    """The jobs of a batch."""

    def __init__(
        self,
        shop: Workshop,
        orders: Iterable[Order],
        on_outcome: Callable[[Order, Outcome], None],
    ) -> None:
        self.shop = shop
        self.pool = shop.executor()
        self.began = shop.clock.monotonic()
        self.jobs = {
            order.key.digest: Job(order.key.digest, order, since=self.began) for order in orders
        }
        self.stopped: FigureError | None = None
        """Why nothing more is ordered, once that is so."""
        self._on_outcome = on_outcome

    def now(self) -> float:
        """Return the monotonic time."""
        return self.shop.clock.monotonic()

    def at(self, stage: str) -> list[Job]:
        """Return the jobs at a stage."""
        return [job for job in self.jobs.values() if job.stage == stage]

    def open(self) -> bool:
        """Whether anything is still to be waited for: all that is wanted, and of what an earlier
        build left over, what is being fetched.
        """
        return any(
            job.stage != ENDED and (job.order is not None or job.stage == FETCHING)
            for job in self.jobs.values()
        )

    def spent(self) -> float:
        """Return the credits that this batch's tasks say they cost."""
        return sum(job.credits for job in self.jobs.values())

    def move(self, job: Job, stage: str) -> None:
        """Bring a job to a stage."""
        job.stage = stage
        job.since = self.now()

    def end(self, job: Job, outcome: Outcome) -> None:
        """Bring a job to its end. What was not made is let go of, for the next build."""
        self.move(job, ENDED)
        job.body = None
        job.made = isinstance(outcome, Made)
        job.left = isinstance(outcome, NotMade) and isinstance(outcome.error, LEFT)
        if not job.made:
            self.shop.journal.release([job.key])
        if job.order is not None:
            self._on_outcome(job.order, outcome)

    def fail(self, job: Job, error: FigureError) -> None:
        """Bring a job to a bad end."""
        self.end(job, NotMade(error))
