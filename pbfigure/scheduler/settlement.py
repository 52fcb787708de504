"""What became of a POST whose answer was lost: judged from the task list, or not at all.

The list carries no prompt, so a task can only be recognised by its kind and its time, and by
nobody else having asked meanwhile. Cost is no criterion: the reference contradicts itself there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from pbfigure.api.task import Task
from pbfigure.api.transport import READ_TIMEOUT
from pbfigure.scheduler.journal import Entry

GRACE = READ_TIMEOUT + 15.0
"""Seconds of the server's clock, from the first look, in which a late task may still appear."""
MARGIN = 60.0
"""Seconds by which a task's date may precede its intent: two clocks, one of whole seconds."""


@dataclass(frozen=True, slots=True)
class Adopt:
    """The one task that fits, with nobody else about."""

    task: Task


@dataclass(frozen=True, slots=True)
class Repost:
    """No task was made."""


@dataclass(frozen=True, slots=True)
class Ask:
    """More than one story fits; only the author can tell."""

    candidates: tuple[str, ...]


Verdict = Adopt | Repost | Ask


def judge(entry: Entry, tasks: Iterable[Task], is_known: Callable[[str], bool]) -> Verdict:
    """Judge the question from all the tasks listed after its grace has passed.

    A task without a readable date counts as near: it cannot be ruled out. Nor can one that was
    listed at the first look and is not any more.
    """
    listed = strangers(entry, tasks, is_known)
    gone = {task_id for task_id in entry.candidates if not is_known(task_id)} - set(listed)
    if not listed and not gone:
        return Repost()
    fitting = [task for task in listed.values() if fits(entry, task)]
    if len(fitting) == len(listed) == 1 and not gone:
        return Adopt(fitting[0])
    return Ask(tuple(sorted({*listed, *gone})))


def strangers(
    entry: Entry, tasks: Iterable[Task], is_known: Callable[[str], bool]
) -> dict[str, Task]:
    """Return the tasks that may be the question's: made since it was put, and nobody's here."""
    since = None if entry.intent_at is None else entry.intent_at - MARGIN
    return {
        task.task_id: task
        for task in tasks
        if (since is None or task.created is None or task.created >= since)
        and not is_known(task.task_id)
    }


def fits(entry: Entry, task: Task) -> bool:
    """Whether a task is of the kind that was asked for. The reference shows pipeline tasks under
    the model ``pipeline``, which nobody asks for by name.
    """
    request = entry.order.get("request", {})
    return (
        task.type == request.get("type")
        and task.scene == request.get("scene")
        and (request.get("model") is None or task.model == request.get("model"))
    )
