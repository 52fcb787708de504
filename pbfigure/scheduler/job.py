"""One key on its way through a batch: what is wanted, how far it is, how it ends."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pbfigure.api.task import Task
from pbfigure.figure.key import Key
from pbfigure.figure.notice import FigureError
from pbfigure.figure.request import Request
from pbfigure.scheduler.journal import Entry
from pbfigure.scheduler.makers import process_of
from pbfigure.store.record import Record

WAITING, ELSEWHERE, PENDING, FETCHING, ENDED = (
    "waiting",
    "made by another process",
    "pending",
    "downloading",
    "ended",
)


@dataclass(frozen=True, slots=True)
class Order:
    """A picture that is wanted."""

    key: Key
    request: Request
    bought: Record | None = None
    """What the machine's cache tells of it, where only the picture itself was lost."""

    def for_journal(self) -> dict[str, Any]:
        """What its record will need, should another build have to write it."""
        content = self.request.content
        return {
            "request_digest": self.key.request,
            "content_digest": self.key.content,
            "content_automatic": content is not None and content.automatic,
            "request": self.request.summary(),
        }


@dataclass(frozen=True, slots=True)
class Made:
    """A picture that is in the machine's cache now."""

    record: Record
    path: Path
    credits: float
    """Paid for it in this batch: 0 where another process or an earlier build had ordered it."""
    resumed: bool = False
    """Ordered by an earlier build, and only fetched by this one."""
    again: bool = False
    """Ordered twice, the first answer being lost: see :class:`Entry`."""


@dataclass(frozen=True, slots=True)
class NotMade:
    """Why there is no picture."""

    error: FigureError


Outcome = Made | NotMade


class Failed(FigureError):
    """The service made the task fail; nothing was charged."""


NOT_AGAIN = (
    "The same request is not tried again before retry_failed_after has passed; another prompt or"
    " variant is tried at once"
)


class TimedOut(FigureError):
    """It took too long; what is pending goes on at the service and is fetched by the next build."""

    subtype = "pending"


class UnknownFate(FigureError):
    """An order whose answer was lost, and of which nobody can tell whether it was taken."""

    subtype = "unknown"


class OverBudget(FigureError):
    """``max_credits`` does not allow it."""

    subtype = "budget"


class OverEstimate(OverBudget):
    """All that would be ordered is expected to cost more than that: none of it is."""


class AskedToWait(FigureError):
    """The service asks for a longer wait than a build has patience for."""


class HeldUp(FigureError):
    """Another process is in the middle of an order for longer than a build has patience for."""


class StillOwed(FigureError):
    """A picture that was paid for but could not be fetched; it stays in the journal."""

    subtype = "pending"


LEFT = (TimedOut, StillOwed)
"""Errors of what the next build goes on with."""


@dataclass(slots=True)
class Job:
    """One key of a batch."""

    key: str
    order: Order | None
    """None for what an earlier build left over: collected in passing."""
    stage: str = ELSEWHERE
    entry: Entry | None = None
    body: bytes | None = None
    task: Task | None = None
    since: float = 0.0
    """When it came to its stage, by the monotonic clock."""
    tries: int = 0
    """Of fetching it."""
    absences: int = 0
    """Times that the API did not know its task."""
    resumed: bool = False
    maker: str | None = None
    """Who makes it, where that is another process."""
    made: bool = False
    left: bool = False
    """Ended as ordered but not fetched: left to the next build."""
    credits: float = 0.0

    @property
    def keys(self) -> tuple[str, ...]:
        """Every key under which it may be open: its own first."""
        return (self.key,) if self.order is None else self.order.key.all

    @property
    def doing(self) -> str:
        """Its stage, in the service's words where it tells."""
        if self.stage != PENDING or self.task is None:
            return self.stage
        return self.task.current_stage or self.task.status


def unknown(entry: Entry) -> UnknownFate:
    """Return what to tell of an order whose fate is unknown."""
    candidates = f" (it may be {', '.join(entry.candidates[:5])})" if entry.candidates else ""
    why = entry.error or "an earlier order lost its answer"
    return UnknownFate(
        f"{why}, and the task list does not tell whether it was"
        f" taken{candidates}; it is not ordered again, so as not to pay twice:"
        " 'pbfigure settle' shows what is known and takes your decision"
    )


def record_lost(damage: str) -> UnknownFate:
    """Return what to tell of a key whose record cannot be read, and whose task nobody knows."""
    return UnknownFate(
        f"{damage}, and nothing else here tells its task; it is not ordered again, so as not to"
        " pay twice: restore that file from a backup, or have 'pbfigure cache verify --repair' and"
        " then 'pbfigure settle' take your decision"
    )


def failed_before(entry: Entry) -> Failed:
    """Return what to tell of a task that failed in an earlier build, not long ago."""
    return Failed(
        f"{entry.error or 'its task failed at the service'}; nothing was charged. {NOT_AGAIN}"
    )


def owed(job: Job, why: str) -> StillOwed:
    """Return what to tell of a task whose picture could not be fetched."""
    task_id = job.entry.task_id if job.entry is not None else None
    return StillOwed(
        f"task {task_id} is paid for or under way, but could not be fetched: {why}."
        " It stays in the journal; the next build fetches it without paying again"
    )


def not_taken(job: Job, why: str) -> StillOwed:
    """Return what to tell of a task whose picture came, but is beyond what is decoded here."""
    task_id = job.entry.task_id if job.entry is not None else None
    return StillOwed(
        f"task {task_id} is paid for, but its picture is not taken: {why}. The picture lies with"
        " the service, and the task stays in the journal: it is not bought again"
    )


def late(job: Job, why: str) -> TimedOut:
    """Return what to tell of a task that is not awaited any longer."""
    task_id = job.task.task_id if job.task is not None else None
    by = f"{process_of(job.maker)} makes it" if job.stage == ELSEWHERE else ""
    at = f"task {task_id} is at {job.doing}" if task_id else ""
    where = " and ".join(filter(None, (by, at)))
    return TimedOut(f"{where}: {why}. The next build goes on with it without paying again")
