"""Looking at what is pending: all in one request where that is cheaper, each by id otherwise."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field

from pbfigure.api.client import Client
from pbfigure.api.errors import (
    ApiError,
    Forbidden,
    NotFound,
    RateLimited,
    Unauthorized,
    Unreachable,
)
from pbfigure.api.task import SUCCESS, Task
from pbfigure.scheduler.pace import Pace
from pbfigure.scheduler.server_clock import ServerClock
from pbfigure.scheduler.timetable import backoff, list_is_cheaper

ABSENCES = 3
"""Looks at the list without a task before it is asked for by its id."""
LIST_TRIES = 2
"""Failures of the list in a row before every task is asked for by its id instead."""


@dataclass(slots=True)
class Look:
    """What one look brought."""

    tasks: dict[str, Task] = field(default_factory=dict)
    missing: set[str] = field(default_factory=set)
    """Tasks the API says it does not know."""
    wait: float = 0.0
    """Seconds before which no further look makes sense."""
    failure: ApiError | None = None
    refused: bool = False
    """Whether the key itself was refused."""
    is_sandbox: bool = False


class Watch:
    """Looks at pending tasks, remembering what it cost to find them."""

    def __init__(self, client: Client, pace: Pace, server_clock: ServerClock) -> None:
        self._client = client
        self._pace = pace
        self._server_clock = server_clock
        self._pages = 1
        self._absences: dict[str, int] = {}
        self._failures = 0
        self._list_failures = 0
        self._asked: dict[str, int] = {}

    @property
    def failures(self) -> int:
        """How many looks in a row failed."""
        return self._failures

    def look(self, pending: Collection[str], doubtful: Collection[str]) -> Look:
        """Look once. ``doubtful`` are tasks that only their own page can tell about."""
        found = Look()
        try:
            self._look(set(pending), set(doubtful), found)
        except (Unauthorized, Forbidden) as error:
            found.failure, found.refused = error, True
        except ApiError as error:
            found.failure = error
        self._judge(found)
        return found

    def _judge(self, found: Look) -> None:
        """Count what failed, and let everybody wait where the server says so."""
        error = found.failure
        if error is None or found.tasks:
            self._failures = 0
        elif not isinstance(error, RateLimited):
            self._failures += 1
        if error is None:
            return
        limited = isinstance(error, RateLimited)
        wait = max(error.retry_after or 0.0, backoff(4 if limited else self._failures or 1))
        found.wait = max(found.wait, wait)
        if limited or error.retry_after:
            self._pace.pause(wait)

    def _look(self, wanted: set[str], doubtful: set[str], found: Look) -> None:
        if list_is_cheaper(pending=len(wanted), pages=self._pages) and (
            self._list_failures < LIST_TRIES
        ):
            try:
                self._list(wanted, found)
            except (Unauthorized, Forbidden, RateLimited, Unreachable):
                raise
            except ApiError:
                self._list_failures += 1
                raise
            self._list_failures = 0
            if found.wait:
                return
            wanted = self._absent(wanted - set(found.tasks)) | (wanted & doubtful)
            wanted |= {t.task_id for t in found.tasks.values() if _lacks_pictures(t)}
        for task_id in sorted(wanted, key=lambda task_id: self._asked.get(task_id, 0)):
            self._ask(task_id, found)
            if found.wait:
                return
        self._list_failures = 0

    def _list(self, wanted: set[str], found: Look) -> None:
        number = 1
        while True:
            found.wait = self._pace.take(poll=True)
            if found.wait:
                return
            page = self._client.tasks(number)
            self._server_clock.heard(page.server_time)
            found.is_sandbox = found.is_sandbox or page.is_sandbox
            found.tasks.update(
                (task.task_id, task) for task in page.tasks if task.task_id in wanted
            )
            if wanted <= set(found.tasks) or number >= min(page.total_pages, len(wanted)):
                break
            number += 1
        self._pages = number

    def _absent(self, absent: set[str]) -> set[str]:
        """Return those tasks that were not listed too often: pages shift, and promise nothing."""
        self._absences = {task_id: self._absences.get(task_id, 0) + 1 for task_id in absent}
        return {task_id for task_id, times in self._absences.items() if times >= ABSENCES}

    def _ask(self, task_id: str, found: Look) -> None:
        found.wait = self._pace.take(poll=True)
        if found.wait:
            return
        self._asked[task_id] = self._asked.get(task_id, 0) + 1
        try:
            seen = self._client.task(task_id)
        except NotFound:
            found.missing.add(task_id)
            return
        except (Unauthorized, Forbidden, RateLimited, Unreachable):
            raise
        except ApiError as error:  # one task's answer says nothing of the others
            found.failure = error
            return
        self._server_clock.heard(seen.server_time)
        found.is_sandbox = found.is_sandbox or seen.is_sandbox
        found.tasks[task_id] = seen.task


def _lacks_pictures(task: Task) -> bool:
    return task.status == SUCCESS and not task.image_urls
