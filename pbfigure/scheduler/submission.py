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
    LengthRequired,
    PayloadTooLarge,
    RateLimited,
    Unauthorized,
    Unreachable,
)
from pbfigure.figure.notice import FigureError
from pbfigure.scheduler.clock import Clock
from pbfigure.scheduler.job import HeldUp
from pbfigure.scheduler.journal import INTENT, SUBMITTED, UNKNOWN, Entry, Journal
from pbfigure.scheduler.makers import process_of
from pbfigure.scheduler.pace import Pace
from pbfigure.scheduler.question import Later, Questions
from pbfigure.scheduler.server_clock import ServerClock
from pbfigure.scheduler.standstill import Standstill
from pbfigure.scheduler.timetable import backoff
from pbfigure.store.database import StateUnavailable

PATIENCE = 3
"""Orders in a row that come to nothing before no more are tried."""
LIMITED = 12
"""Orders in a row answered 429 before no more are tried: it is not our pace that is too high."""
SLOWED = "the pace that the service allows"
SURELY_NOT_MADE = (RateLimited, Unreachable, LengthRequired, PayloadTooLarge)
"""Whoever says so: nobody passes on what it is itself too busy for, or finds too long."""
CROWDED = 0.03
"""Seconds to the next try where another process is asking just now."""
LINGERING = 10.0
"""Seconds after which it is told who that is."""


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


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """The key is no longer ours to order: see what became of it."""


Step = Later | Submitted | Refused | Stopped | Unknown | Elsewhere


