"""The state database beside the pictures: journal, pace, what each figure showed. On diskcache.

diskcache is used as a transactional table of text and nothing else: it never unpickles (its
CVE-2025-69872), never evicts (its defaults do), keeps no value in a file of its own, and syncs
every commit. ``pbfigure cache verify --repair`` rebuilds what is here from the records and the
service's task list.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import diskcache

from pbfigure.figure.notice import FigureError

_SETTINGS = {
    "eviction_policy": "none",
    "cull_limit": 0,
    "size_limit": 2**62,
    "disk_min_file_size": 2**30,
    "sqlite_synchronous": 2,
    "statistics": 0,
    "tag_index": 0,
}
"""Given at every opening: they live in the database, and another opener may have changed them."""


_FILES = ("cache.db", "cache.db-wal", "cache.db-shm", "cache.db-journal")
"""What SQLite opens; it would follow links."""
_REPAIR = "'pbfigure cache verify --repair' puts it right"
_FOREIGN = f"holds what this program never wrote; {_REPAIR}"


def is_linked(folder: Path) -> bool:
    """Whether the folder of a database is a symbolic link, or a file of it that SQLite follows."""
    return any(path.is_symlink() for path in (folder, *(folder / name for name in _FILES)))


class StateUnavailable(FigureError):
    """The small state cannot be opened or written: a full or read-only disk, or a damaged file."""

    subtype = "cache"


class _TextDisk(diskcache.Disk):  # type: ignore[misc]
    """A disk for text alone: it never pickles, and keeps no value in a file of its own."""

    def put(self, key: object) -> tuple[str, bool]:
        if not isinstance(key, str):
            raise TypeError("keys are text")
        return key, True

    def get(self, key: object, raw: bool) -> str:
        if not raw or not isinstance(key, str):
            raise ValueError("a key that is not text")
        return key

    def store(self, value: object, read: bool, key: object = None) -> tuple[int, int, None, str]:
        if read or not isinstance(value, str):
            raise TypeError("values are text")
        return 0, diskcache.core.MODE_RAW, None, value

    def fetch(self, mode: int, filename: str | None, value: object, read: bool) -> str:
        if mode != diskcache.core.MODE_RAW or filename or not isinstance(value, str):
            raise ValueError("a value that is not text")
        return value

    def remove(self, file_path: str) -> None:
        """Remove nothing: no value has a file, whatever a foreign row says."""


class Database:
    """JSON documents by name, in one transactional file shared by every process.

    Close it before any fork: SQLite's locks do not survive one.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        if is_linked(folder):
            raise StateUnavailable(f"{folder} is a symbolic link, or a file in it is; {_REPAIR}")
        try:
            self._cache = diskcache.Cache(str(folder), timeout=60, disk=_TextDisk, **_SETTINGS)
        except (OSError, sqlite3.Error, diskcache.Timeout) as error:
            raise StateUnavailable(f"{folder} cannot be opened ({error})") from None
        except (TypeError, ValueError, AttributeError, KeyError):  # its own settings are foreign
            raise StateUnavailable(f"{folder} {_FOREIGN}") from None

    def close(self) -> None:
        """Close the file in this thread; another thread closes it when it ends."""
        self._cache.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Run the block as one step, or not at all; other processes wait.

        Raises :exc:`StateUnavailable` if the disk refuses.
        """
        try:
            with self._cache.transact(retry=True):
                yield
        except (OSError, sqlite3.Error) as error:
            raise StateUnavailable(f"{self._folder} cannot be written ({error})") from None

    def get(self, name: str) -> dict[str, Any] | None:
        """Return the document of that name, or None.

        Raises :exc:`StateUnavailable` if the value is no document: it may have been the entry of
        something that was paid for.
        """
        with self._readable():
            text = self._text(name)
            document = {} if text is None else json.loads(text)
            if not isinstance(document, dict):
                raise ValueError("not a document")
        return None if text is None else document

    def put(self, name: str, document: dict[str, Any]) -> None:
        """Write a document, durably: when this returns, it is on the disk."""
        with self.transaction():
            self._cache.set(name, json.dumps(document), retry=True)

    def delete(self, name: str) -> None:
        """Delete a document, if it exists."""
        with self.transaction():
            self._cache.delete(name, retry=True)

    def names(self, prefix: str) -> list[str]:
        """Return the names that begin with ``prefix``, sorted."""
        with self._readable():
            return sorted(name for name in self._names() if name.startswith(prefix))

    def _text(self, name: str) -> str | None:
        text: str | None = self._cache.get(name, retry=True)
        return text

    def _names(self) -> Iterable[str]:
        names: Iterable[str] = self._cache.iterkeys()
        return names

    @contextmanager
    def _readable(self) -> Iterator[None]:
        try:
            yield
        except (OSError, sqlite3.Error) as error:
            raise StateUnavailable(f"{self._folder} cannot be read ({error})") from None
        except (ValueError, RecursionError):
            raise StateUnavailable(f"{self._folder} {_FOREIGN}") from None


class ReadOnlyDatabase(Database):
    """The same documents, read without writing a byte: also no log beside a file that has none."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._connection: sqlite3.Connection | None = None
        if is_linked(folder):
            raise StateUnavailable(f"{folder} is a symbolic link, or a file in it is; {_REPAIR}")
        file = folder / _FILES[0]
        # a file with a log is in use, so SQLite may read that too; without one it is all there is
        rest = "" if file.with_name(_FILES[1]).exists() else "&immutable=1"
        if file.exists():
            try:
                address = f"{file.absolute().as_uri()}?mode=ro{rest}"
                self._connection = sqlite3.connect(address, uri=True, timeout=60)
            except sqlite3.Error as error:
                raise StateUnavailable(f"{folder} cannot be opened ({error})") from None

    def close(self) -> None:
        """Let go of the file."""
        if self._connection is not None:
            self._connection.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Refuse: nothing is written."""
        raise StateUnavailable(f"{self._folder} is read only in this build")
        yield

    def _text(self, name: str) -> str | None:
        rows = self._rows("SELECT value FROM Cache WHERE raw = 1 AND key = ?", name)
        return next((str(value) for (value,) in rows), None)

    def _names(self) -> Iterable[str]:
        return (str(name) for (name,) in self._rows("SELECT key FROM Cache WHERE raw = 1"))

    def _rows(self, query: str, *values: str) -> list[tuple[object]]:
        if self._connection is None:
            return []
        return self._connection.execute(query, values).fetchall()
