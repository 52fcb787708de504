"""The journal's entries as the ledger shows them: what is open of a key, whatever the journal has.

The journal is a database, which can be emptied, replaced or taken from an older copy; the ledger
only grows. An entry that is newer than the ledger's last line about its key stands. Else what that
line opened stands: an order without an answer is settled by the task list, as after a kill, and a
task is fetched, unless its record is in the cache.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from pbfigure.scheduler.journal_entry import (
    INTENT,
    SUBMITTED,
    UNKNOWN,
    Entry,
    damaged_entry,
    read_entry,
)
from pbfigure.store.database import StateUnavailable
from pbfigure.store.ledger import Ledger, Purchase

LOST = "its entry in the journal was lost"


class LedgerView:
    """What the ledger says of one API's orders."""

    def __init__(self, ledger: Ledger, api: str, records: Path) -> None:
        self._ledger = ledger
        self._api = api
        self._records = records

    def entry(self, key: str, entry: Entry | None) -> Entry | None:
        """Return the entry that stands for a key: the journal's ``entry``, or the ledger's."""
        with self.reading():
            opened = self._ledger.open_order(self._api, key)
            if entry is not None and entry.state in (INTENT, UNKNOWN):
                entry = None if self._ledger.is_over(entry.order_id) else entry
            if opened is None or (entry is not None and self._is_newer(entry)):
                return entry
        if isinstance(opened, Purchase):
            stands = self._is_stored(key, opened.task_id) or (
                entry is not None and _is_of_task(entry, opened)
            )
            return entry if stands else _of_task(key, opened, entry)
        told = _of_order(key, opened)
        stands = entry is not None and entry.state in (INTENT, UNKNOWN)
        return entry if stands and entry.order_id == told.order_id else told  # type: ignore[union-attr]

    def _is_newer(self, entry: Entry) -> bool:
        """Whether an entry has a task of which the ledger has no line yet."""
        known = entry.task_id and self._ledger.key_of(self._api, entry.task_id)
        return entry.state == SUBMITTED and known is None

    def is_new(self, entry: Entry) -> bool:
        """Whether the ledger knows nothing of an entry's order."""
        with self.reading():
            opened = self._ledger.open_order(self._api, entry.key)
            return opened is None and not self._ledger.is_over(entry.order_id)

    def open_orders(self) -> set[str]:
        """Return the keys of the orders without a task."""
        with self.reading():
            return set(self._ledger.open_orders(self._api))

    def key_of(self, task_id: str) -> str | None:
        """Return the key that a task was ordered for, or None."""
        with self.reading():
            return self._ledger.key_of(self._api, task_id)

    def tasks_of(self, key: str) -> list[str]:
        """Return the tasks that were ordered for a key."""
        with self.reading():
            return self._ledger.tasks_of(self._api, key)

    @contextlib.contextmanager
    def reading(self) -> Iterator[None]:
        """Raise :exc:`StateUnavailable` for a ledger that cannot be read."""
        try:
            yield
        except OSError as error:
            raise StateUnavailable(f"{self._ledger.path} cannot be read ({error})") from None

    def _is_stored(self, key: str, task_id: str) -> bool:
        """Whether a task's own record is there: a draft of the sandbox may be in its place."""
        with contextlib.suppress(OSError, ValueError):
            return task_id in (self._records / key[:2] / f"{key}.json").read_text("utf-8")
        return False


def _is_of_task(entry: Entry, task: Purchase) -> bool:
    """Whether an entry fetches a task, or asks its author about it."""
    if entry.state == UNKNOWN:
        return task.task_id in entry.candidates
    return entry.state == SUBMITTED and entry.task_id == task.task_id


def _of_task(key: str, task: Purchase, entry: Entry | None) -> Entry:
    """Return the entry of a task whose picture never came, or is gone."""
    return Entry(
        key=key,
        state=SUBMITTED,
        owner=None if entry is None else entry.owner,
        order=None if entry is None else entry.order,
        task_id=task.task_id,
        cost_credits=task.credits,
        adopted=task.adopted,
        draft=task.draft,
        error=LOST,
    )


def _of_order(key: str, order: dict[str, Any]) -> Entry:
    """Return the entry of an order whose answer is open; of one that cannot be read, unknown."""
    entry = read_entry(key, order) or damaged_entry(key, order)
    return replace(entry, error=LOST)
