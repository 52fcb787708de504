"""An entry of the journal, the order of one key; and the rows of the state database that hold
entries. Every field is checked when it is read.

An entry goes through the states of FORMAT.md::

    (none) → intent → submitted → (none: its record is in the cache)
                ↘ unknown       ↘ failed
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any, NamedTuple

from pbfigure.api.task import Task
from pbfigure.figure.limits import TASK_ID
from pbfigure.store.database import Database
from pbfigure.store.ledger import Buyer
from pbfigure.store.picture import SHA256

FREE, INTENT, SUBMITTED, UNKNOWN, FAILED = "free", "intent", "submitted", "unknown", "failed"
STATES = (FREE, INTENT, SUBMITTED, UNKNOWN, FAILED)
OWNER = re.compile(r"[0-9a-f]{32}")
"""The id of a process in the journal and in the name of its lock file."""


@dataclass(frozen=True, slots=True)
class OrderFacts:
    """The facts of an order from which its record can be written without the figure."""

    request_digest: str
    content_digest: str | None
    content_automatic: bool
    request: dict[str, Any]
    """The request's summary, as records keep it."""
    buyer: Buyer = field(default_factory=Buyer)
    """What the ledger says of who ordered it, also if another process writes that down."""

    @property
    def kind(self) -> tuple[object, object, object]:
        """What the task list shows of an order: type, scene and model.

        Pipeline requests name no model; the reference lists their tasks with model ``pipeline``.
        """
        return self.request.get("type"), self.request.get("scene"), self.request.get("model")


class Dropped(NamedTuple):
    """The order of a key that its author dropped last; a team's machines no longer count it."""

    order_id: str
    task_id: str | None
    latest_at: float | None
    """When another machine's order that this one settled had ended, by the server's clock."""

    @classmethod
    def read(cls, row: Mapping[str, Any] | None) -> Dropped | None:
        """Return what a row says, or None."""
        if not row or not isinstance(row.get("order_id"), str):
            return None
        task_id, latest_at = row.get("task_id"), row.get("latest_at")
        return cls(
            row["order_id"],
            task_id if isinstance(task_id, str) else None,
            latest_at if isinstance(latest_at, float) else None,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """The order of one key."""

    key: str
    state: str = FREE
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
    def request(self) -> dict[str, Any]:
        """The request's summary; empty if it is unknown."""
        return {} if self.order is None else self.order.request

    @property
    def words(self) -> str:
        """Its prompt, or a revision's instruction."""
        revisions = self.request.get("revise")
        last = revisions[-1:] if isinstance(revisions, list) else []
        return str([self.request.get("prompt", ""), *last][-1])

    @property
    def kind(self) -> tuple[object, object, object] | None:
        """What the task list shows of its order; None if it is unknown."""
        return None if self.order is None else self.order.kind

    def failed_lately(self, now: float, seconds: float) -> bool:
        """Whether its task failed in the last ``seconds``."""
        return self.state == FAILED and now - seconds < (self.ended_at or 0) <= now

    def could_be(self, task: Task) -> bool:
        """Whether a listed task is of the kind that was ordered."""
        if self.kind is None:
            return False
        kind, scene, model = self.kind
        return task.type == kind and task.scene == scene and model in (None, task.model)

    def as_document(self) -> dict[str, Any]:
        """Return the entry as it is written."""
        return asdict(self)


def read_entry(key: str, document: dict[str, Any]) -> Entry | None:
    """Read an entry; return None if it is not what this program writes."""
    known = {name: document[name] for name in _FORMS if name in document}
    if not SHA256.fullmatch(key) or not all(
        isinstance(value, _FORMS[name]) for name, value in known.items()
    ):
        return None
    order = read_order(known.pop("order", None))
    candidates = known.pop("candidates", None) or []
    task_id = known.get("task_id")
    needs_order = known.get("state") == INTENT or document.get("order")
    if (
        known.get("state") not in STATES
        or not OWNER.fullmatch(known.get("owner") or _NOBODY)
        or not all(0 <= (known.get(name) or 0) < 1e11 for name in _MOMENTS)
        or (order is None and needs_order)
        or (task_id is None and known.get("state") == SUBMITTED)
        or not all(isinstance(each, str) and TASK_ID.fullmatch(each) for each in candidates)
        or not TASK_ID.fullmatch(task_id or "none")
    ):
        return None
    return Entry(**known, key=key, order=order, candidates=tuple(candidates))


def damaged_entry(key: str, document: dict[str, Any], now: float | None = None) -> Entry:
    """Return the replacement for an unreadable entry: state unknown, as it may be paid for."""
    task_id = document.get("task_id")
    is_task = isinstance(task_id, str) and TASK_ID.fullmatch(task_id)
    return Entry(
        key=key,
        state=UNKNOWN,
        order=read_order(document.get("order")),
        error="its entry in the journal cannot be read",
        ended_at=now,
        candidates=(str(task_id),) if is_task else (),
    )


def recovered_entry(key: str, tasks: tuple[str, ...]) -> Entry:
    """Return an entry for a key whose tasks alone are known: the first is fetched, the next ones if
    it has no picture. Without a task its state is unknown.
    """
    error = "its record in the cache could not be read"
    if not tasks:
        return Entry(key=key, state=UNKNOWN, error=error)
    return Entry(
        key=key,
        state=SUBMITTED,
        error=error,
        recovered=True,
        task_id=tasks[0],
        candidates=tasks[1:],
    )


def read_order(document: object) -> OrderFacts | None:
    """Read the facts of an order; return None if a record cannot be written from them."""
    if not isinstance(document, dict):
        return None
    digest, content = document.get("request_digest"), document.get("content_digest")
    automatic, request = document.get("content_automatic"), document.get("request")
    if (
        isinstance(digest, str)
        and isinstance(content, (str, _NONE))
        and isinstance(automatic, bool)
        and isinstance(request, dict)
    ):
        return OrderFacts(digest, content, automatic, request, _read_buyer(document.get("buyer")))
    return None


def _read_buyer(document: object) -> Buyer:
    """Read who ordered something; fields that cannot be read are empty."""
    if not isinstance(document, dict):
        return Buyer()
    known = {each.name: document.get(each.name) for each in fields(Buyer)}
    return Buyer(**{name: word for name, word in known.items() if isinstance(word, str)})


_NOBODY = "0" * 32
_NONE = type(None)
_MOMENTS = ("intent_at", "latest_at", "processed_at", "first_checked_at", "ended_at")
_NUMBER_OR_NONE = (int, float, _NONE)
_FORMS: dict[str, tuple[type, ...]] = {
    "state": (str,),
    "owner": (str, _NONE),
    "order": (dict, _NONE),
    "order_id": (str,),
    "account": (str,),
    **dict.fromkeys(_MOMENTS, _NUMBER_OR_NONE),
    "task_id": (str, _NONE),
    "cost_credits": _NUMBER_OR_NONE,
    "created_at": (str,),
    "adopted": (bool,),
    "reordered": (bool,),
    "recovered": (bool,),
    "draft": (bool,),
    "error": (str,),
    "candidates": (list, _NONE),
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
        return Dropped.read(self._database.get(self._dropped + key))

    def drop(self, key: str, dropped: Dropped) -> None:
        """Write which order of a key is dropped, and delete its entry."""
        self._database.put(self._dropped + key, dropped._asdict())
        self.delete(key)
