"""What was asked of the service, written down before it is asked: so that nothing is paid twice.

One entry a key goes through the states of FORMAT.md::

    (none) → intent → submitted → (none: its record is in the cache)
                ↘ unknown       ↘ failed

An intent is on the disk before its POST leaves. At any time at most one POST's outcome is open
for one API on one machine: that one is *the question*, and whoever wants to POST next answers it
first. So a task that nobody knows, found where the question's task would be, can only be the
question's own or somebody else's on another machine.

A maker owns the entries it works on: see :mod:`pbfigure.scheduler.makers`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any

from filelock import FileLock

from pbfigure.scheduler.makers import MAKER, Makers
from pbfigure.store.database import Database, StateUnavailable
from pbfigure.store.record import Record

INTENT, SUBMITTED, UNKNOWN, FAILED = "intent", "submitted", "unknown", "failed"
FREE = "free"
STATES = (INTENT, SUBMITTED, UNKNOWN, FAILED, FREE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """What is known of one key's making."""

    key: str
    state: str = FREE
    owner: str | None = None
    """Who works on it; None, or a dead one's, is to be had."""
    order: dict[str, Any] = field(default_factory=dict)
    """What a record needs to be written without the figure: digests and the request's summary."""
    intent_at: float | None = None
    """When it was about to be asked, by the server's clock (seconds since the epoch); None where
    the server never told the time."""
    account: str = ""
    """The fingerprint of the key it was asked under: another key's list need not show its task."""
    asked_at: float | None = None
    """When its fate was first looked for, by the server's clock."""
    task_id: str | None = None
    cost_credits: float | None = None
    created_at: str = ""
    adopted: bool = False
    again: bool = False
    """Ordered a second time, the answer to the first being lost and its task nowhere listed."""
    recovered: bool = False
    """Its record was lost, and this task and the candidates are what its claims tell."""
    draft: bool = False
    error: str = ""
    """What the service said of its failure; why it is recovered, or of unknown fate."""
    ended_at: float | None = None
    """When it failed or was given up, by this machine's clock."""
    candidates: tuple[str, ...] = ()
    """Tasks that may be it, as seen when its fate was first looked for, or as its claims tell."""


