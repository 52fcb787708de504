"""Why a picture of a batch is missing: one type for each reason, and the message for its author."""

from __future__ import annotations

from pbfigure.figure.notice import FigureError
from pbfigure.scheduler.journal_entry import Entry

NOT_AGAIN = (
    "The same request is not tried again before retry_failed_after has passed; another prompt or"
    " variant is tried at once"
)


class TaskFailed(FigureError):
    """The service made the task fail; nothing was charged."""


class NotOrdered(FigureError):
    """Nothing was asked of the service for it, for a reason that holds for a whole batch."""

    subtype = "missing"


class OverEstimate(NotOrdered):
    """All that would be ordered is expected to cost more than ``max_credits``: none of it is."""

    subtype = "budget"


class OverBudget(FigureError):
    """``max_credits`` does not allow this one."""

    subtype = "budget"


class TimedOut(FigureError):
    """It took too long; what is pending goes on at the service and is fetched by the next build."""

    subtype = "pending"


class StillOwed(FigureError):
    """A picture that was paid for but could not be fetched; it stays in the journal."""

    subtype = "pending"


RESUMABLE = (TimedOut, StillOwed)
"""The next build goes on with what ended in one of these."""


class UnknownFate(FigureError):
    """An order whose answer was lost; whether the service took it is not known."""

    subtype = "unknown"


class AskedToWait(FigureError):
    """The service asks for a longer wait than a build allows."""


class HeldUp(FigureError):
    """Another process is in the middle of an order for longer than a build waits."""


def unknown(entry: Entry) -> UnknownFate:
    """Return the error for an order whose fate is unknown."""
    candidates = f" (it may be {', '.join(entry.candidates[:5])})" if entry.candidates else ""
    why = entry.error or "an earlier order lost its answer"
    return UnknownFate(
        f"{why}, and the task list does not tell whether it was"
        f" taken{candidates}; it is not ordered again, so as not to pay twice:"
        " 'pbfigure settle' shows what is known and takes your decision"
    )


def unsettled(why: FigureError) -> UnknownFate:
    """Return the error for an order whose lost answer is not settled when its batch ends."""
    return UnknownFate(
        f"its order lost its answer ({why}); the next build looks for its task in the service's"
        " list, and orders it again only if there is none"
    )


def record_lost(damage: str) -> UnknownFate:
    """Return the error for a key whose record cannot be read and whose task is not known."""
    return UnknownFate(
        f"{damage}, and nothing else here tells its task; it is not ordered again, so as not to"
        " pay twice: restore that file from a backup, or have 'pbfigure cache verify --repair' and"
        " then 'pbfigure settle' take your decision"
    )


def failed_before(entry: Entry) -> TaskFailed:
    """Return the error for a task that failed in an earlier build, not long ago."""
    return TaskFailed(
        f"{entry.error or 'its task failed at the service'}; nothing was charged. {NOT_AGAIN}"
    )


def owed(task_id: str, why: str) -> StillOwed:
    """Return the error for a task whose picture could not be fetched."""
    return StillOwed(
        f"task {task_id} is paid for or under way, but could not be fetched: {why}."
        " It stays in the journal; the next build fetches it without paying again"
    )


def not_taken(task_id: str, why: str) -> StillOwed:
    """Return the error for a task whose picture is beyond the limits of what is decoded."""
    return StillOwed(
        f"task {task_id} is paid for, but its picture is not taken: {why}. The picture lies with"
        " the service, and the task stays in the journal: it is not bought again"
    )
