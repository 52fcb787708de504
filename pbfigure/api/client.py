"""The four JSON endpoints, as calls: what is asked, and what it answers, as values."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import quote

from pbfigure.api.errors import Garbled
from pbfigure.api.task import NotATask, Task, read_task
from pbfigure.api.transport import Reply, Transport

PAGE_LIMIT = 100
"""Tasks of a page at the most (API reference, List Tasks)."""
CREDITS_LIMIT = 1e9
"""Credits beyond which a number is none of credits; ours."""


@dataclass(frozen=True, slots=True)
class TaskSnapshot:
    """A task as it was at one moment of the server's clock."""

    task: Task
    server_time: float | None
    is_sandbox: bool


@dataclass(frozen=True, slots=True)
class TaskPage:
    """One page of the task list. Its order is not documented; nor that nothing moves meanwhile."""

    tasks: tuple[Task, ...]
    total_pages: int
    server_time: float | None
    is_sandbox: bool
    total: int | None = None
    """Tasks on all pages, or None if the answer does not say."""
    unreadable: int = 0
    """Entries in which no task could be made out."""


class Client:
    """The API under one key; safe to be used by several threads, which then wait their turn."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def close(self) -> None:
        """Break off what is being asked, and ask nothing more."""
        self._transport.close()

    def credits(self) -> float:
        """``GET /credits``: the team's remaining credits; below 0 where it owes some."""
        remaining = self._transport.get("/credits").data.get("remaining_credits")
        if isinstance(remaining, bool) or not isinstance(remaining, (int, float)):
            raise Garbled("GET /credits answered without remaining_credits")
        if not -CREDITS_LIMIT < remaining < CREDITS_LIMIT:  # also if it is not a number
            raise Garbled("GET /credits answered with remaining_credits that cannot be")
        return remaining

    def generate(self, body: bytes) -> TaskSnapshot:
        """``POST /generate``: order a picture. This is the call that is paid for."""
        return _snapshot(self._transport.post("/generate", body), "POST /generate")

    def task(self, task_id: str) -> TaskSnapshot:
        """``GET /task/:id``."""
        snapshot = _snapshot(self._transport.get(f"/task/{quote(task_id, safe='')}"), "GET /task")
        if snapshot.task.task_id != task_id:
            raise Garbled("GET /task answered with another task than the one asked for")
        return snapshot

    def tasks(
        self, page: int = 1, *, limit: int = PAGE_LIMIT, status: str | None = None
    ) -> TaskPage:
        """``GET /tasks``: a page of the key's tasks, teammates' included."""
        query = f"/tasks?page={page}&limit={limit}" + (f"&status={status}" if status else "")
        reply = self._transport.get(query)
        entries = reply.data.get("tasks")
        if not isinstance(entries, list):
            raise Garbled("GET /tasks answered without a list of tasks")
        tasks = []
        for entry in entries[:1000]:
            try:
                tasks.append(read_task(entry))
            except NotATask:
                continue  # a form of entry that may come one day; ours are asked for by id then
        return TaskPage(
            tuple(tasks),
            _count(reply, "total_pages") or 1,
            reply.server_time,
            reply.is_sandbox,
            _count(reply, "total"),
            len(entries) - len(tasks),
        )


def _snapshot(reply: Reply, where: str) -> TaskSnapshot:
    try:
        task = read_task(reply.data)
    except NotATask as error:
        raise Garbled(f"{where} answered with {error}") from None
    return TaskSnapshot(task, reply.server_time, reply.is_sandbox)


def _count(reply: Reply, name: str) -> int | None:
    pagination = reply.data.get("pagination")
    count = pagination.get(name) if isinstance(pagination, dict) else None
    if isinstance(count, bool) or not isinstance(count, int) or not 0 <= count < 10_000_000:
        return None
    return count
