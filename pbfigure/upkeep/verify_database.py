"""Verifies the rows of the state database, and rebuilds it if it is damaged."""

from __future__ import annotations

import json
import os
import re
import time
from urllib.parse import urlsplit

from pbfigure.scheduler.journal_entry import (
    JournalTable,
    OrderState,
    damaged_entry,
    read_entry,
    recovered_entry,
)
from pbfigure.scheduler.locks import OWNER_LOCKS, is_held
from pbfigure.scheduler.order_ledger import OrderLedger
from pbfigure.store.cache_dir import CacheDir
from pbfigure.store.files import write_whole
from pbfigure.store.picture import SHA256
from pbfigure.upkeep.database_file import Row, StateFile
from pbfigure.upkeep.verify_findings import Verification


class StateVerifier:
    """Verifies the state database of one cache."""

    def __init__(self, cache: CacheDir, found: Verification, base_url: str) -> None:
        self._cache = cache
        self._found = found
        self._base_url = base_url
        self._ledger = OrderLedger(cache.root, urlsplit(base_url).netloc)
        self._file = StateFile(cache.root / "state")
        self._readable = self._unusable = False
        """Whether its file is readable; whether it exists and is not readable."""

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

    def recover(self, key: str, bought: bool) -> bool:
        """Add a journal entry for a key whose record is lost; return whether that was possible.

        The next build fetches its known tasks again. Without a known task the state becomes
        unknown if the key was certainly ``bought``, or if there is no ledger to tell.
        """
        if self._unusable:
            return False
        tasks = tuple(self._ledger.tasks_of(key))
        if tasks or bought or self._ledger.identity is None:
            rows = JournalTable(self._cache.state, self._base_url)
            with self._cache.state.transaction():
                existing = rows.entry(key)
                if existing is None or existing.state == OrderState.FAILED:
                    rows.put(recovered_entry(key, tasks))
        return True

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    # -- rows -----------------------------------------------------------------------------------

    def _check_rows(self) -> None:
        for row in [row for row in self._file.rows() if not self._is_sound(row)]:
            self._found.fault(
                "journal" if (row.name or "").startswith("journal:") else "state",
                self._file.path,
                f"the entry {row.name or f'at row {row.rowid}'!r} is not what this program writes",
                "--repair keeps a copy in the quarantine and removes it; an order becomes unknown,"
                " to be decided with 'pbfigure settle'",
                lambda row=row: self._replace_row(row),  # type: ignore[misc]
            )

    def _is_sound(self, row: Row) -> bool:
        if row.name is None or row.document is None:
            return False
        kind, _, rest = row.name.partition(":")
        if kind != "journal":
            return True
        is_entry = read_entry(rest.partition(":")[2], row.document) is not None
        self._found.orders += is_entry
        return is_entry

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
        """Write a new file from the readable rows of this one, which is set aside; False while a
        build runs.
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
