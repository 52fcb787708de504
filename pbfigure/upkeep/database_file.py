"""Reads the state database's file without diskcache, and trusts no row.

It is opened read-only, so that a read-only cache can be verified, and read row by row, so that the
readable part of a damaged file can be saved.
"""

from __future__ import annotations

import contextlib
import json
import os
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pbfigure.store.database import is_linked

_COLUMNS = "rowid, key, raw, mode, filename, expire_time, value"
_MODE_RAW = 1
"""diskcache's number for a value that is stored unchanged."""


@dataclass(frozen=True, slots=True)
class Row:
    """One row."""

    rowid: int
    name: str | None
    """None if it is not text, so not a row of this program."""
    document: dict[str, Any] | None
    """None if the value is not a JSON object, so not written by this program."""
    value: object
    """The stored value."""


class StateFile:
    """The database under a ``state`` folder. Raises ``sqlite3.Error`` if it is damaged."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "cache.db"
        self._connection: sqlite3.Connection | None = None

    @property
    def exists(self) -> bool:
        """Whether the file, or anything with its name, exists."""
        return os.path.lexists(self.path) or self.path.parent.is_symlink()

    def close(self) -> None:
        """Close the file."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def problem(self) -> str | None:
        """Return what is wrong with the file, or None."""
        if is_linked(self.path.parent):
            return "it is a symbolic link, and not followed"
        try:
            ((verdict,),) = self._open().execute("PRAGMA integrity_check(1)").fetchall()
            self._open().execute(f"SELECT {_COLUMNS} FROM Cache LIMIT 1").fetchall()  # noqa: S608
        except (sqlite3.Error, ValueError) as error:
            return str(error)
        return None if verdict == "ok" else str(verdict).replace("\n", " ")

    def is_unfinished(self) -> bool:
        """Whether its table is missing: a process was killed while it created the database."""
        query = "SELECT 1 FROM sqlite_master WHERE name = 'Cache'"
        try:
            return not is_linked(self.path.parent) and not self._open().execute(query).fetchall()
        except (sqlite3.Error, ValueError):
            return False

    def rows(self) -> Iterator[Row]:
        """Yield every row."""
        for found in self._open().execute(f"SELECT {_COLUMNS} FROM Cache ORDER BY rowid"):  # noqa: S608
            yield _row(found)

    def salvage(self) -> dict[str, dict[str, Any]]:
        """Return the readable documents of a damaged file, read from both ends."""
        saved: dict[str, dict[str, Any]] = {}
        for order in ("ASC", "DESC"):
            with contextlib.suppress(sqlite3.Error, ValueError, UnicodeDecodeError):
                for found in self._open().execute(
                    f"SELECT {_COLUMNS} FROM Cache ORDER BY rowid {order}"  # noqa: S608
                ):
                    row = _row(found)
                    if row.name is not None and row.document is not None:
                        saved[row.name] = row.document
        return saved

    def _open(self) -> sqlite3.Connection:
        if self._connection is None:
            address = self.path.absolute().as_uri()
            try:
                self._connection = _reading(f"{address}?mode=ro")
            except sqlite3.OperationalError:  # a read-only folder does not allow SQLite's log
                self._connection = _reading(f"{address}?mode=ro&immutable=1")
        return self._connection


def _reading(address: str) -> sqlite3.Connection:
    connection = sqlite3.connect(address, uri=True, timeout=60)
    try:
        connection.execute("SELECT 1 FROM sqlite_master LIMIT 1").fetchall()
    except sqlite3.Error:
        connection.close()
        raise
    return connection


def _row(found: tuple[Any, ...]) -> Row:
    rowid, key, raw, mode, filename, expires, value = found
    name = key if isinstance(key, str) and raw == 1 else None
    document = None
    if mode == _MODE_RAW and filename is None and expires is None and isinstance(value, str):
        with contextlib.suppress(ValueError, RecursionError):
            document = json.loads(value)
    return Row(rowid, name, document if isinstance(document, dict) else None, value)
