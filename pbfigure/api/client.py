"""The four JSON endpoints of the API as typed calls."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from pbfigure.api.errors import Garbled
from pbfigure.api.task import NotATask, Task, read_task
from pbfigure.api.transport import Transport
from pbfigure.figure.input_limits import CREDITS_LIMIT

PAGE_LIMIT = 100
"""Most tasks of a page (API reference, List Tasks)."""


@dataclass(frozen=True, slots=True)
class TaskPage:
    """One page of the task list; its order is not documented, and pages may shift."""

    tasks: tuple[Task, ...]
    total_pages: int
    total: int | None = None
    """Tasks on all pages, or None if the answer does not say."""
    unreadable: int = 0
    """Number of entries that could not be read."""


class Client:
    """The API with one API key. Thread-safe: requests of several threads run one at a time."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    @property
    def is_sandbox(self) -> bool | None:
        """Whether the last answer came from the sandbox; None until there is one."""
        return self._transport.is_sandbox

    def observe_dates(self, on_date: Callable[[float | None], None]) -> None:
        """Call ``on_date`` with the date (epoch seconds) of every good answer, or None."""
        self._transport.on_date = on_date

    def close(self) -> None:
        """Abort the running request and send no more."""
        self._transport.close()

    def credits(self) -> float:
        """``GET /credits``: the team's remaining credits; negative if it owes some."""
        remaining = self._transport.get("/credits").get("remaining_credits")
        if isinstance(remaining, bool) or not isinstance(remaining, (int, float)):
            raise Garbled("GET /credits answered without remaining_credits")
        if not -CREDITS_LIMIT < remaining < CREDITS_LIMIT:  # also if it is not a number
            raise Garbled("GET /credits answered with an implausible remaining_credits")
        return remaining

    def generate(self, body: bytes) -> Task:
        """``POST /generate``: order a picture. This call costs credits."""
        return _task(self._transport.post("/generate", body), "POST /generate")

    def task(self, task_id: str) -> Task:
        """``GET /task/:id``."""
        task = _task(self._transport.get(f"/task/{quote(task_id, safe='')}"), "GET /task")
        if task.task_id != task_id:
            raise Garbled("GET /task answered with another task than the one asked for")
        return task

    def tasks(
        self, page: int = 1, *, limit: int = PAGE_LIMIT, status: str | None = None
    ) -> TaskPage:
        """``GET /tasks``: a page of the key's tasks, teammates' included."""
        query = f"/tasks?page={page}&limit={limit}" + (f"&status={status}" if status else "")
        data = self._transport.get(query)
        entries = data.get("tasks")
        if not isinstance(entries, list):
            raise Garbled("GET /tasks answered without a list of tasks")
        tasks = []
        for entry in entries[:1000]:
            try:
                tasks.append(read_task(entry))
            except NotATask:
                continue  # perhaps a new kind of entry; a missing task of ours is queried by id
        return TaskPage(
            tuple(tasks),
            _count(data, "total_pages") or 1,
            _count(data, "total"),
            len(entries) - len(tasks),
        )


def _task(data: dict[str, Any], where: str) -> Task:
    try:
        return read_task(data)
    except NotATask as error:
        raise Garbled(f"{where} answered with {error}") from None


def _count(data: dict[str, Any], name: str) -> int | None:
    pagination = data.get("pagination")
    count = pagination.get(name) if isinstance(pagination, dict) else None
    if isinstance(count, bool) or not isinstance(count, int) or not 0 <= count < 10_000_000:
        return None
    return count
