"""The state database beside the pictures: the journal, the rate limit, each figure's last picture.

diskcache serves as a transactional table of text: it never unpickles (CVE-2025-69872), never
evicts (its defaults do), stores no value in a separate file, and syncs every commit. It is not the
only copy of what is on order: see :mod:`pbfigure.scheduler.journal`.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import diskcache

from pbfigure.store.errors import StateUnavailable

_SETTINGS = {
    "eviction_policy": "none",
    "cull_limit": 0,
    "size_limit": 2**62,
    "disk_min_file_size": 2**30,
    "sqlite_mmap_size": 0,
    "sqlite_synchronous": 2,
    "statistics": 0,
    "tag_index": 0,
}
"""Set at every opening: diskcache stores them in the database, where others may change them.

No file is mapped into memory: where somebody cuts a mapped file short, the process is killed.
"""

_FILES = ("cache.db", "cache.db-wal", "cache.db-shm", "cache.db-journal")
"""The files that SQLite opens; it would follow links."""
_REPAIR = "'pbfigure cache verify --repair' repairs it"
_FOREIGN = f"holds what this program never wrote; {_REPAIR}"


@contextmanager
def _opening(folder: Path) -> Iterator[None]:
    """Raise :exc:`StateUnavailable` for whatever keeps the block from opening a database."""
    try:
        if is_linked(folder):
            raise StateUnavailable(f"{folder} is a symbolic link, or a file in it is; {_REPAIR}")
        yield
    except (OSError, sqlite3.Error, diskcache.Timeout) as error:
        cure = f"; {_REPAIR}" if type(error) is sqlite3.DatabaseError else ""
        raise StateUnavailable(f"{folder} cannot be opened ({error}){cure}") from None
    except (TypeError, ValueError, AttributeError, KeyError):  # its settings table is damaged
        raise StateUnavailable(f"{folder} {_FOREIGN}") from None


def is_linked(folder: Path) -> bool:
    """Whether a database's folder, or a file that SQLite opens in it, is a symbolic link."""
    return any(path.is_symlink() for path in (folder, *(folder / name for name in _FILES)))


@contextmanager
def _begun(folder: Path) -> Iterator[None]:
    """Let one process at a time create a missing or empty database.

    A process that still has an emptied file open holds locks on it, so that file is removed.
    """
    file = folder / _FILES[0]
    if _size(file):
        yield
        return
    from filelock import FileLock

    folder.mkdir(parents=True, exist_ok=True)
    locks = folder.with_name("locks")
    lock = FileLock((locks if locks.is_dir() else folder.parent) / "state.lock", timeout=60)
    with suppress(OSError):  # something else may be in its place
        lock.acquire()
    try:
        if not _size(file):
            for name in _FILES:
                (folder / name).unlink(missing_ok=True)
        yield
    finally:
        lock.release()


def _size(file: Path) -> int:
    try:
        return file.stat().st_size
    except FileNotFoundError:
        return 0


class _TextDisk(diskcache.Disk):  # type: ignore[misc]
    """Stores text only: it never pickles, and stores no value in a separate file."""

    def put(self, key: str) -> tuple[str, bool]:
        return key, True

    def get(self, key: object, raw: bool) -> str:
        if not raw or not isinstance(key, str):
            raise ValueError("a key that is not text")
        return key

    def store(self, value: str, read: bool, key: object = None) -> tuple[int, int, None, str]:
        return 0, diskcache.core.MODE_RAW, None, value

    def fetch(self, mode: int, filename: str | None, value: object, read: bool) -> str:
        if mode != diskcache.core.MODE_RAW or filename or not isinstance(value, str):
            raise ValueError("a value that is not text")
        return value

    def remove(self, file_path: str) -> None:
        """Remove nothing: no value has a file, even if a foreign row names one."""


class Database:
    """JSON documents by name, in one transactional file that all processes share.

    Close it before a fork: SQLite's locks do not survive one.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        with _opening(folder), _begun(folder):
            self._cache = diskcache.Cache(str(folder), timeout=60, disk=_TextDisk, **_SETTINGS)

    def close(self) -> None:
        """Close this thread's connection; other threads close theirs when they end."""
        self._cache.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Run the block as one transaction; other processes wait.

        Raises :exc:`StateUnavailable` if the database cannot be written.
        """
        try:
            # without retry: diskcache tries again for ever, also where the file cannot be opened
            with self._cache.transact():
                yield
        except diskcache.Timeout:
            why = "it cannot be opened, or another process has held it for a minute"
            raise StateUnavailable(f"{self.folder} cannot be written ({why})") from None
        except (OSError, sqlite3.Error) as error:
            raise StateUnavailable(f"{self.folder} cannot be written ({error})") from None

    def get(self, name: str) -> dict[str, Any] | None:
        """Return the document of that name, or None.

        Raises :exc:`StateUnavailable` if the value is not a document: it may have been the entry
        of a paid order.
        """
        with self._readable():
            text = self._text(name)
            document = {} if text is None else json.loads(text)
            if not isinstance(document, dict):
                raise ValueError("not a document")
        return None if text is None else document

    def put(self, name: str, document: dict[str, Any]) -> None:
        """Write a document durably: it is on the disk when this returns."""
        with self.transaction():
            self._cache.set(name, json.dumps(document))

    def delete(self, name: str) -> None:
        """Delete a document, if it exists."""
        with self.transaction():
            self._cache.delete(name)

    def names(self, prefix: str) -> list[str]:
        """Return the names that begin with ``prefix``, sorted."""
        with self._readable():
            return sorted(name for name in self._names() if name.startswith(prefix))

    def _text(self, name: str) -> str | None:
        text: str | None = self._cache.get(name)
        return text

    def _names(self) -> Iterable[str]:
        names: Iterable[str] = self._cache.iterkeys()
        return names

    @contextmanager
    def _readable(self) -> Iterator[None]:
        try:
            yield
        except (OSError, sqlite3.Error) as error:
            raise StateUnavailable(f"{self.folder} cannot be read ({error})") from None
        except (ValueError, RecursionError):
            raise StateUnavailable(f"{self.folder} {_FOREIGN}") from None


class ReadOnlyDatabase(Database):
    """A database that is only read: no byte is written, not even a log file beside it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._connection: sqlite3.Connection | None = None
        file = folder / _FILES[0]
        with _opening(folder):
            # with a log the file is in use and SQLite reads both; without one the file is complete
            rest = "" if file.with_name(_FILES[1]).exists() else "&immutable=1"
            if _size(file):
                address = f"{file.absolute().as_uri()}?mode=ro{rest}"
                self._connection = sqlite3.connect(address, uri=True, timeout=60)

    def close(self) -> None:
        """Close the file."""
        if self._connection is not None:
            self._connection.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Raise :exc:`StateUnavailable`: nothing is written."""
        raise StateUnavailable(f"{self.folder} is read only in this build")
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
