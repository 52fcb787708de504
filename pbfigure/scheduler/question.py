"""The question: what became of a POST whose answer was lost. Answered before anything is ordered.

Twice the whole task list is read: when the question is first met, and when its grace has passed.
A list that is not seen to be whole proves nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from pbfigure.api.client import Client
from pbfigure.api.task import Task
from pbfigure.scheduler.clock import Clock
from pbfigure.scheduler.journal import Entry, Journal
from pbfigure.scheduler.pace import Pace
from pbfigure.scheduler.server_clock import ServerClock
from pbfigure.scheduler.settlement import GRACE, MARGIN, Adopt, Ask, judge, strangers

PAGES = 50
"""Pages of the task list that are read for a lost answer, at the most: 5,000 tasks."""
READINGS = 3
"""Of a list that changes or is garbled meanwhile, before its author is asked."""
BUSY = 5.0
"""Seconds to wait for the living maker of a question that another key put."""


@dataclass(frozen=True, slots=True)
class Later:
    """Nothing was done yet; try again after so many seconds."""

    seconds: float
    reason: str = ""


@dataclass(slots=True)
class Reading:
    """One reading of the task list, page by page; the rate limit may come between two."""

    question: Entry
    began: float = 0.0
    """The server's time at its first page."""
    page: int = 1
    """The next page to be read."""
    tasks: dict[str, Task] = field(default_factory=dict)
    expected: int | None = None
    """How many tasks there were when it began."""
    readable: bool = True
    is_sandbox: bool = False
    at_end: bool = False

    @property
    def whole(self) -> bool:
        """Whether every task was seen that there was when it began."""
        return (
            self.at_end
            and self.readable
            and self.expected is not None
            and len(self.tasks) >= self.expected
        )


class Questions:
    """Answers the question of one API under one key; whoever does holds ``journal.asking``."""

    def __init__(
        self, client: Client, journal: Journal, pace: Pace, clock: Clock, server_clock: ServerClock
    ) -> None:
        self._client = client
        self._journal = journal
        self._pace = pace
        self._clock = clock
        self._server_clock = server_clock
        self._reading: Reading | None = None
        self._readings = 0
        self.adopted = 0
        """Tasks that were taken over so far."""

    def answer(self) -> Later | None:
        """Settle the open question, or say how long that still takes. Raises ApiError."""
        question = self._journal.question()
        if question is None:
            return None
        if question.account not in ("", self._pace.account):
            return self._of_another_key(question)
        left = self._left(question, self._server_clock.time())
        if left is not None and left > 0 and self._server_clock.was_asked:
            return _until(left)
        reading = self._read_list(question)
        return reading if isinstance(reading, Later) else self._looked(question, reading)

    def _looked(self, question: Entry, reading: Reading) -> Later | None:
        left = self._left(question, reading.began)
        near = strangers(question, reading.tasks.values(), self._journal.is_known)
        if left is not None and left > 0:
            return _until(left)
        self._readings += 1
        if not reading.whole and self._readings < READINGS and reading.at_end:
            return Later(BUSY, "an answer was lost; the task list is not whole")
        self._readings = 0
        if left is None:
            self._journal.look(question, reading.began, near)
            return _until(GRACE)
        if reading.whole:
            self._settle(question, reading)
            return None
        candidates = tuple(sorted({*question.candidates, *near}))
        self._journal.give_up(question, candidates, self._clock.time())
        return None

    @staticmethod
    def _left(question: Entry, now: float) -> float | None:
        """Return the seconds of its grace that are left, or None where it has not begun.

        A first look that lies in the future was dated by a clock that was wrong.
        """
        if question.asked_at is None or question.asked_at > now + MARGIN:
            return None
        return question.asked_at + GRACE - now

    def _settle(self, question: Entry, reading: Reading) -> None:
        verdict = judge(question, reading.tasks.values(), self._journal.is_known)
        if isinstance(verdict, Adopt):
            task = verdict.task
            self._journal.submit(
                question,
                task.task_id,
                cost_credits=task.cost_credits,
                created_at=task.created_at,
                adopted=True,
                draft=reading.is_sandbox,
            )
            self.adopted += 1
        elif isinstance(verdict, Ask):
            self._journal.give_up(question, verdict.candidates, self._clock.time())
        else:
            self._journal.withdraw(question, lost=True)

    def _of_another_key(self, question: Entry) -> Later | None:
        """This key's list may lack the task: that it is not there proves nothing."""
        if question.owner != self._journal.owner and self._journal.lives(question):
            return Later(BUSY, "another key's order lost its answer")
        self._journal.give_up(question, question.candidates, self._clock.time())
        return None

    def _read_list(self, question: Entry) -> Reading | Later:
        """Read the list to its end: its order is not documented, and pages shift."""
        reading = self._reading
        if reading is None or reading.question != question:
            reading = self._reading = Reading(question)
        while not reading.at_end and reading.page <= PAGES:
            wait = self._pace.take(poll=True)
            if wait:
                return Later(wait, "the pace that the service allows")
            page = self._client.tasks(reading.page)
            self._server_clock.heard(page.server_time)
            if reading.page == 1:
                reading.began = self._server_clock.time()
                reading.expected, reading.is_sandbox = page.total, page.is_sandbox
            reading.readable = reading.readable and not page.unreadable
            reading.tasks.update((task.task_id, task) for task in page.tasks)
            reading.at_end = reading.page >= page.total_pages
            reading.page += 1
        self._reading = None
        return reading


def _until(left: float) -> Later:
    return Later(min(left, GRACE), "an answer was lost; its task may still appear")
