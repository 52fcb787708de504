"""Remembers what was checked, so that an unchanged picture or record is checked only once."""

from __future__ import annotations

import os
from pathlib import Path

from pbfigure.store.errors import BadPicture, Misdescribed
from pbfigure.store.file_memo import FileStamp, load_memo, save_memo
from pbfigure.store.files import read_bounded
from pbfigure.store.picture import Picture, examine
from pbfigure.store.record import RECORD_LIMIT, Record, Row, read_record, record_of, row_of

Entry = list[int | str | Row]
"""A file's stamp; then a picture's sha256, or the row of a record."""


class VerifiedFiles:
    """The memo of checked files, by path."""

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._known: dict[str, Entry] | None = None
        self._used: dict[str, Entry] = {}

    def check(self, path: Path | str, picture: Picture) -> None:
        """Check that ``path`` holds the undamaged ``picture``.

        Raises :exc:`BadPicture` if it does not (:exc:`Misdescribed` if only the digest is right)
        and ``FileNotFoundError``.
        """
        name = os.fspath(path)
        stamp = FileStamp.of(os.lstat(name))
        identity: Entry = [*stamp, picture.sha256]
        entry = self._entry(name)
        if entry == identity:
            self._used[name] = entry
            return
        found = examine(Path(path))
        if found.sha256 != picture.sha256:
            raise BadPicture("its bytes are not those that were bought")
        if found != picture:
            raise Misdescribed("its record does not describe it")
        if stamp.is_settled:
            self._used[name] = identity

    def record(self, name: str) -> Record:
        """Return the record in a file. Raises ``OSError`` and :exc:`BadRecord`."""
        stamp = FileStamp.of(os.lstat(name))
        entry = self._entry(name)
        if isinstance(entry, list) and entry[:-1] == [*stamp]:
            try:
                record = record_of(entry[-1])
            except (TypeError, ValueError, LookupError):  # another version wrote it
                pass
            else:
                self._used[name] = entry
                return record
        record = read_record(read_bounded(Path(name), limit=RECORD_LIMIT))
        if stamp.is_settled:
            self._used[name] = [*stamp, row_of(record)]
        return record

    def _entry(self, name: str) -> Entry | None:
        if self._known is None:
            self._known = load_memo(self._path) if self._path is not None else {}
        return self._used.get(name) or self._known.get(name)

    def save(self) -> None:
        """Save the memo for the next build."""
        known = self._known or {}
        if self._path is None or self._used.items() <= known.items():
            return
        # another builder of the project may show other figures
        others = {name: entry for name, entry in known.items() if os.path.lexists(name)}
        self._known = others | self._used
        save_memo(self._path, self._known)