class Journal:
    """The entries of one API on one machine, as one maker sees and owns them."""

    def __init__(self, database: Database, locks: Path, base_url: str) -> None:
        self._database = database
        self._locks = locks
        self._api = hashlib.sha256(base_url.encode()).hexdigest()[:8]
        self._makers = Makers(locks)
        self.owner = self._makers.own
        self.asking = FileLock(locks / f"asking-{self._api}.lock", thread_local=False)
        """Held while the question is put or answered."""

    def __enter__(self) -> Journal:
        self._makers.begin()
        return self

    def __exit__(self, *exc: object) -> None:
        self._makers.end()

    def claim(
        self, keys: Iterable[str], former: Mapping[str, tuple[str, ...]] | None = None
    ) -> dict[str, Entry]:
        """Take every key that no living maker works on; return those as they stood, now owned.

        ``former`` are the same requests' keys under older versions: what is open under one of
        those goes on under the key of today.
        """
        taken: dict[str, Entry] = {}
        lives = cache(self._makers.lives)
        with self._database.transaction():
            for key in keys:
                older = self._former(key, (former or {}).get(key, ()), lives)
                entry = older or self.entry(key) or Entry(key=key)
                if entry.owner != self.owner and lives(entry.owner):
                    continue
                taken[key] = entry = replace(entry, owner=self.owner)
                self._put(entry)
        return taken

    def _former(
        self, key: str, former: tuple[str, ...], lives: Callable[[str | None], bool]
    ) -> Entry | None:
        """Return what is open for a key under an older one, brought over unless it is worked on."""
        known = self.entry(key) if former else None
        if known is not None and known.state != FREE:
            return None
        for older in former:
            entry = self.entry(older)
            if entry is not None and entry.owner != self.owner and lives(entry.owner):
                return entry  # another release makes it just now
            if entry is None or entry.state == FREE:
                continue
            self.close(older)
            if (self._database.get(f"question:{self._api}") or {}).get("key") == older:
                self.reopen(replace(entry, key=key))
            if entry.task_id is not None:
                self._database.put(f"task:{self._api}:{entry.task_id}", {"key": key})
            return replace(entry, key=key)
        return None

    def entry(self, key: str) -> Entry | None:
        """Return what is known of a key, or None where nothing is."""
        document = self._database.get(self._name(key))
        if document is None:
            return None
        return _read(key, document)

    def open_under(self, keys: tuple[str, ...]) -> Entry | None:
        """Return what is open under the first of a request's keys that is."""
        return next(filter(None, map(self.entry, keys)), None)

    def entries(self) -> list[Entry]:
        """Return every entry of this API, in the order of the keys."""
        prefix = self._name("")
        names = self._database.names(prefix)
        found = (self.entry(name.removeprefix(prefix)) for name in names)
        return [entry for entry in found if entry is not None]

    def question(self) -> Entry | None:
        """Return the intent whose outcome is open, if there is one."""
        document = self._database.get(f"question:{self._api}")
        if document is None:
            return None
        if not isinstance(document.get("key"), str):
            raise StateUnavailable(
                f"{self._locks.parent}: what was asked last cannot be read;"
                " 'pbfigure cache verify --repair' mends it"
            )
        entry = self.entry(document["key"])
        return entry if entry is not None and entry.state == INTENT else None

    def intend(
        self, entry: Entry, order: dict[str, Any], intent_at: float | None, account: str
    ) -> Entry:
        """Write down that ``entry`` is about to be asked for: before the POST.

        Raises :exc:`StateUnavailable` also where the folder was taken away meanwhile: what is
        written to a deleted file is remembered by nobody.
        """
        if not self._makers.is_begun:
            raise StateUnavailable(f"{self._locks.parent} was deleted while it was in use")
        entry = Entry(
            key=entry.key,
            state=INTENT,
            owner=entry.owner,
            order=order,
            intent_at=intent_at,
            account=account,
            again=entry.again,
        )
        with self._database.transaction():
            self._put(entry)
            self._database.put(f"question:{self._api}", {"key": entry.key})
        return entry

    def reopen(self, entry: Entry) -> None:
        """Make an intent the question again, should it have been lost as such."""
        self._database.put(f"question:{self._api}", {"key": entry.key})

    def look(self, entry: Entry, asked_at: float, candidates: Iterable[str]) -> Entry:
        """Write down when the question's fate was first looked for, and what was seen then."""
        entry = replace(entry, asked_at=asked_at, candidates=tuple(sorted(candidates)))
        self._put(entry)
        return entry

    def recall(self, entry: Entry, order: dict[str, Any], record: Record) -> Entry:
        """Write down again the task of a picture that was bought and lost: to be fetched anew."""
        return self.submit(
            replace(entry, order=order),
            record.task_id,
            cost_credits=record.cost_credits,
            created_at=record.created_at,
            adopted=record.adopted,
            draft=record.draft,
        )

    def recover(self, entry: Entry, tasks: Iterable[str]) -> Entry:
        """Write down that a key whose record was lost had these tasks: the first is fetched, the
        others where that has no picture.
        """
        task_id, *others = tasks
        return self.submit(entry, task_id, candidates=tuple(others), recovered=True)

    def submit(self, entry: Entry, task_id: str, **known: Any) -> Entry:  # noqa: ANN401
        """Write down the task that was made for ``entry``."""
        entry = replace(entry, state=SUBMITTED, task_id=task_id, **known)
        self._answer(entry)
        return entry

    def withdraw(self, entry: Entry, *, lost: bool = False) -> Entry:
        """Write down that nothing was made for ``entry``: it may be asked for again.

        ``lost``: that is known from the service's list alone, for its answer was lost.
        """
        entry = Entry(key=entry.key, owner=entry.owner, again=entry.again or lost)
        self._answer(entry)
        return entry

    def give_up(self, entry: Entry, candidates: tuple[str, ...], now: float) -> Entry:
        """Write down that nobody can tell what became of ``entry``: its author is asked."""
        entry = replace(entry, state=UNKNOWN, candidates=candidates, ended_at=now)
        self._answer(entry)
        return entry

    def fail(self, entry: Entry, error: str, now: float) -> Entry:
        """Write down that the service failed the task of ``entry``."""
        entry = replace(entry, state=FAILED, error=error, ended_at=now)
        self._put(entry)
        return entry

    def close(self, key: str) -> None:
        """Drop an entry: its record is in the cache, and is what counts from now on."""
        self._database.delete(self._name(key))

    def release(self, keys: Iterable[str]) -> None:
        """Let go of entries, for another maker or the next build; those that say nothing go."""
        with self._database.transaction():
            for key in keys:
                entry = self.entry(key)
                if entry is None or entry.owner != self.owner:
                    continue
                if entry.state == FREE:
                    self.close(key)
                else:
                    self._put(replace(entry, owner=None))

    def lives(self, entry: Entry) -> bool:
        """Whether a living maker works on an entry."""
        return self._makers.lives(entry.owner)

    def is_known(self, task_id: str) -> bool:
        """Whether a task was made, or taken over, for a key of this machine."""
        return self.key_of(task_id) is not None

    def key_of(self, task_id: str) -> str | None:
        """Return the key that a task was made or taken over for, or None."""
        document = self._database.get(f"task:{self._api}:{task_id}")
        return None if document is None else str(document.get("key"))

    def tasks_of(self, key: str) -> list[str]:
        """Return every task that was made or taken over for a key, as its claims tell.

        Looks at all claims: for a key of which everything else is lost.
        """
        prefix = f"task:{self._api}:"
        tasks = (name.removeprefix(prefix) for name in self._database.names(prefix))
        return [task_id for task_id in tasks if self.key_of(task_id) == key]

    def _answer(self, entry: Entry) -> None:
        with self._database.transaction():
            self._put(entry)
            if entry.task_id is not None:
                self._database.put(f"task:{self._api}:{entry.task_id}", {"key": entry.key})
            question = self._database.get(f"question:{self._api}")
            if question is not None and question.get("key") == entry.key:
                self._database.delete(f"question:{self._api}")

    def _put(self, entry: Entry) -> None:
        self._database.put(self._name(entry.key), asdict(entry))

    def _name(self, key: str) -> str:
        return f"journal:{self._api}:{key}"


