"""The queue of orders: one attempt at a time, in a thread, within the budget.

Orders of one kind (type, scene and model) look the same in the task list. While one kind waits for
a lost answer, the others go on.
"""

from __future__ import annotations

import contextlib
from concurrent.futures import Future
from dataclasses import dataclass, replace
from typing import Any

from pbfigure.figure.cost import estimate
from pbfigure.figure.notice import FigureError
from pbfigure.figure.request import encoded
from pbfigure.figure.unexpected import boundary
from pbfigure.scheduler.budget import Budget
from pbfigure.scheduler.delivery import Delivery
from pbfigure.scheduler.errors import (
    AskedToWait,
    NotOrdered,
    base_not_here,
    base_not_made,
    unknown,
)
from pbfigure.scheduler.jobs import Job, JobList, Order, Stage
from pbfigure.scheduler.journal_entry import Kind
from pbfigure.scheduler.retry_wait import Later
from pbfigure.scheduler.submission import (
    OwnedElsewhere,
    Refused,
    Settled,
    Step,
    Stopped,
    Submission,
)
from pbfigure.scheduler.team_claims import MadeElsewhere
from pbfigure.store.errors import StateUnavailable

LONG_WAIT = 180.0
"""Longest wait for the next order, in seconds: more than the rate limit alone can require."""


@dataclass(slots=True, eq=False)
class _Queued:
    """One order and its job."""

    job: Job
    order: Order
    kind: Kind
    payload: dict[str, Any] | None = None


