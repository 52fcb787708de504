"""The queue of what is still to be ordered: one attempt at a time, in a thread."""

from __future__ import annotations

from collections import deque
from concurrent.futures import Future

from pbfigure.figure.cost import estimate
from pbfigure.figure.notice import FigureError
from pbfigure.scheduler.delivery import Delivery
from pbfigure.scheduler.floor import Floor
from pbfigure.scheduler.job import (
    ELSEWHERE,
    WAITING,
    AskedToWait,
    Job,
    OverBudget,
    OverEstimate,
    unknown,
)
from pbfigure.scheduler.journal import Entry
from pbfigure.scheduler.question import Later
from pbfigure.scheduler.submission import (
    Elsewhere,
    Refused,
    Step,
    Stopped,
    Submission,
    Submitted,
    Unknown,
)
from pbfigure.store.database import StateUnavailable

LONG_WAIT = 180.0
"""Seconds to the next order that a build waits for anyhow: more than its own pace can ask for."""


class Ordering:
    """Orders the queue's pictures as fast as the pace allows, while the budget lasts."""

    def __init__(self, floor: Floor, submission: Submission, delivery: Delivery) -> None:
        self._floor = floor
        self._submission = submission
        self._delivery = delivery
        self._queue: deque[Job] = deque()
        self._attempt: Future[Step] | None = None
        self._next_at = floor.began
        self.waiting_for = ""
        """Why nothing is ordered just now, where that is worth telling."""

    def add(self, job: Job) -> None:
        """Queue a job."""
        self._floor.move(job, WAITING)
        self._queue.append(job)

    def check_estimate(self) -> None:
        """Order nothing where all that is queued is expected to cost more than is allowed."""
        limit = self._floor.shop.limits.max_credits
        cost = sum(estimate(job.order.request) for job in self._queue if job.order is not None)
        if limit is None or cost <= limit:
            return
        error = OverEstimate(
            f"nothing was ordered: the missing figures are expected to cost {cost} credits,"
            f" and max_credits is {limit:g}"
        )
        while self._queue:
            self._floor.fail(self._queue.popleft(), error)

    @property
    def is_busy(self) -> bool:
        """Whether there is anything left to order."""
        return bool(self._queue)

    def running(self) -> list[Future[Step]]:
        """Return the attempt that runs."""
        return [] if self._attempt is None else [self._attempt]

    def next_moment(self) -> float | None:
        """When the next attempt is due, or None while one runs or none is left."""
        return self._next_at if self._queue and self._attempt is None else None

    def start(self) -> None:
        """Start the next attempt, if it is time."""
        while self._queue and self._attempt is None:
            job = self._queue[0]
            refusal = self._floor.stopped or self._over_budget(job)
            if refusal is not None:
                self._queue.popleft()
                self._floor.fail(job, refusal)
            elif self._floor.now() < self._next_at:
                return
            else:
                self._attempt = self._floor.pool.submit(self._run, job)

    def finish(self) -> None:
        """Take in what the attempt came to, if it is done."""
        if self._attempt is None or not self._attempt.done():
            return
        step = self._outcome(self._attempt)
        self._attempt = None
        self.waiting_for = step.reason if isinstance(step, Later) else ""
        if isinstance(step, Later):
            self._next_at = self._floor.now() + step.seconds
            if step.seconds > max(LONG_WAIT, self._floor.shop.limits.task_timeout):
                self._floor.stopped = AskedToWait(
                    f"the service asks for a wait of {step.seconds:.0f} s: nothing is ordered"
                    " until then"
                )
        elif isinstance(step, Stopped):
            self._floor.stopped = step.error
        else:
            job = self._queue.popleft()
            if isinstance(step, Submitted):
                job.credits = _cost(job, step.entry)
                self._delivery.expect(job, step.entry)
            elif isinstance(step, Elsewhere):
                self._floor.move(job, ELSEWHERE)
            elif isinstance(step, Unknown):
                self._floor.fail(job, unknown(step.entry))
            else:
                self._floor.fail(job, step.error)

    def _run(self, job: Job) -> Step:
        """In a thread: the text is rendered here, once, and the order goes out."""
        order = job.order
        assert order is not None  # noqa: S101 - leftovers are never queued

        def body() -> bytes:
            if job.body is None:
                job.body = order.request.body()
            return job.body

        return self._submission.attempt(job.key, order.for_journal(), body)

    def _outcome(self, attempt: Future[Step]) -> Step:
        try:
            return attempt.result()
        except StateUnavailable as error:
            return Stopped(error)
        except OSError as error:
            folder = self._floor.shop.cache.folder
            return Stopped(StateUnavailable(f"{folder} cannot be used ({error})"))
        except FigureError as error:  # the rendered text breaks a limit
            return Refused(error)

    def _over_budget(self, job: Job) -> OverBudget | None:
        limit = self._floor.shop.limits.max_credits
        if limit is None or job.order is None:
            return None
        spent, cost = self._floor.spent(), estimate(job.order.request)
        if spent + cost <= limit:
            return None
        return OverBudget(
            f"not ordered: {spent:g} credits are spent, this figure is expected to cost {cost},"
            f" and max_credits is {limit:g}"
        )


def _cost(job: Job, entry: Entry) -> float:
    """What an order costs: the service's word, or the reference's where it does not tell."""
    if entry.cost_credits is not None or job.order is None:
        return entry.cost_credits or 0
    return estimate(job.order.request)