class Submission:
    """Orders pictures of one API under one key, one at a time on this machine."""

    def __init__(
        self, client: Client, journal: Journal, pace: Pace, clock: Clock, patience: float
    ) -> None:
        """``patience``: seconds that one order of another process is waited for at the most."""
        self._client = client
        self._journal = journal
        self._pace = pace
        self._clock = clock
        self.server_clock = ServerClock(clock)
        self._questions = Questions(client, journal, pace, clock, self.server_clock)
        self._troubles = 0
        self._limited = 0
        self._trouble: ApiError | None = None
        self._patience = patience
        self._crowd = Standstill(clock)
        self._other_order = Standstill(clock)

    def attempt(self, key: str, order: dict[str, Any], body: Callable[[], bytes]) -> Step:
        """Take the next step towards a task for ``key``.

        ``order`` is what its record will need; ``body`` is what is sent, and may be slow to tell.
        """
        prepared = body()
        try:
            with self._journal.asking.acquire(timeout=0):
                self._crowd.is_over()
                self._other_order.is_over()
                return self._attempt(key, order, prepared)
        except Timeout:
            self._pace.queue()
            return self._crowded()

    def _crowded(self) -> Later | Stopped:
        """Wait for another process's order; say whose, once that takes longer than it should, and
        do not wait for one for ever: its process may be stopped.
        """
        if self._crowd.seconds("held") < LINGERING:
            return Later(CROWDED)
        question = self._journal.question()
        waited = self._other_order.seconds(question)
        lives = question is not None and self._journal.lives(question)
        who = process_of(question.owner if question is not None and lives else None)
        if waited <= self._patience:
            return Later(CROWDED, f"the answer to the order of {who}")
        return Stopped(
            HeldUp(
                f"{who} has held {self._journal.asking.lock_file} for {waited:.0f} s, as long as it"
                " orders; it was not waited for any longer, and nothing more was ordered. End that"
                " process; where there is none that holds it, delete that file"
            )
        )

    def _attempt(self, key: str, order: dict[str, Any], body: bytes) -> Step:
        unsettled = self._answer_question()
        if unsettled is not None:
            return unsettled
        entry = self._journal.entry(key)
        if entry is None or entry.owner != self._journal.owner:
            return Elsewhere()
        if entry.state in (SUBMITTED, UNKNOWN, INTENT):
            return self._ordered_before(entry)
        if self._troubles >= PATIENCE and self._trouble is not None:
            return Stopped(self._trouble)
        if not self.server_clock.was_asked:
            return self._hear_the_time()
        wait = self._pace.take()
        return Later(wait, SLOWED) if wait else self._post(entry, order, body)

    def _answer_question(self) -> Step | None:
        """Settle what is open, or say what that still takes."""
        adopted = self._questions.adopted
        try:
            waiting = self._questions.answer()
        except ApiError as error:
            return self._trouble_step(error)
        if self._questions.adopted > adopted:
            self._troubles = 0
        return waiting

    def _ordered_before(self, entry: Entry) -> Step:
        if entry.state == SUBMITTED:
            return Submitted(entry)
        if entry.state == UNKNOWN:
            return Unknown(entry)
        self._journal.reopen(entry)
        return Later(0.0)

    def _post(self, entry: Entry, order: dict[str, Any], body: bytes) -> Step:
        date = self.server_clock.date()
        entry = self._journal.intend(entry, order, date, self._pace.account)
        try:
            seen = self._client.generate(body)
        except ApiError as error:
            return self._without_task(entry, error)
        self._troubles = self._limited = 0
        self.server_clock.heard(seen.server_time)
        task = seen.task
        try:
            entry = self._journal.submit(
                entry,
                task.task_id,
                cost_credits=task.cost_credits,
                created_at=task.created_at,
                draft=seen.is_sandbox,
            )
        except StateUnavailable as error:
            return Stopped(
                StateUnavailable(
                    f"task {task.task_id} was ordered, but could not be written down: {error}."
                    " The next build looks for it in the service's list"
                )
            )
        return Submitted(entry)

    def _without_task(self, entry: Entry, error: ApiError) -> Step:
        """Judge an order that was not answered with a task: was none made, or may one have been?

        Only the API's own words count as its refusal. What stands before it may answer anything,
        also after the order was passed on.
        """
        refused = error.documented and isinstance(error, (*ENDS_BATCH, *REFUSES_FIGURE))
        if refused or isinstance(error, SURELY_NOT_MADE):
            self._journal.withdraw(entry)
            if isinstance(error, RateLimited):
                return self._slowed(error)
            if isinstance(error, REFUSES_FIGURE):
                return Refused(error)
            if isinstance(error, ENDS_BATCH):
                return Stopped(error)
        step = self._count(error)
        if isinstance(step, Stopped) or isinstance(error, Unreachable):
            return step
        return Later(0.0, "an answer was lost; looking for its task")

    def _slowed(self, error: RateLimited) -> Step:
        self._limited += 1
        wait = max(error.retry_after or 0.0, backoff(self._limited))
        self._pace.pause(wait)
        return Stopped(error) if self._limited >= LIMITED else Later(wait, SLOWED)

    def _trouble_step(self, error: ApiError) -> Step:
        if isinstance(error, (Unauthorized, Forbidden)):
            return Stopped(error)
        return self._count(error)

    def _count(self, error: ApiError) -> Stopped | Later:
        self._troubles += 1
        self._trouble = error
        if error.retry_after:
            self._pace.pause(error.retry_after)
        if self._troubles >= 2 * PATIENCE:  # also the questions about a question fail
            return Stopped(error)
        if isinstance(error, Unreachable) and self._troubles >= PATIENCE:
            return Stopped(error)
        wait = max(error.retry_after or 0.0, backoff(self._troubles))
        return Later(wait, "the service is out of reach")

    def _hear_the_time(self) -> Step:
        """Ask for the server's clock before the first order: the grace is counted by it."""
        wait = self._pace.take(poll=True)
        if wait:
            return Later(wait, SLOWED)
        try:
            self.server_clock.heard(self._client.tasks(limit=1).server_time)
        except PASSING as error:
            return self._trouble_step(error)
        except ApiError as error:
            return Stopped(error)
        return Later(0.0)
