"""The write-ahead journal of orders: it makes sure that nothing is paid for twice.

An intent is on the disk before its POST is sent. At most one POST is under way for one API on one
machine, and no two orders without an answer are of the same kind: a process that wants to order
that kind settles the open order first. So an unclaimed task of that kind belongs to the open order
or to another machine.

An intent is in the ledger before it is here, and a task has its line there before its entry is
deleted: whoever closes an entry writes the line that a killed process did not. So the ledger shows
what a journal that was emptied, replaced or taken from an older copy does not know, and every
look-up asks it too (:mod:`pbfigure.scheduler.order_ledger`).

A process owns the entries that it works on: see :mod:`pbfigure.scheduler.locks`.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path
from urllib.parse import urlsplit

from pbfigure.scheduler.errors import journal_harmed
from pbfigure.scheduler.journal_entry import (
    Dropped,
    Entry,
    JournalTable,
    OrderFacts,
    OrderState,
)
from pbfigure.scheduler.locks import Owners, ordering_lock
from pbfigure.scheduler.order_ledger import OrderLedger
from pbfigure.store.database import Database
from pbfigure.store.errors import StateUnavailable
from pbfigure.store.record import Record


class Journal:
    """The entries of one API on one machine, as one process sees and owns them."""

    def __init__(self, database: Database, locks: Path, base_url: str) -> None:
        self._database = database
        self._locks = locks
        self._rows = JournalTable(database, base_url)
        self.ledger = OrderLedger(locks.parent, urlsplit(base_url).netloc or base_url)
        self._owners = Owners(locks)
        self.owner = self._owners.own
        self.ordering = ordering_lock(locks, base_url)
        """Held while an order is sent or a lost answer is settled."""
        self.from_ledger: dict[str, Entry] = {}
        """The entries that only the ledger knew, by key."""
        self.is_another = False
        """Whether the database is not the one that the ledger was written with."""
        self.unfinished: dict[str, Entry] = {}
        """By key: what this process ordered or took over, and whose picture is not stored yet."""

    def __enter__(self) -> Journal:
        self._owners.begin()
        self._recognise()
        return self

    def __exit__(self, *exc: object) -> None:
        self._owners.end()

    # -- reading ----------------------------------------------------------------------------------

    def entry(self, key: str) -> Entry | None:
        """Return the entry of a key, or None: what the ledger says, where it knows more."""
        return self.ledger.entry(key, self._rows.entry(key))

    def entries(self) -> list[Entry]:
        """Return all entries of this API, ordered by key."""
        found = map(self.entry, sorted(self._rows.keys() | self.ledger.open_orders()))
        return [entry for entry in found if entry is not None]

    def unanswered(self) -> list[Entry]:
        """Return the intents without an answer, each of another kind, if no entry was lost."""
        found = []
        for key in sorted(self.ledger.open_orders()):
            row = self._rows.entry(key)
            entry = self.ledger.entry(key, row)
            if entry is not None and entry.state == OrderState.INTENT:
                found.append(entry)
                if entry is not row:
                    self.from_ledger[key] = entry
        return found

    def is_alive(self, entry: Entry) -> bool:
        """Whether a living process works on an entry."""
        return self._owners.is_alive(entry.owner)

    def is_known(self, task_id: str) -> bool:
        """Whether the ledger has a task as that of a key."""
        return self.ledger.key_of(task_id) is not None

    # -- ownership --------------------------------------------------------------------------------

    def take(self, keys: Iterable[str]) -> dict[str, Entry]:
        """Take every key that no living process works on; return their entries."""
        taken: dict[str, Entry] = {}
        is_alive = cache(self._owners.is_alive)
        with self._database.transaction():
            for key in keys:
                row = self._rows.entry(key)
                told = self.ledger.entry(key, row)
                entry = told or Entry(key=key)
                if entry.owner != self.owner and is_alive(entry.owner):
                    continue
                if told is not row:
                    self.from_ledger[key] = entry
                taken[key] = entry = replace(entry, owner=self.owner)
                self._rows.put(entry)
                if entry.state in (OrderState.INTENT, OrderState.SUBMITTED, OrderState.UNKNOWN):
                    self.unfinished[key] = entry
        for entry in taken.values():
            self.ledger.enter_task(entry)
        return taken

    def release(self, keys: Iterable[str]) -> None:
        """Release entries for another process or the next build; delete those without an order."""
        with self._database.transaction():
            for key in keys:
                entry = self.entry(key)
                if entry is None or entry.owner != self.owner:
                    continue
                if entry.state == OrderState.FREE:
                    self.close(key)
                else:
                    self._rows.put(replace(entry, owner=None))

    # -- the course of an order -------------------------------------------------------------------

    def intend(  # noqa: PLR0913 - what an order is known by
        self,
        entry: Entry,
        order: OrderFacts,
        intent_at: float | None,
        account: str,
        *,
        order_id: str = "",
        latest_at: float | None = None,
    ) -> Entry:
        """Record the intent to order, before the POST. ``order_id``: that of its claim in a team.

        Raises :exc:`StateUnavailable` also if the folder was removed or replaced meanwhile: others
        would not know that this process is alive.
        """
        if not self._owners.is_active:
            raise StateUnavailable(
                f"{self._locks.parent} was removed or replaced while it was in use"
            )
        entry = Entry(
            key=entry.key,
            state=OrderState.INTENT,
            owner=entry.owner,
            order=order,
            order_id=order_id or os.urandom(8).hex(),
            intent_at=intent_at,
            latest_at=latest_at,
            account=account,
            reordered=entry.reordered,
        )
        self.ledger.intend(entry)
        self.unfinished[entry.key] = entry
        self._rows.put(entry)
        return entry

    def note_processed(
        self, entry: Entry, processed_at: float, *, is_conflict: bool = False
    ) -> None:
        """Record that the API itself answered the order with an error."""
        self._rows.put(replace(entry, processed_at=processed_at, is_conflict=is_conflict))

    def note_first_check(self, entry: Entry, at: float, candidates: Iterable[str]) -> None:
        """Record the first check for the order's task, and the candidates that it found."""
        self._rows.put(replace(entry, first_checked_at=at, candidates=tuple(sorted(candidates))))

    def recall(self, entry: Entry, order: OrderFacts, record: Record) -> Entry:
        """Record the task of a bought picture whose file is lost, to be fetched again."""
        entry = replace(
            entry,
            order=order,
            cost_credits=record.cost_credits,
            created_at=record.created_at,
            adopted=record.adopted,
            draft=record.draft,
        )
        return self.submit(entry, record.task_id)

    def recover(self, entry: Entry, tasks: Sequence[str]) -> Entry:
        """Record the tasks of a key whose record is lost: the first is fetched, the next ones if
        it has no picture.
        """
        return self.submit(replace(entry, candidates=tuple(tasks[1:]), recovered=True), tasks[0])

    def submit(self, entry: Entry, task_id: str) -> Entry:
        """Record the task that was made for ``entry``, which has what is known of it."""
        return self._answer(replace(entry, state=OrderState.SUBMITTED, task_id=task_id))

    def withdraw(self, entry: Entry, *, lost: bool = False) -> Entry:
        """Record that no task was made for ``entry``; it may be ordered again.

        ``lost``: its answer was lost, and only the service's list shows that there is no task.
        """
        with contextlib.suppress(StateUnavailable):  # then the task list is asked once more
            self.ledger.forget(entry.key)
        return self._answer(
            Entry(key=entry.key, owner=entry.owner, reordered=entry.reordered or lost)
        )

    def give_up(self, entry: Entry, candidates: tuple[str, ...], now: float) -> Entry:
        """Record that it is unknown whether a task was made; the author decides."""
        return self._answer(
            replace(entry, state=OrderState.UNKNOWN, candidates=candidates, ended_at=now)
        )

    def fail(self, entry: Entry, error: str, now: float) -> None:
        """Write down that the service failed the task of ``entry``, and charged nothing."""
        self.ledger.fail(entry)
        self.unfinished.pop(entry.key, None)
        self._rows.put(replace(entry, state=OrderState.FAILED, error=error, ended_at=now))

    def close(self, key: str, record: Record | None = None, seconds: float | None = None) -> None:
        """Drop an entry: its record is in the cache, and is what counts from now on.

        ``seconds``: how long its task took, if that is known. An entry whose task cannot be written
        to the ledger just now stays, for the next build.
        """
        entry = self.entry(key)
        if entry is not None and not self.ledger.enter_task(entry, record, seconds):
            return
        if entry is not None and entry.state == OrderState.UNKNOWN:
            self.ledger.forget(key)
        self.unfinished.pop(key, None)
        self._rows.delete(key)

    def drop(self, entry: Entry) -> None:
        """Forget the order of an entry, and its task if it has one: its key may be ordered."""
        self.ledger.enter_task(entry)
        self.ledger.forget(entry.key)
        self._rows.drop(entry.key, Dropped(entry.order_id, entry.task_id, entry.latest_at))

    def dropped(self, key: str) -> Dropped | None:
        """Return the order of a key that its author dropped last."""
        return self._rows.dropped(key)

    def under_way(self) -> set[str]:
        """Return the keys that were ordered, and whose pictures are still to be fetched."""
        return {
            each.key
            for each in self.entries()
            if each.state in (OrderState.INTENT, OrderState.SUBMITTED)
        }

    def close_stored(self, record: Record) -> None:
        """Close the entry of a stored picture that a killed process left open."""
        entry = self.entry(record.key)
        if entry is not None and entry.task_id == record.task_id and not self.is_alive(entry):
            self.close(record.key, record)

    # -- the ledger -------------------------------------------------------------------------------

    def hand_over(self) -> None:
        """Write what is open to the ledger, which may be another one than before: the folder may
        have been removed or replaced. Raises :exc:`StateUnavailable`.
        """
        for entry in self.unfinished.values():
            if entry.is_unsettled and entry.order_id and self.ledger.is_new(entry):
                self.ledger.intend(entry)
            self.ledger.enter_task(entry)

    @property
    def damage_notice(self) -> str:
        """The warning about a damaged or replaced database; empty if it is as it was left."""
        if not (self.is_another or self.from_ledger):
            return ""
        orders = len(self.from_ledger)
        return journal_harmed(self._locks.parent, orders, is_another=self.is_another)

    def _recognise(self) -> None:
        """Note whether the database belongs to the ledger, and that it does from now on."""
        identity, is_new = self.ledger.identity, self.ledger.is_empty
        if identity is not None and self._database.get("ledger") != {"id": identity}:
            self.is_another = not is_new
            self._database.put("ledger", {"id": identity})

    def complete_ledger(self) -> None:
        """Write the tasks that a killed process ordered, and that no build has taken up since.

        Raises :exc:`StateUnavailable`.
        """
        if not all(self.ledger.enter_task(entry) for entry in self.entries()):
            raise StateUnavailable(f"the ledger beside {self._locks} cannot be written")

    def _answer(self, entry: Entry) -> Entry:
        """Record the answer to an order, in the ledger too."""
        self.unfinished.pop(entry.key, None)
        if entry.state in (OrderState.SUBMITTED, OrderState.UNKNOWN):
            self.unfinished[entry.key] = entry
        try:
            self._rows.put(entry)
        finally:
            self.ledger.enter_task(entry)
        return entry
