"""Verifies the state database against the files, and rebuilds it if it is damaged.

A claim (``task:<api>:<id>``) says that a task of the service belongs to this machine. The files are
authoritative: missing rows are written from the records.
"""

from __future__ import annotations

import json
import os
import re
import time
from collections.abc import Iterable
from typing import Any

from pbfigure.scheduler.journal_entry import (
    FAILED,
    INTENT,
    SUBMITTED,
    UNKNOWN,
    Entry,
    Rows,
    damaged_entry,
    read_entry,
    recovered_entry,
)
from pbfigure.scheduler.owner_locks import OWNER_LOCKS, is_held
from pbfigure.store.cache_dir import CacheDir
from pbfigure.store.files import write_whole
from pbfigure.store.picture import SHA256
from pbfigure.store.record import Record
from pbfigure.upkeep.database_file import Row, StateFile
from pbfigure.upkeep.findings import Verification

_BATCH = 1000
"""Claims in one transaction: each transaction is synced to the disk."""
_NEXT_BUILD = "nothing needs to be done; the next build that needs it continues it"


class StateVerifier:
    """Verifies the state database of one cache."""

    def __init__(self, cache: CacheDir, found: Verification, base_url: str) -> None:
        self._cache = cache
        self._found = found
        self._rows = Rows.of(base_url)
        self._apis = {self._rows}
        self._file = StateFile(cache.root / "state")
        self._readable = self._unusable = False
        """Whether its file is readable; whether it exists and is not readable."""
        self._unclaimed: list[tuple[str, str]] = []
        """Missing claims: row name and key."""
        self._dangling = self._forgotten = 0

    def check(self) -> None:
        """Check the file and every row; to be called before the records are checked."""
        if not self._file.exists:
            return
        if self._file.is_unfinished() and next(self._cache.records(), None) is None:
            return  # nothing was stored yet: the next build completes it
        problem = self._file.problem()
        if problem is not None:
            self._found.fault(
                "state",
                self._file.path,
                f"the state database is damaged: {problem}",
                "--repair saves what can be read, sets the file aside, and rebuilds the rest from"
                " the records; run no build meanwhile",
                self._rebuild,
            )
        self._readable = self._file.exists and self._file.problem() is None
        self._unusable = self._file.exists and not self._readable
        if self._readable:
            self._check_rows()

    def on_record(self, record: Record) -> None:
        """Note a missing claim for the task of a record."""
        names = [rows.task(record.task_id) for rows in self._apis]
        if not self._readable or not self._file.names_any(names):
            self._unclaimed.append((self._rows.task(record.task_id), record.key))

    def recover(self, key: str, bought: bool) -> bool:
        """Add a journal entry for a key whose record is lost; return whether that was possible.

        The next build fetches its known tasks again. Without a known task the state becomes
        unknown if the key was certainly ``bought`` or if the database is not readable.
        """
        if self._unusable:
            return False
        tasks: dict[Rows, list[str]] = {}
        for api, task_id in self._file.tasks_of(key) if self._readable else ():
            tasks.setdefault(Rows(api), []).append(task_id)
        if not tasks and (bought or not self._readable):
            tasks[self._rows] = []
        state = self._cache.state
        for rows, known in tasks.items():
            name = rows.entry(key)
            with state.transaction():
                existing = state.get(name)
                if existing is None or existing.get("state") == FAILED:
                    state.put(name, recovered_entry(key, tuple(known)).as_document())
        return True

    def finish(self) -> None:
        """Report the totals; to be called after the records were checked."""
        self._file.close()
        path = self._file.path
        if self._unclaimed and not self._unusable:
            self._found.fault(
                "claims",
                path,
                f"{len(self._unclaimed)} task(s) of records and orders are not claimed for this"
                " machine",
                "--repair claims them; until then they could be mistaken for lost answers",
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

    def _check_rows(self) -> None:
        for row in list(self._damaged()):
            self._found.fault(
                "journal" if (row.name or "").startswith("journal:") else "state",
                self._file.path,
                f"the entry {row.name or f'at row {row.rowid}'!r} is not what this program writes",
                "--repair keeps a copy in the quarantine and removes it; an order becomes unknown,"
                " to be decided with 'pbfigure settle'",
                lambda row=row: self._replace_row(row),  # type: ignore[misc]
            )

    def _damaged(self) -> Iterable[Row]:
        """Check every row; yield the invalid ones."""
        for row in self._file.rows():
            name, document = row.name, row.document
            if name is None or document is None or not self._is_sound(name, document):
                yield row

    def _is_sound(self, name: str, document: dict[str, Any]) -> bool:
        kind, _, rest = name.partition(":")
        api, _, inner = rest.partition(":")
        if kind in ("journal", "task"):
            self._apis.add(Rows(api))
        if kind == "journal":
            entry = read_entry(inner, document)
            if entry is not None:
                self._found.orders += 1
                self._report_order(Rows(api), entry)
            return entry is not None
        if kind == "task":
            return self._is_claim(Rows(api), document.get("key"))
        if kind == "accepted":
            self._forgotten += not self._has_record(document.get("key"))
        return True

    def _is_claim(self, rows: Rows, key: object) -> bool:
        if not isinstance(key, str) or not SHA256.fullmatch(key):
            return False
        if not self._has_record(key) and not self._file.names_any([rows.entry(key)]):
            self._dangling += 1
        return True

    def _report_order(self, rows: Rows, entry: Entry) -> None:
        """Report an order in the journal, and check that its task is claimed."""
        task_id, short = entry.task_id, entry.key[:12]
        if task_id is not None and not self._file.names_any([rows.task(task_id)]):
            self._unclaimed.append((rows.task(task_id), entry.key))
        notes = {
            UNKNOWN: (
                f"it is unknown whether the service took the order {short}",
                f"decide with 'pbfigure settle {short}'",
            ),
            INTENT: (f"the order {short} lost its answer", _NEXT_BUILD),
            FAILED: (f"the service failed the order {short}", _NEXT_BUILD),
        }
        if not self._has_record(entry.key):
            notes[SUBMITTED] = (
                f"task {task_id} is paid for or under way, its picture not fetched yet",
                "nothing needs to be done; the next build fetches it",
            )
        if entry.state in notes:
            self._found.note("journal", self._file.path, *notes[entry.state])

    def _has_record(self, key: object) -> bool:
        return (
            isinstance(key, str)
            and SHA256.fullmatch(key) is not None
            and self._cache.record_path(key).exists()
        )

    # -- repairing ------------------------------------------------------------------------------

    def _replace_row(self, row: Row) -> bool:
        """Copy an invalid row to the quarantine, and replace it by a safe one."""
        if row.name is None:
            return self._rebuild()  # a row without a name cannot be deleted alone
        value = row.document if row.document is not None else repr(row.value)
        name = re.sub(r"[^A-Za-z0-9]+", "-", row.name)[:80]
        copy = self._cache.root / "quarantine" / f"{name}.{os.urandom(4).hex()}.json"
        write_whole(copy, json.dumps({"name": row.name, "value": value}).encode())
        state, kind = self._cache.state, row.name.partition(":")[0]
        key = row.name.rpartition(":")[2]
        if kind == "journal" and SHA256.fullmatch(key):
            entry = damaged_entry(key, row.document or {}, time.time())
            state.put(row.name, entry.as_document())
        else:
            state.delete(row.name)
        return True

    def _rebuild(self) -> bool:
        """Set the file aside and write a new one from its readable rows; False while a build runs.

        Missing claims are written after the records were checked.
        """
        if any(map(is_held, (self._cache.root / "locks").glob(OWNER_LOCKS))):
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
