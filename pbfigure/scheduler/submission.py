"""Ordering one picture: the only place where ``POST /generate`` is called.

An attempt is one step that never waits: it orders, or says what to wait for. So a lost answer, a
full minute or another process asking just then hold up nothing else.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from filelock import Timeout

from pbfigure.api.client import Client
from pbfigure.api.errors import (
    ENDS_BATCH,
    PASSING,
    REFUSES_FIGURE,
    ApiError,
    Forbidden,
    RateLimited,
    Unauthorized,
    Unreachable,
)
from pbfigure.api.task import Task
from pbfigure.figure.notice import FigureError
from pbfigure.scheduler.clock import Clock
from pbfigure.scheduler.journal import INTENT, SUBMITTED, UNKNOWN, Entry, Journal
from pbfigure.scheduler.pace import Pace
from pbfigure.scheduler.settlement import GRACE, MARGIN, Adopt, Ask, judge
from pbfigure.scheduler.timetable import backoff

PATIENCE = 3
"""Orders in a row that come to nothing before no more are tried."""
LIMITED = 12
"""Orders in a row answered 429 before no more are tried: it is not our pace that is too high."""
PAGES = 50
"""Pages of the task list that are read for a lost answer, at the most: 5,000 tasks."""
CROWDED = 0.03
"""Seconds to the next try where another process is asking just now."""


@dataclass(frozen=True, slots=True)
class Later:
    """Nothing was done yet; try again after so many seconds."""

    seconds: float
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Submitted:
    """A task exists and is written down."""

    entry: Entry


@dataclass(frozen=True, slots=True)
class Refused:
    """This figure's request was refused; no task was made."""

    error: FigureError


@dataclass(frozen=True, slots=True)
class Stopped:
    """No further order would fare better."""

    error: FigureError


@dataclass(frozen=True, slots=True)
class Unknown:
    """Nobody can tell whether a task was made; the author is asked."""

    entry: Entry


Step = Later | Submitted | Refused | Stopped | Unknown


