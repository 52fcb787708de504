"""The journal's rows in the state database: their names, and what is in them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass

from pbfigure.scheduler.journal_entry import Dropped, Entry, damaged_entry, read_entry
from pbfigure.store.database import Database, StateUnavailable


@dataclass(frozen=True, slots=True)
class Rows:
    """The names of one API's rows in the state database."""

    api: str

    @classmethod
    def of(cls, base_url: str) -> Rows:
        """Return the rows of the API at an address."""
        return cls(hashlib.sha256(base_url.encode()).hexdigest()[:8])

    def entry(self, key: str) -> str:
        """Return the row of a key's entry."""
        return f"journal:{self.api}:{key}"

    def task(self, task_id: str) -> str:
        """Return the row that claims a task for a key of this machine."""
        return f"task:{self.api}:{task_id}"

    def dropped(self, key: str) -> str:
        """Return the row that tells which order of a key its author gave up."""
        return f"dropped:{self.api}:{key}"

    @property
    def unanswered(self) -> str:
        """The row that lists the keys whose order has no answer yet."""
        return f"unanswered:{self.api}"


class JournalTable:
    """The rows of one API. Every method raises :exc:`StateUnavailable` for the database."""

    def __init__(self, database: Database, base_url: str) -> None:
        self.database = database
        self.names = Rows.of(base_url)

    def entry(self, key: str) -> Entry | None:
        """Return the entry of a key; one that cannot be read is unknown."""
        document = self.database.get(self.names.entry(key))
        if document is None:
            return None
        return read_entry(key, document) or damaged_entry(key, document)

    def keys(self) -> set[str]:
        """Return the keys of all entries."""
        return set(self._names(self.names.entry("")))

    def put(self, entry: Entry) -> None:
        """Write an entry."""
        self.database.put(self.names.entry(entry.key), entry.as_document())

    def delete(self, key: str) -> None:
        """Delete the entry of a key."""
        self.database.delete(self.names.entry(key))

    def key_of(self, task_id: str) -> str | None:
        """Return the key that a task is claimed for, or None."""
        document = self.database.get(self.names.task(task_id))
        return None if document is None else str(document.get("key"))

    def tasks(self) -> list[str]:
        """Return all claimed tasks."""
        return self._names(self.names.task(""))

    def claim(self, task_id: str, key: str) -> None:
        """Claim a task for a key."""
        self.database.put(self.names.task(task_id), {"key": key})

    def dropped(self, key: str) -> Dropped | None:
        """Return the order of a key that its author dropped last."""
        return Dropped.read(self.database.get(self.names.dropped(key)))

    def drop(self, key: str, dropped: Dropped) -> None:
        """Write which order of a key is dropped, and delete its entry."""
        self.database.put(self.names.dropped(key), dropped._asdict())
        self.delete(key)

    def unanswered(self) -> set[str]:
        """Return the keys whose order has no answer."""
        document = self.database.get(self.names.unanswered) or {"keys": []}
        keys = document.get("keys")
        if not isinstance(keys, list) or not all(isinstance(key, str) for key in keys):
            raise StateUnavailable(
                f"{self.database.folder}: the list of open orders cannot be read;"
                " 'pbfigure cache verify --repair' repairs it"
            )
        return set(keys)

    def list_unanswered(self, keys: Iterable[str]) -> None:
        """Write the keys whose order has no answer."""
        self.database.put(self.names.unanswered, {"keys": sorted(keys)})

    def _names(self, prefix: str) -> list[str]:
        return [name.removeprefix(prefix) for name in self.database.names(prefix)]
