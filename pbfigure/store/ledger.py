"""The ledger: every order and every purchase of this machine, in a file that only grows.

It also has the keys of tasks that others ordered, once their pictures came here.

An order's line is on the disk before its POST is sent, so that the file says what is open whatever
becomes of the journal. The line of its task is written by the process that learns the task's id;
every process that works on that task writes it if it is missing. The file itself says whether a
task has its line, so that a kill at any moment leaves exactly one. What a task really cost, where
that differs from what its order said, and that the service failed it, are lines of their own, so
that no line is ever changed.
"""

from __future__ import annotations

import datetime
import json
import os
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from pbfigure.figure import json_fields as take
from pbfigure.store.errors import StateUnavailable
from pbfigure.store.files import sync_folder
from pbfigure.store.line_file import Append, LineFile
from pbfigure.store.purchase import CORRECTION, NOT_CHARGED, PURCHASE, Buyer, Purchase
from pbfigure.store.record import Record

LEDGER_VERSION = 1


class Ledger:
    """The ledger of one machine's cache. Every method raises :exc:`StateUnavailable` if the file
    cannot be read or written.
    """

    def __init__(self, folder: Path, api: str = "") -> None:
        """``folder`` is the cache's own, in which ``locks/`` is; ``api`` the service, by host and
        port, whose orders are asked about.
        """
        self.path = folder / "ledger.jsonl"
        self._api = api
        lock_file = folder / "locks" / "ledger.lock"
        self._file = LineFile(self.path, lock_file, self._read, self._start_over)
        self._start_over()

    def _start_over(self) -> None:
        self._identity: str | None = None
        self._known: dict[tuple[str, str], Purchase] = {}
        self._tasks: dict[tuple[str, str], str] = {}
        """The keys of all purchases, also of one that this release cannot read."""
        self._others: dict[tuple[str, str], str] = {}
        """The keys of tasks that others ordered."""
        self._orders: dict[tuple[str, str], dict[str, Any]] = {}
        """By service and key: the order that may have no task yet."""
        self._bought: dict[tuple[str, str], Purchase] = {}
        """By service and key: the task that the last order has."""
        self._over: set[str] = set()
        """The ids of orders that have a task, made none, or were given up."""
        self._has_newer_lines = False

    def begin(self) -> None:
        """Make the file, or give one that has none its beginning: the lines there stay."""
        with self._appending() as append:
            if self._identity is None:
                append(_line("ledger", id=os.urandom(8).hex()))
            sync_folder(self.path.parent)

    @property
    def identity(self) -> str | None:
        """The file's own id; None if it is missing or lacks its beginning."""
        self._refresh()
        return self._identity

    @property
    def is_empty(self) -> bool:
        """Whether it knows of no order."""
        self._refresh()
        return not self._tasks and not self._orders

    # -- orders of one service --------------------------------------------------------------------

    def write_order(self, key: str, order: dict[str, Any]) -> None:
        """Write an order before it is sent."""
        with self._appending() as append:
            if self._identity is None:
                raise FileNotFoundError("it is missing, or its beginning is")
            if self._has_newer_lines:  # what is open there, only that release knows
                raise StateUnavailable(f"{self.path}: {take.UPGRADE}")
            append(_line("order", api=self._api, key=key, order=order))

    def forget(self, key: str) -> None:
        """Write that nothing of a key is open any more: it may be ordered."""
        if self.open_order(key) is not None:
            with self._appending() as append:
                append(_line("closed", api=self._api, key=key))

    def open_order(self, key: str) -> dict[str, Any] | Purchase | None:
        """Return the last order of a key as it was written, or its task if that is known; None if
        there is none, if no task was made for it, or if its task failed.
        """
        self._refresh()
        name = self._api, key
        return self._orders[name] if name in self._orders else self._bought.get(name)

    def open_orders(self) -> set[str]:
        """Return the keys of all orders without a task."""
        self._refresh()
        return {key for api, key in list(self._orders) if api == self._api}

    def is_over(self, order_id: str) -> bool:
        """Whether an order has a task, made none, or was given up."""
        self._refresh()
        return order_id in self._over

    def key_of(self, task_id: str) -> str | None:
        """Return the key that a task is of, or None."""
        self._refresh()
        task = self._api, task_id
        return self._tasks.get(task) or self._others.get(task)

    def tasks_of(self, key: str) -> list[str]:
        """Return the tasks of a key."""
        self._refresh()
        tasks = {**self._others, **self._tasks}
        return [task for (api, task), of in tasks.items() if (api, of) == (self._api, key)]

    def note_tasks(self, records: Iterable[Record]) -> None:
        """Write which keys the tasks of pictures are of that others ordered."""
        new = [record for record in records if self.key_of(record.task_id) is None]
        if new:
            with self._appending() as append:
                for each in new:
                    append(_line("task", api=self._api, task_id=each.task_id, key=each.key))

    # -- purchases --------------------------------------------------------------------------------

    def enter(self, purchase: Purchase) -> None:
        """Write a purchase, durably, unless its task has a line."""
        self._refresh()
        task, name = (purchase.api, purchase.task_id), (purchase.api, purchase.key)
        if task in self._tasks and name not in self._orders:
            return
        with self._appending() as append:
            if task not in self._tasks:
                append(_line("purchase", **purchase.as_json()))
            elif name in self._orders:  # its order was open, by mistake
                append(_line("closed", api=purchase.api, key=purchase.key))

    def correct(self, api: str, task_id: str, **facts: Any) -> None:  # noqa: ANN401
        """Write down ``credits``, ``status``, ``draft`` or ``seconds`` of a task, where the ledger
        has another value.
        """
        with self._appending() as append:
            known = self._known.get((api, task_id))
            if known is not None and replace(known, **facts) != known:
                append(_line("correction", api=api, task_id=task_id, **facts))

    def purchases(self, projects: Collection[str] = ()) -> list[Purchase]:
        """Return the purchases of some projects, or all if none is named, as corrected since, in
        the order of their lines.
        """
        self._refresh()
        known = self._known.values()
        return [each for each in known if not projects or each.buyer.project in projects]

    def purchase(self, api: str, task_id: str) -> Purchase | None:
        """Return the purchase that a task is."""
        self._refresh()
        return self._known.get((api, task_id))

    def spent(self, project: str, api: str, since: datetime.datetime) -> float:
        """Return the credits that a project has ordered for at a service since a moment."""
        return sum(
            each.credits
            for each in self.purchases([project])
            if each.api == api and each.moment >= since
        )

    # -- files ------------------------------------------------------------------------------------

    def _refresh(self) -> None:
        try:
            self._file.refresh()
        except OSError as error:
            raise StateUnavailable(f"{self.path} cannot be read ({error})") from None

    @contextmanager
    def _appending(self) -> Iterator[Append]:
        try:
            with self._file.appending() as append:
                yield append
        except OSError as error:
            is_missing = isinstance(error, FileNotFoundError)
            cure = ": 'pbfigure cache verify --repair' makes it anew" if is_missing else ""
            why = f"cannot be written ({error}), and without it nothing is ordered{cure}"
            raise StateUnavailable(f"{self.path} {why}") from None

    # -- lines ------------------------------------------------------------------------------------

    def _read(self, line: bytes) -> None:
        """Take in one line; one that is not ours says nothing."""
        try:
            document = json.loads(line)
            what, version = document.pop("what"), document.pop("version")
            if what == "purchase":
                api, key, task_id = (document[name] for name in ("api", "key", "task_id"))
                self._tasks.setdefault((api, task_id), key)
                self._end_order(api, key)
                self._orders[api, key] = {"task_id": task_id}  # unless it can be read
            if version != LEDGER_VERSION:
                self._has_newer_lines |= type(version) is int and version > LEDGER_VERSION
                return
            if what == "ledger":
                self._identity = self._identity or str(document["id"])
            elif what in ("order", "closed"):
                name = str(document["api"]), str(document["key"])
                self._end_order(*name)
                if what == "order":
                    self._orders[name] = order = dict(document["order"])
                    self._over.discard(str(order.get("order_id")))
            elif what == "task":
                api, key, task_id = (str(document[name]) for name in ("api", "key", "task_id"))
                self._others.setdefault((api, task_id), key)
            else:
                self._read_purchase(what, document)
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
            return

    def _end_order(self, api: str, key: str) -> None:
        self._bought.pop((api, key), None)
        opened = self._orders.pop((api, key), None)
        if opened is not None:
            self._over.add(str(opened.get("order_id") or None))

    def _read_purchase(self, what: str, document: dict[str, Any]) -> None:
        task = document["api"], document["task_id"]
        if what == "purchase":
            known = Purchase(**take.read_fields(document, PURCHASE), buyer=Buyer.read(document))
            self._known.setdefault(task, known)
        elif what == "correction" and task in self._known:
            facts = take.read_fields(document, CORRECTION, partial=True)
            self._known[task] = replace(self._known[task], **facts)
        else:
            return
        known = self._known[task]
        name, bought = (known.api, known.key), self._bought.get((known.api, known.key))
        if what == "purchase" or (bought is not None and bought.task_id == known.task_id):
            self._orders.pop(name, None)
            self._bought[name] = known
            if known.status == NOT_CHARGED:
                del self._bought[name]


def _line(what: str, **facts: Any) -> dict[str, Any]:  # noqa: ANN401
    return {"version": LEDGER_VERSION, "what": what, **facts}