class ServerClock:
    """The server's clock, as far as its answers told it."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._ahead: float | None = None

    @property
    def is_known(self) -> bool:
        """Whether any answer carried a date yet."""
        return self._ahead is not None

    def heard(self, server_time: float | None) -> float:
        """Take in an answer's date; return the server's time now."""
        if server_time is not None:
            self._ahead = server_time - self._clock.time()
        elif self._ahead is None:
            self._ahead = 0.0
        return self.time()

    def time(self) -> float:
        """Return the server's time now; this machine's while nothing was heard."""
        return self._clock.time() + (self._ahead or 0.0)


class Submission:
    """Orders pictures of one API under one key, one at a time on this machine."""

    def __init__(self, client: Client, journal: Journal, pace: Pace, clock: Clock) -> None:
        self._client = client
        self._journal = journal
        self._pace = pace
        self._clock = clock
        self.server_clock = ServerClock(clock)
        self._troubles = 0
        self._limited = 0
        self._trouble: ApiError | None = None

    def attempt(self, key: str, order: dict[str, Any], body: Callable[[], bytes]) -> Step:
        """Take the next step towards a task for ``key``.

        ``order`` is what its record will need; ``body`` is called when it is about to be sent.
        """
        try:
            with self._journal.asking.acquire(timeout=0):
                return self._attempt(key, order, body)
        except Timeout:
            return Later(CROWDED)

    def _attempt(self, key: str, order: dict[str, Any], body: Callable[[], bytes]) -> Step:
        try:
            waiting = self._answer_question()
        except ApiError as error:
            return self._trouble_step(error)
        if waiting is not None:
            return waiting
        entry = self._journal.entry(key)
        if entry is None:
            entry = self._journal.claim([key])[key]
        if entry.state == SUBMITTED:
            return Submitted(entry)
        if entry.state == UNKNOWN:
            return Unknown(entry)
        if entry.state == INTENT:
            self._journal.reopen(entry)
            return Later(0.0)
        if self._troubles >= PATIENCE and self._trouble is not None:
            return Stopped(self._trouble)
        prepared = body()
        if not self.server_clock.is_known:
            return self._hear_the_time()
        wait = self._pace.take()
        return (
            Later(wait, "the service's rate limit") if wait else self._post(entry, order, prepared)
        )

    def _post(self, entry: Entry, order: dict[str, Any], body: bytes) -> Step:
        entry = self._journal.intend(entry, order, self.server_clock.time())
        try:
            seen = self._client.generate(body)
        except RateLimited as error:
            self._journal.withdraw(entry)
            wait = error.retry_after if error.retry_after is not None else backoff(4)
            self._pace.pause(wait)
            self._limited += 1
            if self._limited >= LIMITED:
                return Stopped(error)
            return Later(wait, "the service's rate limit")
        except REFUSES_FIGURE as error:
            self._journal.withdraw(entry)
            return Refused(error)
        except ENDS_BATCH as error:
            self._journal.withdraw(entry)
            return Stopped(error)
        except Unreachable as error:
            self._journal.withdraw(entry)
            return self._trouble_step(error)
        except ApiError as error:  # a task may have been made: the question stays open
            self._trouble_step(error)
            if error.retry_after:
                self._pace.pause(error.retry_after)
            return Later(0.0, "an answer was lost; looking for its task")
        self._troubles = self._limited = 0
        self.server_clock.heard(seen.server_time)
        task = seen.task
        return Submitted(
            self._journal.submit(
                entry,
                task.task_id,
                cost_credits=task.cost_credits,
                created_at=task.created_at,
                draft=seen.is_sandbox,
            )
        )

    def _trouble_step(self, error: ApiError) -> Step:
        if isinstance(error, (Unauthorized, Forbidden)):
            return Stopped(error)
        self._troubles += 1
        self._trouble = error
        if self._troubles >= 2 * PATIENCE:  # also the questions about a question fail
            return Stopped(error)
        if isinstance(error, Unreachable) and self._troubles >= PATIENCE:
            return Stopped(error)
        return Later(error.retry_after or backoff(self._troubles), "the service is out of reach")

    def _hear_the_time(self) -> Step:
        """Ask for the server's clock before the first order: the grace is counted by it."""
        wait = self._pace.take(poll=True)
        if wait:
            return Later(wait)
        try:
            self.server_clock.heard(self._client.tasks(limit=1).server_time)
        except PASSING as error:
            if isinstance(error, RateLimited):
                self._pace.pause(error.retry_after or backoff(4))
            return self._trouble_step(error)
        except ApiError as error:
            return Stopped(error)
        return Later(0.0)

    def _answer_question(self) -> Later | None:
        """Settle the open question, or say how long its answer still takes."""
        question = self._journal.question()
        if question is None:
            return None
        looked = self._listed((question.intent_at or 0.0) - MARGIN)
        if isinstance(looked, Later):
            return looked
        tasks, is_sandbox = looked
        now = self.server_clock.time()
        if question.asked_at is None:
            question = self._journal.look(question, now)
        left = (question.asked_at or now) + GRACE - now
        if left > 0:
            return Later(min(left, GRACE), "an answer was lost; its task may still appear")
        if tasks is None:
            self._journal.give_up(question, (), self._clock.time())
            return None
        verdict = judge(question, tasks, self._journal.is_known)
        if isinstance(verdict, Adopt):
            task = verdict.task
            self._journal.submit(
                question,
                task.task_id,
                cost_credits=task.cost_credits,
                created_at=task.created_at,
                adopted=True,
                draft=is_sandbox,
            )
        elif isinstance(verdict, Ask):
            self._journal.give_up(question, verdict.candidates, self._clock.time())
        else:
            self._journal.withdraw(question)
        return None

    def _listed(self, since: float) -> tuple[list[Task] | None, bool] | Later:
        """Return every task made since then, or None where the list is too long to tell.

        The list's order is not documented, so it is read to its end unless it shows itself to
        run from the newest to the oldest.
        """
        tasks: list[Task] = []
        for number in range(1, PAGES + 1):
            wait = self._pace.take(poll=True)
            if wait:
                return Later(wait, "the service's rate limit")
            page = self._client.tasks(number)
            self.server_clock.heard(page.server_time)
            tasks += page.tasks
            dates = [task.created for task in page.tasks]
            known = [date for date in dates if date is not None]
            newest_first = len(known) == len(dates) and known == sorted(known, reverse=True)
            if number >= page.total_pages or (newest_first and known and known[-1] < since):
                return tasks, page.is_sandbox
        return None, False