def _read(key: str, document: dict[str, Any]) -> Entry:
    """Read an entry. One that is damaged is of unknown fate: nobody can tell what was paid."""
    known = {name: document[name] for name in _FORMS if name in document}
    candidates = known.get("candidates") or []
    if (
        known.get("state") not in STATES
        or not all(isinstance(value, _FORMS[name]) for name, value in known.items())
        or not MAKER.fullmatch(known.get("owner") or _NOBODY)
        or not all(0 <= (known.get(name) or 0) < 1e11 for name in _MOMENTS)
        or not _is_order(known.get("order"))
        or not all(isinstance(candidate, str) for candidate in candidates)
    ):
        return Entry(key=key, state=UNKNOWN, error="its entry in the journal cannot be read")
    return Entry(**{**known, "key": key, "candidates": tuple(candidates)})


def _is_order(order: object) -> bool:
    """Whether an order is empty or has what a record needs."""
    return isinstance(order, dict) and (
        not order
        or (
            isinstance(order.get("request_digest"), str)
            and isinstance(order.get("content_digest"), (str, _NONE))
            and isinstance(order.get("content_automatic"), bool)
            and isinstance(order.get("request"), dict)
        )
    )


_NOBODY = "0" * 32
_MOMENTS = ("intent_at", "asked_at", "ended_at")
_NONE = type(None)
_FORMS: dict[str, tuple[type, ...]] = {
    "state": (str,),
    "owner": (str, _NONE),
    "order": (dict,),
    "intent_at": (int, float, _NONE),
    "account": (str,),
    "asked_at": (int, float, _NONE),
    "task_id": (str, _NONE),
    "cost_credits": (int, float, _NONE),
    "created_at": (str,),
    "adopted": (bool,),
    "again": (bool,),
    "recovered": (bool,),
    "draft": (bool,),
    "error": (str,),
    "ended_at": (int, float, _NONE),
    "candidates": (list, _NONE),
}
