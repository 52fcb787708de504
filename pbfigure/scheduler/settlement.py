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
    """Judge the question from the tasks listed after its grace has passed.

    A task without a readable date counts as near: it cannot be ruled out.
    """
    since = (entry.intent_at or 0.0) - MARGIN
    strangers = {
        task.task_id: task
        for task in tasks
        if (task.created is None or task.created >= since) and not is_known(task.task_id)
    }
    if not strangers:
        return Repost()
    fitting = [task for task in strangers.values() if fits(entry, task)]
    if len(fitting) == len(strangers) == 1:
        return Adopt(fitting[0])
    return Ask(tuple(sorted(strangers)))


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
