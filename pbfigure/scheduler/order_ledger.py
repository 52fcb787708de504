"""One API's orders in the ledger: reads what is open for a key, and writes orders, tasks and costs.

The journal is a database, which can be emptied, replaced or taken from an older copy; the ledger
only grows. An entry that is newer than the ledger's last line about its key counts. Otherwise the
ledger does: an order without an answer is settled by the task list, as after a kill, and a task is
fetched, unless its record is in the cache.
"""

from __future__ import annotations

import contextlib
import datetime
from collections.abc import Iterator
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any

from pbfigure.figure.cost import estimate_of
from pbfigure.figure.key import normalise
from pbfigure.figure.request_summary import Workload
from pbfigure.scheduler.journal_entry import Entry, OrderState, damaged_entry, read_entry
from pbfigure.store.errors import StateUnavailable
from pbfigure.store.ledger import Ledger
from pbfigure.store.purchase import (
    NOT_CHARGED,
    PROMPT_LENGTH,
    Buyer,
    Purchase,
    ShortRequest,
    utc_of,
)
from pbfigure.store.record import Record

LOST = "its entry in the journal was lost"
LATENCIES = 2000
"""The latest purchases that are searched for how long tasks took."""


class OrderLedger(Ledger):
    """One API's orders in the ledger."""

    def __init__(self, cache: Path, api: str) -> None:
        super().__init__(cache, api)
        self._records = cache / "records"

    def entry(self, key: str, entry: Entry | None) -> Entry | None:
        """Return the entry that counts for a key: the journal's ``entry``, or the ledger's."""
        opened = self.open_order(key)
        if entry is not None and entry.is_unsettled and self.is_over(entry.order_id):
            entry = None
        if opened is None or (entry is not None and self._is_newer(entry)):
            return entry
        if isinstance(opened, Purchase):
            stands = self._is_stored(key, opened.task_id) or (
                entry is not None and _is_of_task(entry, opened)
            )
            return entry if stands else _of_task(key, opened, entry)
        told = _of_order(key, opened)
        if entry is None or not entry.is_unsettled:
            return told
        return entry if entry.order_id == told.order_id else told

    def _is_newer(self, entry: Entry) -> bool:
        """Whether an entry has a task without a line in the ledger."""
        return entry.has_task and self.key_of(entry.task_id or "") is None

    def is_new(self, entry: Entry) -> bool:
        """Whether the ledger knows nothing of an entry's order."""
        return self.open_order(entry.key) is None and not self.is_over(entry.order_id)

    def past_latencies(self) -> Iterator[tuple[Workload, float]]:
        """Yield how long the latest tasks took, by workload, the latest first."""
        with contextlib.suppress(StateUnavailable):  # nothing depends on them but when to poll
            for each in islice(reversed(self.purchases()), LATENCIES):
                if each.api == self._api and each.seconds is not None:
                    yield each.request.workload, each.seconds

    def intend(self, entry: Entry) -> None:
        """Write an order before it is sent. Raises :exc:`StateUnavailable`."""
        self.write_order(entry.key, entry.as_document())

    def enter_task(
        self, entry: Entry, record: Record | None = None, seconds: float | None = None
    ) -> bool:
        """Write the task of an entry, unless it is there, and its real cost if its record is known;
        return whether that succeeded.
        """
        if not entry.has_task:
            return True
        try:
            self.enter(_purchase_of(entry, self._api))
            if record is not None:
                facts = {"credits": record.cost_credits, "draft": record.draft}
                facts |= {} if seconds is None else {"seconds": seconds}
                self.correct(self._api, record.task_id, **facts)
        except StateUnavailable:
            return False
        return True

    def fail(self, entry: Entry) -> None:
        """Write, if possible, that the service failed the task of an entry and charged nothing."""
        if entry.task_id is not None:
            with contextlib.suppress(StateUnavailable):
                self.enter(_purchase_of(entry, self._api))
                self.correct(self._api, entry.task_id, credits=0, status=NOT_CHARGED)

    def _is_stored(self, key: str, task_id: str) -> bool:
        """Whether a task's own record is there: a draft of the sandbox may be in its place."""
        with contextlib.suppress(OSError, ValueError):
            return task_id in (self._records / key[:2] / f"{key}.json").read_text("utf-8")
        return False


def _is_of_task(entry: Entry, task: Purchase) -> bool:
    """Whether an entry fetches a task, or asks its author about it."""
    if entry.state == OrderState.UNKNOWN:
        return task.task_id in entry.candidates
    return entry.has_task and entry.task_id == task.task_id


def _of_task(key: str, task: Purchase, entry: Entry | None) -> Entry:
    """Return the entry of a task whose picture never came, or is gone."""
    return Entry(
        key=key,
        state=OrderState.SUBMITTED,
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


def _purchase_of(entry: Entry, api: str) -> Purchase:
    """Return the purchase that an entry with a task is."""
    request, credits, short = entry.request, entry.cost_credits, ShortRequest()
    if request is not None:
        prompt = normalise(request.words)[:PROMPT_LENGTH]
        work = request.workload._asdict()
        short = ShortRequest(**work, variant=request.variant, prompt=prompt)
    return Purchase(
        at=_ordered_at(entry),
        api=api,
        task_id=entry.task_id or "",
        key=entry.key,
        credits=estimate_of(short.workload) if credits is None else credits,
        draft=entry.draft,
        adopted=entry.adopted,
        buyer=Buyer() if entry.order is None else entry.order.buyer,
        request=short,
    )


def _ordered_at(entry: Entry) -> str:
    """Return when an entry was ordered, in UTC; of a task fetched again, when that was made."""
    moment = datetime.datetime.now(datetime.UTC)
    with contextlib.suppress(ValueError, OverflowError, OSError):
        if entry.intent_at is not None:
            moment = datetime.datetime.fromtimestamp(entry.intent_at, datetime.UTC)
        elif made := utc_of(entry.created_at):
            return made
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}"
