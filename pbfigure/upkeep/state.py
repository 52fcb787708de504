"""The small state against the files: journal, claims and memories; rebuilt where it is damaged.

A claim (``task:<api>:<id>``) tells that a task of the service is this machine's own. The files
are the authority: what the state lacks is written from the records.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import time
from collections.abc import Iterable
from typing import Any

from pbfigure.figure.limits import TASK_ID
from pbfigure.scheduler.journal import FAILED, INTENT, STATES, SUBMITTED, UNKNOWN
from pbfigure.scheduler.makers import is_held
from pbfigure.store.cache_dir import CacheDir
from pbfigure.store.files import write_whole
from pbfigure.store.picture import SHA256
from pbfigure.store.record import Record
from pbfigure.upkeep.findings import Verification
from pbfigure.upkeep.state_file import Row, StateFile

_BATCH = 1000
"""Claims written in one transaction: each is synced to the disk."""
_NEXT_BUILD = "nothing needs to be done; the next build that wants it takes it up"


def api_of(base_url: str) -> str:
    """Return how the journal names an API."""
    return hashlib.sha256(base_url.encode()).hexdigest()[:8]


class State:
    """Checks the small state of one cache."""

    def __init__(self, cache: CacheDir, found: Verification, base_url: str) -> None:
        self._cache = cache
        self._found = found
        self._api = api_of(base_url)
        self._apis = {self._api}
        self._file = StateFile(cache.root / "state")
        self._readable = self._unusable = False
        """Whether its file can be read; whether there is one that cannot."""
        self._unclaimed: list[tuple[str, str]] = []
        """Claims that are missing: name and key."""
        self._dangling = self._forgotten = 0

    def check(self) -> None:
        """Check the file and every row in it; to be called before the records are."""
        if not self._file.exists:
            return
        if self._file.is_unfinished() and next(self._cache.records(), None) is None:
            return  # nothing was ever kept: the next build finishes it
        problem = self._file.problem()
        if problem is not None:
            self._found.fault(
                "state",
                self._file.path,
                f"the small state is damaged: {problem}",
                "--repair saves what can be read, sets the file aside, and rebuilds the rest from"
                " the records; run no build meanwhile",
                self._rebuild,
            )
        self._readable = self._file.exists and self._file.problem() is None
        self._unusable = self._file.exists and not self._readable
        if self._readable:
            self._rows()

    def on_record(self, record: Record) -> None:
        """Check that the task of a record is claimed."""
        names = [f"task:{api}:{record.task_id}" for api in sorted(self._apis)]
        if not self._readable or not self._file.names_any(names):
            self._unclaimed.append((f"task:{self._api}:{record.task_id}", record.key))

    def recover(self, key: str, bought: bool) -> bool:
        """Write down what is known of a key whose record is lost; return whether that was done.

        Its tasks, where they are known, are fetched again by the next build that wants it. Of one
        that was surely ``bought``, or where this state cannot tell, its owner is asked otherwise.
        """
        if self._unusable:
            return False
        tasks: dict[str, list[str]] = {}
        for api, task_id in self._file.tasks_of(key) if self._readable else ():
            tasks.setdefault(api, []).append(task_id)
        if not tasks and (bought or not self._readable):
            tasks[self._api] = []
        state = self._cache.state
        for api, known in tasks.items():
            name = _entry(api, key)
            with state.transaction():
                standing = state.get(name)
                if standing is None or standing.get("state") == FAILED:
                    state.put(name, _recovered(key, known))
        return True

    def finish(self) -> None:
        """Report what only the whole shows; to be called after the records were checked."""
        self._file.close()
        path = self._file.path
        if self._unclaimed and not self._unusable:
            self._found.fault(
                "claims",
                path,
                f"{len(self._unclaimed)} task(s) of records and orders are not noted as this"
                " machine's own",
                "--repair notes them; until then they could be taken for lost answers",
                self._claim,
            )
        if self._dangling:
            self._found.note(
                "claims",
                path,
                f"{self._dangling} task(s) of this machine have neither record nor order: failed,"
                " given up, or deleted from the cache",
                "nothing needs to be done",
            )
        if self._forgotten:
            self._found.note(
                "state",
                path,
                f"{self._forgotten} figure(s) remember pictures that are not in the cache",
                "nothing needs to be done",
            )
        self._cache.close()

    # -- rows -----------------------------------------------------------------------------------

    def _rows(self) -> None:
        for row in list(self._damaged()):
            self._found.fault(
                "journal" if _is_journal(row.name) else "state",
                self._file.path,
                f"the entry {row.name or f'at row {row.rowid}'!r} is not what this program writes",
                "--repair keeps a copy in the quarantine and takes it out; an order becomes one of"
                " unknown fate, to be decided with 'pbfigure settle'",
                lambda row=row: self._take_out(row),  # type: ignore[misc]
            )

    def _damaged(self) -> Iterable[Row]:
        """Look at every row; yield those that are not what this program writes."""
        for row in self._file.rows():
            if row.name is None or row.document is None or not self._sound(row.name, row.document):
                yield row

    def _sound(self, name: str, document: dict[str, Any]) -> bool:
        kind, _, rest = name.partition(":")
        api, _, inner = rest.partition(":")
        if kind == "journal":
            self._apis.add(api)
            return self._order(api, inner, document)
        if kind == "task":
            self._apis.add(api)
            return self._task(api, document.get("key"))
        if kind == "question":
            return self._file.names_any([_entry(rest, str(document.get("key")))])
        if kind == "accepted":
            self._forgotten += not self._has_record(document.get("key"))
        return True

    def _task(self, api: str, key: object) -> bool:
        if not isinstance(key, str) or not SHA256.fullmatch(key):
            return False
        if not self._has_record(key) and not self._file.names_any([_entry(api, key)]):
            self._dangling += 1
        return True

    def _order(self, api: str, key: str, document: dict[str, Any]) -> bool:
        """Check a journal entry and tell of it; return whether it is one."""
        state, task_id = document.get("state"), document.get("task_id")
        has_task = isinstance(task_id, str) and TASK_ID.fullmatch(task_id) is not None
        order = document.get("order")
        if (
            not SHA256.fullmatch(key)
            or state not in STATES
            or (state == SUBMITTED and not has_task)
            or not isinstance(order, dict)
            or (state == INTENT and not set(order) >= _FOR_RECORD)
            or (state == SUBMITTED and order and not set(order) >= _FOR_RECORD)
        ):
            return bool(state == UNKNOWN and SHA256.fullmatch(key))
        self._found.orders += 1
        if has_task and not self._file.names_any([f"task:{api}:{task_id}"]):
            self._unclaimed.append((f"task:{api}:{task_id}", key))
        path = self._file.path
        if state == UNKNOWN:
            self._found.note(
                "journal",
                path,
                f"nobody knows whether the order {key[:12]} was taken",
                f"decide with 'pbfigure settle {key[:12]}'",
            )
        elif state == INTENT:
            self._found.note("journal", path, f"the order {key[:12]} lost its answer", _NEXT_BUILD)
        elif state == SUBMITTED and not self._has_record(key):
            self._found.note(
                "journal",
                path,
                f"task {task_id} is paid for or under way, its picture not fetched yet",
                "nothing needs to be done; the next build fetches it",
            )
        elif state == FAILED:
            self._found.note(
                "journal", path, f"the service failed the order {key[:12]}", _NEXT_BUILD
            )
        return True

    def _has_record(self, key: object) -> bool:
        return (
            isinstance(key, str)
            and SHA256.fullmatch(key) is not None
            and self._cache.record_path(key).exists()
        )

    # -- mending --------------------------------------------------------------------------------

    def _take_out(self, row: Row) -> bool:
        """Keep a copy of a row that is not ours, and put in its place what is safe."""
        if row.name is None:
            return self._rebuild()  # what has no name can only be left behind
        value = row.document if row.document is not None else repr(row.value)
        name = re.sub(r"[^A-Za-z0-9]+", "-", row.name)[:80]
        copy = self._cache.root / "quarantine" / f"{name}.{os.urandom(4).hex()}.json"
        write_whole(copy, json.dumps({"name": row.name, "value": value}).encode())
        key = row.name.rpartition(":")[2]
        if _is_journal(row.name) and SHA256.fullmatch(key):
            self._cache.state.put(row.name, _unknown(key, row.document))
        else:
            self._cache.state.delete(row.name)
        return True

    def _rebuild(self) -> bool:
        """Set the file aside and write a new one from what can be read; False while a build runs.

        The claims are written once the records were seen.
        """
        if any(map(is_held, (self._cache.root / "locks").glob("maker-*.lock"))):
            return False
        saved = self._file.salvage()
        self._file.close()
        self._cache.close()
        if not self._cache.set_aside(self._cache.root / "state"):
            return False
        state = self._cache.state
        with state.transaction():
            for name, document in saved.items():
                state.put(name, document)
        self._readable = True
        return True

    def _claim(self) -> None:
        state = self._cache.state
        for start in range(0, len(self._unclaimed), _BATCH):
            with state.transaction():
                for name, key in self._unclaimed[start : start + _BATCH]:
                    state.put(name, {"key": key})


_FOR_RECORD = {"request_digest", "content_digest", "content_automatic", "request"}


def _entry(api: str, key: str) -> str:
    return f"journal:{api}:{key}"


def _is_journal(name: str | None) -> bool:
    return name is not None and name.startswith("journal:")


def _recovered(key: str, tasks: list[str]) -> dict[str, Any]:
    """Return an entry that has one of these tasks fetched; without any, its owner is asked."""
    error = "its record in the cache could not be read"
    if not tasks:
        return {**_unknown(key, None), "error": error}
    first, *others = tasks
    entry = {"key": key, "state": SUBMITTED, "order": {}, "error": error, "recovered": True}
    return {**entry, "task_id": first, "candidates": others}


def _unknown(key: str, document: dict[str, Any] | None) -> dict[str, Any]:
    """Return an entry that only its owner can decide about: it may have been paid for."""
    task_id, order = (document or {}).get("task_id"), (document or {}).get("order")
    candidates = [task_id] if isinstance(task_id, str) and TASK_ID.fullmatch(task_id) else []
    return {
        "key": key,
        "state": UNKNOWN,
        "order": order if isinstance(order, dict) and set(order) >= _FOR_RECORD else {},
        "error": "its entry in the journal was damaged",
        "ended_at": time.time(),
        "candidates": candidates,
    }