class OrderQueue:
    """Sends the queued orders as fast as the rate limit and the budget allow."""

    def __init__(self, jobs: JobList, submission: Submission, delivery: Delivery) -> None:
        self._jobs = jobs
        self._budget = Budget(jobs.services.limits, jobs.services.spent_today)
        self._submission = submission
        self._delivery = delivery
        self._queue: list[_Queued] = []
        self._waiting_for_base: list[_Queued] = []
        """Revisions of what this batch makes."""
        self._attempt: tuple[_Queued, Future[Step]] | None = None
        self._not_before = jobs.began
        self._kind_not_before: dict[Kind, float] = {}
        self.waiting_for = ""
        """Why nothing is ordered at the moment, if the user should know."""

    def add(self, job: Job, order: Order) -> None:
        """Queue an order."""
        self._jobs.move(job, Stage.WAITING)
        if order.is_of_earlier_text:
            self._submission.only_settle(job.key)
        queue = self._waiting_for_base if order.waits_for else self._queue
        queue.append(_Queued(job, order, order.facts.kind))

    def check_estimate(self) -> None:
        """Order nothing if all queued orders together exceed the budget."""
        waiting = (*self._queue, *self._waiting_for_base)
        orders = (each.order for each in waiting if not each.order.is_of_earlier_text)
        refusal = self._budget.refusal_of_all(orders)
        if refusal is not None:
            self._fail_all(refusal)

    @property
    def is_busy(self) -> bool:
        """Whether orders are left."""
        return bool(self._queue)

    def running(self) -> list[Future[Step]]:
        """Return the running attempt."""
        return [] if self._attempt is None else [self._attempt[1]]

    def next_moment(self) -> float | None:
        """Return when the next attempt is due; None while one runs or none is left."""
        if not self._queue or self._attempt is not None:
            return None
        return max(self._not_before, min(map(self._due_at, self._queue)))

    def start(self) -> None:
        """Start the next attempt if it is due."""
        self._release()
        if self._attempt is not None:
            return
        if self._jobs.stopped is not None:
            self._fail_all(NotOrdered(f"not ordered: {self._jobs.stopped}"))
        now = self._jobs.now()
        while now >= self._not_before and (
            queued := next((each for each in self._queue if self._due_at(each) <= now), None)
        ):
            refusal = self._budget.refusal(queued.order, self._jobs.spent())
            if refusal is None:
                self._attempt = queued, self._jobs.pool.submit(self._run, queued)
                return
            self._queue.remove(queued)
            self._jobs.end(queued.job, refusal)

    def _release(self) -> None:
        """Queue the revisions whose base is made; end those whose base is not."""
        waiting, self._waiting_for_base = self._waiting_for_base, []
        for each in waiting:
            job = self._jobs.jobs.get(each.order.waits_for)
            base = base_not_here() if job is None else job.outcome
            if base is None:
                self._waiting_for_base.append(each)
            elif isinstance(base, FigureError):
                self._jobs.end(each.job, base_not_made(base))
            else:
                self.add(each.job, replace(each.order, base=base.record))

    def finish(self) -> None:
        """Process the result of the attempt if it is done."""
        if self._attempt is None or not self._attempt[1].done():
            return
        queued, attempt = self._attempt
        step = self._outcome(attempt)
        self._attempt = None
        self.waiting_for = step.reason if isinstance(step, Later) else ""
        if isinstance(step, Later):
            self._wait(queued.kind, step)
        elif isinstance(step, Stopped):
            self._jobs.stopped = step.error
        else:
            self._queue.remove(queued)
            if isinstance(step, Settled) and step.entry.has_task:
                queued.job.resumed = queued.job.resumed or step.is_paid
                if not step.is_paid:
                    reported = step.entry.cost_credits
                    price = estimate(queued.order.request)
                    queued.job.credits = price if reported is None else reported
                self._delivery.await_task(queued.job, step.entry)
            elif isinstance(step, OwnedElsewhere):
                self._jobs.move(queued.job, Stage.OWNED_ELSEWHERE)
            elif isinstance(step, MadeElsewhere):
                self._jobs.move(queued.job, Stage.WITH_TEAM)
            elif isinstance(step, Settled):
                self._jobs.end(queued.job, unknown(step.entry))
            else:
                self._jobs.end(queued.job, step.error)

    def _due_at(self, queued: _Queued) -> float:
        return self._kind_not_before.get(queued.kind, 0.0)

    def _wait(self, kind: Kind, step: Later) -> None:
        not_before = self._jobs.now() + step.seconds
        if step.for_all:
            self._not_before = not_before
        else:
            self._kind_not_before[kind] = not_before
        if step.seconds > max(LONG_WAIT, self._jobs.services.limits.task_timeout):
            self._jobs.stopped = AskedToWait(step.seconds)

    def _fail_all(self, error: NotOrdered) -> None:
        """Order nothing more."""
        for each in self._waiting_for_base:
            self._jobs.end(each.job, error)
        queue, self._queue, self._waiting_for_base = self._queue, [], []
        for each in queue:
            self._jobs.end_early(each.job, error)

    def _run(self, queued: _Queued) -> Step:
        """Run one attempt in a thread; the text is rendered here, once."""

        def payload() -> dict[str, Any]:
            if queued.payload is None:
                with boundary():
                    queued.payload = queued.order.request.payload()
                    encoded(queued.payload)
            return queued.payload

        order = queued.order
        step = self._submission.attempt(queued.job.key, order.facts, payload, order.base)
        if isinstance(step, Settled) and step.entry.has_task and not order.is_of_earlier_text:
            self._keep_text(queued.job.key, payload())
        return step

    def _keep_text(self, key: str, payload: dict[str, Any]) -> None:
        """Keep the text that a picture was ordered with; no order fails for want of it."""
        text = payload["options"].get("content")
        if text is not None:
            with contextlib.suppress(OSError):
                self._jobs.services.cache.keep_text(key, text)

    def _outcome(self, attempt: Future[Step]) -> Step:
        try:
            return attempt.result()
        except StateUnavailable as error:
            return Stopped(error)
        except OSError as error:
            folder = self._jobs.services.cache.folder
            return Stopped(StateUnavailable(f"{folder} cannot be used ({error})"))
        except FigureError as error:  # the rendered text breaks a limit
            return Refused(error)
