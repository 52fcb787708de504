"""A generation task as the API describes it. Every field is checked when it is read."""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from pbfigure.figure.input_limits import PICTURES_LIMIT, TASK_ID, is_cost
from pbfigure.figure.notice import printable


class TaskStatus(StrEnum):
    """The final statuses of a task (API reference, Query Task)."""

    SUCCESS = "success"
    FAILED = "failed"
    CANCELED = "canceled"


class NotATask(ValueError):
    """JSON that does not describe a task."""


@dataclass(frozen=True, slots=True)
class Task:
    """One task."""

    task_id: str
    status: str
    """A documented status, or a future one, which counts as not ended."""
    type: str | None = None
    model: str | None = None
    scene: str | None = None
    cost_credits: float | None = None
    created_at: str = ""
    image_urls: tuple[str, ...] = ()
    current_stage: str | None = None
    error: str | None = None

    @property
    def has_ended(self) -> bool:
        """Whether its status is final."""
        return self.status in set(TaskStatus)

    @property
    def created(self) -> float | None:
        """The creation time in seconds since the epoch, or None if it is unreadable."""
        try:
            moment = datetime.datetime.fromisoformat(self.created_at)
        except ValueError:
            return None
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=datetime.UTC)
        return moment.timestamp()


def read_task(data: object) -> Task:
    """Read a task. Raises :exc:`NotATask` if its id or status is missing."""
    if not isinstance(data, dict):
        raise NotATask("no object")
    task_id, status = data.get("task_id"), data.get("status")
    if not isinstance(task_id, str) or not TASK_ID.fullmatch(task_id):
        raise NotATask("no task_id")
    if not isinstance(status, str) or not status:
        raise NotATask("no status")
    output = data.get("output")
    output = output if isinstance(output, dict) else {}
    return Task(
        task_id=task_id,
        status=cut(status, 40),
        type=_text(data, "type"),
        model=_text(data, "model"),
        scene=_text(data, "scene"),
        cost_credits=cost if is_cost(cost := data.get("cost_credits")) else None,
        created_at=_text(data, "created_at") or "",
        image_urls=_urls(output.get("images")),
        current_stage=_text(output, "current_stage"),
        error=_text(data, "error"),
    )


def _text(data: dict[str, Any], name: str) -> str | None:
    value = data.get(name)
    return cut(value) if isinstance(value, str) else None


def cut(text: str, limit: int = 300) -> str:
    """Return foreign text for display: shortened, without control characters."""
    return printable(text[:limit])


def _urls(images: object) -> tuple[str, ...]:
    if not isinstance(images, list):
        return ()
    urls = (image.get("url") for image in images[:PICTURES_LIMIT] if isinstance(image, dict))
    return tuple(url for url in urls if isinstance(url, str) and url)
