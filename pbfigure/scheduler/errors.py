"""The errors that an order can end with: one type for each reason, with the author's message."""

from __future__ import annotations

import copy
from pathlib import Path

from pbfigure.figure.notice import FigureError
from pbfigure.figure.wording import counted
from pbfigure.scheduler.journal_entry import Entry
from pbfigure.store.record import Record


class TaskFailed(FigureError):
    """The service made the task fail; nothing was charged."""


class NotOrdered(FigureError):
    """It was not ordered, for a reason that holds for the whole batch."""

    subtype = "missing"


class OverEstimate(NotOrdered):
    """All orders together are expected to exceed ``max_credits``; none is sent."""

    subtype = "budget"


class OverBudget(FigureError):
    """This order would exceed ``max_credits``."""

    subtype = "budget"


class TimedOut(FigureError):
    """It took too long. A pending task goes on at the service; the next build fetches it."""

    subtype = "pending"


class NotFetched(FigureError):
    """A task is paid for but its picture could not be fetched; it stays in the journal."""

    subtype = "pending"


RESUMABLE = (TimedOut, NotFetched)
"""The next build continues an order that ended with one of these."""


class UnknownFate(FigureError):
    """The answer to an order was lost; whether the service took the order is unknown."""

    subtype = "unknown"


class AskedToWait(FigureError):
    """The service asks for a longer wait than a build allows."""

    def __init__(self, seconds: float) -> None:
        super().__init__(
            f"the service asks for a wait of {seconds:,.0f} s; this build does not wait for it, and"
            " later ones ask again after ten minutes at the latest"
        )
        self.seconds = seconds


def unknown(entry: Entry) -> UnknownFate:
    """Return the error for an order whose fate is unknown."""
    candidates = f" (it may be {', '.join(entry.candidates[:5])})" if entry.candidates else ""
    why = entry.error or "an earlier order lost its answer"
    return UnknownFate(
        f"{why}, and the task list does not tell whether it was"
        f" taken{candidates}; it is not ordered again, so as not to pay twice:"
        " 'pbfigure settle' shows what is known and takes your decision"
    )


class Misanswered(FigureError):
    """The service answered the order with the task of another one."""

    subtype = "missing"


def misanswered(task_id: str) -> Misanswered:
    """Return the error for an order that was answered with a task that is another order's."""
    return Misanswered(
        f"the service answered its order with task {task_id}, which was made for another order, and"
        " its task list shows none for this one: it has no picture, and this build does not order"
        " it again"
    )


def not_settled(why: FigureError) -> UnknownFate:
    """Return the error for an order whose lost answer is not settled when its batch ends."""
    return UnknownFate(
        f"its order lost its answer ({why}); the next build looks for its task in the service's"
        " list, and orders it again only if there is none"
    )


def unanswered() -> UnknownFate:
    """Return the error for an order without an answer that a later build settles."""
    return UnknownFate(
        "its last order has no answer yet; a build that may ask the service looks for its task in"
        " the list there, and orders it again only if there is none"
    )


class BaseGone(FigureError):
    """The service no longer has the picture that a revision starts from."""

    subtype = "revise"


def base_gone(base: Record, why: str) -> BaseGone:
    """Return the error for a revision whose base is not at the service."""
    number = len(base.request.revise)
    what = f"revision {number}" if number else "its unrevised picture"
    if base.draft:
        why += "; a sandbox knows what it drew since it started"
    return BaseGone(
        f"not ordered: {what} is needed from the service (task {base.task_id}), and {why};"
        " nothing was charged. Have that one drawn anew as another variant (a number for each"
        " version, that one's changed: with one revision `:variant: 1 0`, in LaTeX `variant=1 0`),"
        " pin a picture that is here, or take the revision back"
    )


def base_not_here() -> NotOrdered:
    """Return the error for a revision whose base is gone since it was ordered."""
    return NotOrdered("it is not among what is made now; the next build makes it or finds it")


def base_not_made(error: FigureError) -> FigureError:
    """Return the error for a revision of what was not made: of the same kind, with that reason."""
    again = copy.copy(error)
    again.args = (f"what it revises was not made: {error}",)
    return again


def record_lost(damage: str) -> UnknownFate:
    """Return the error for a key whose record cannot be read and whose task is not known."""
    return UnknownFate(
        f"{damage}, and nothing else here tells its task; it is not ordered again, so as not to"
        " pay twice: restore that file from a backup, or have 'pbfigure cache verify --repair' and"
        " then 'pbfigure settle' take your decision"
    )


def task_failed(why: str) -> TaskFailed:
    """Return the error for a task that failed, now or in an earlier build not long ago."""
    return TaskFailed(
        f"{why or 'its task failed at the service'}; no credits were charged. Builds do not try the"
        " same request again before retry_failed_after has passed; 'pbfigure refresh', another"
        " prompt or another variant does at once"
    )


def not_fetched(task_id: str, why: str) -> NotFetched:
    """Return the error for a task whose picture could not be fetched."""
    return NotFetched(
        f"task {task_id} is paid for or under way, but could not be fetched: {why}."
        " It stays in the journal; the next build fetches it without paying again"
    )


def journal_harmed(folder: Path, orders: int, *, is_another: bool) -> str:
    """Return the message about a journal that changed since the last build."""
    what = "is an older copy, or a build was killed as it wrote there"
    return (
        f"{folder / 'state'} {'was emptied or replaced' if is_another else what}:"
        f" {counted(orders, 'order')} that it does not know are taken from ledger.jsonl, and"
        " fetched or settled by the service's task list; nothing is bought again"
    )


def unknown_to_api(task_id: str) -> NotFetched:
    """Return the error for a task that the API does not have for this key."""
    return not_fetched(
        task_id,
        "the API does not know it for this key. With the key it was ordered under it can be"
        " fetched; 'pbfigure settle KEY --drop' gives it up",
    )
