"""An entry of the journal, the order of one key; and the rows of the state database that hold
entries. Every field is checked when it is read.

An entry goes through the states of FORMAT.md::

    (none) → intent → submitted → (none: its record is in the cache)
                ↘ unknown       ↘ failed
"""

from __future__ import annotations

import contextlib
import hashlib
import re
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any, NamedTuple

from pbfigure.api.task import Task
from pbfigure.figure import json_fields as take
from pbfigure.figure.request_summary import RequestSummary
from pbfigure.store.database import Database
from pbfigure.store.purchase import Buyer


class OrderState(StrEnum):
    """The state of an entry: see FORMAT.md."""

    FREE = "free"
    INTENT = "intent"
    SUBMITTED = "submitted"
    UNKNOWN = "unknown"
    FAILED = "failed"


Kind = tuple[str, str, str | None]
"""Type, scene and model of an order."""
OWNER = re.compile(r"[0-9a-f]{32}")
"""The id of a process in the journal and in the name of its lock file."""


@dataclass(frozen=True, slots=True)
class OrderFacts:
    """The facts of an order from which its record can be written without the figure."""

    request_digest: str
    content_digest: str | None
    content_automatic: bool
    request: RequestSummary
    buyer: Buyer = field(default_factory=Buyer)
    """Who ordered it, for the ledger, which another process may have to write."""

    @property
    def kind(self) -> Kind:
        """What the task list shows of an order: type, scene and model.

        Pipeline requests name no model; the reference lists their tasks with model ``pipeline``.
        """
        return self.request.type, self.request.scene, self.request.model


class Dropped(NamedTuple):
    """The order of a key that its author dropped last; a team's machines no longer count it."""

    order_id: str
    task_id: str | None
    latest_at: float | None
    """When another machine's order that this one settled had ended, by the server's clock."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """The order of one key."""

    key: str
    state: str = OrderState.FREE
    owner: str | None = None
    """The process that works on it; if None or dead, any process may claim it."""
    order: OrderFacts | None = None
    """None if nothing was ordered yet, or if only its task is known."""
    order_id: str = ""
    """Tells the orders of one key apart."""
    intent_at: float | None = None
    """When the intent was recorded, by the server's clock (seconds since the epoch); None if the
    server's time is unknown."""
    latest_at: float | None = None
    """When its task was made at the latest, by the server's clock, if another machine of a team may
    have ordered it."""
    account: str = ""
    """The fingerprint of the API key of the order: another key's list may not show its task."""
    processed_at: float | None = None
    """When the API itself answered with an error, by the server's clock; None if it did not."""
    is_conflict: bool = False
    """Whether that error says that the order conflicts with a task: one that fits may be just that,
    or its own."""
    first_checked_at: float | None = None
    """When its task was first searched in the list, by the server's clock."""
    task_id: str | None = None
    cost_credits: float | None = None
    created_at: str = ""
    adopted: bool = False
    reordered: bool = False
    """Whether it was ordered again after a lost answer without a task in the list."""
    recovered: bool = False
    """Whether its record is lost, and its tasks are those that the ledger has of its key."""
    draft: bool = False
    error: str = ""
    """The service's error message, or why it is recovered or unknown."""
    ended_at: float | None = None
    """When it failed or was given up, by this machine's clock."""
    candidates: tuple[str, ...] = ()
    """Tasks that may be its task, from the first check or from the ledger."""

    @property
    def has_task(self) -> bool:
        """Whether its task is under way, or its picture still to be fetched."""
        return self.state == OrderState.SUBMITTED

    @property
    def is_unsettled(self) -> bool:
        """Whether it may have a task that nobody knows."""
        return self.state in (OrderState.INTENT, OrderState.UNKNOWN)

    @property
    def request(self) -> RequestSummary | None:
        """What was asked for; None if that is unknown."""
        return None if self.order is None else self.order.request

    @property
    def kind(self) -> Kind | None:
        """What the task list shows of its order; None if it is unknown."""
        return None if self.order is None else self.order.kind

    def could_be(self, task: Task) -> bool:
        """Whether a listed task is of the kind that was ordered."""
        if self.kind is None:
            return False
        kind, scene, model = self.kind
        return task.type == kind and task.scene == scene and model in (None, task.model)

    def as_document(self) -> dict[str, Any]:
        """Return the entry as it is written."""
        document = asdict(self)
        if self.order is not None:
            document["order"]["request"] = self.order.request.as_json()
        return document


def read_entry(key: str, document: dict[str, Any]) -> Entry | None:
    """Read an entry; return None if it is not what this program writes."""
    try:
        entry = Entry(key=take.digest(key), **take.read_fields(document, _ENTRY, partial=True))
    except take.BadField:
        return None
    is_whole = (entry.state != OrderState.INTENT or entry.order) and (
        not entry.has_task or entry.task_id
    )
    return entry if "state" in document and is_whole else None


def damaged_entry(key: str, document: dict[str, Any], now: float | None = None) -> Entry:
    """Return the replacement for an unreadable entry: state unknown, as it may be paid for."""
    order: OrderFacts | None = None
    candidates: tuple[str, ...] = ()
    with contextlib.suppress(take.BadField):
        order = _order(document.get("order"))
    with contextlib.suppress(take.BadField):
        candidates = (take.task_id(document.get("task_id")),)
    error = "its entry in the journal cannot be read"
    return Entry(
        key=key,
        state=OrderState.UNKNOWN,
        order=order,
        error=error,
        ended_at=now,
        candidates=candidates,
    )


def recovered_entry(key: str, tasks: tuple[str, ...]) -> Entry:
    """Return an entry for a key whose tasks alone are known: the first is fetched, the next ones if
    it has no picture. Without a task its state is unknown.
    """
    error = "its record in the cache could not be read"
    if not tasks:
        return Entry(key=key, state=OrderState.UNKNOWN, error=error)
    return Entry(
        key=key,
        state=OrderState.SUBMITTED,
        error=error,
        recovered=True,
        task_id=tasks[0],
        candidates=tasks[1:],
    )


_MOMENT = take.optional(take.number(0, 1e11))
_ORDER: take.Form = {
    "request_digest": take.text,
    "content_digest": take.optional(take.text),
    "content_automatic": take.flag,
    "request": RequestSummary.read,
    "buyer": Buyer.read,
}


def _order(value: object) -> OrderFacts:
    return OrderFacts(**take.read_fields(value, _ORDER))


_DROPPED: take.Form = {
    "order_id": take.text,
    "task_id": take.optional(take.task_id),
    "latest_at": _MOMENT,
}
_ENTRY: take.Form = {
    "state": take.one_of(OrderState),
    "owner": take.optional(take.matching(OWNER, "no process")),
    "order": take.optional(_order),
    "order_id": take.text,
    "account": take.text,
    "intent_at": _MOMENT,
    "latest_at": _MOMENT,
    "processed_at": _MOMENT,
    "is_conflict": take.flag,
    "first_checked_at": _MOMENT,
    "ended_at": _MOMENT,
    "task_id": take.optional(take.task_id),
    "cost_credits": take.optional(take.cost),
    "created_at": take.text,
    "adopted": take.flag,
    "reordered": take.flag,
    "recovered": take.flag,
    "draft": take.flag,
    "error": take.text,
    "candidates": take.optional(take.items(take.task_id), ()),
}


# -- rows -----------------------------------------------------------------------------------------


def api_digits(base_url: str) -> str:
    """Return what stands for the API at an address in the names of rows and locks."""
    return hashlib.sha256(base_url.encode()).hexdigest()[:8]


class JournalTable:
    """The rows of one API. Every method raises :exc:`StateUnavailable` for the database."""

    def __init__(self, database: Database, base_url: str) -> None:
        self._database = database
        api = api_digits(base_url)
        self._entries, self._dropped = f"journal:{api}:", f"dropped:{api}:"

    def entry(self, key: str) -> Entry | None:
        """Return the entry of a key; one that cannot be read is unknown."""
        document = self._database.get(self._entries + key)
        if document is None:
            return None
        return read_entry(key, document) or damaged_entry(key, document)

    def keys(self) -> set[str]:
        """Return the keys of all entries."""
        names = self._database.names(self._entries)
        return {name.removeprefix(self._entries) for name in names}

    def put(self, entry: Entry) -> None:
        """Write an entry."""
        self._database.put(self._entries + entry.key, entry.as_document())

    def delete(self, key: str) -> None:
        """Delete the entry of a key."""
        self._database.delete(self._entries + key)

    def dropped(self, key: str) -> Dropped | None:
        """Return the order of a key that its author dropped last."""
        with contextlib.suppress(take.BadField):
            return Dropped(**take.read_fields(self._database.get(self._dropped + key), _DROPPED))
        return None

    def drop(self, key: str, dropped: Dropped) -> None:
        """Write which order of a key is dropped, and delete its entry."""
        self._database.put(self._dropped + key, dropped._asdict())
        self.delete(key)
