"""A memo of files already hashed and decoded, as git's index keeps one: by a file's identity.

A file whose size, times and inode are as they were when its bytes were checked has the bytes it
had then. The memo is the reader's own (Sphinx's doctree folder, the machine's cache), never a
part of what is checked.
"""

from __future__ import annotations

import contextlib
import json
import os
import time
from pathlib import Path

from pbfigure.store.files import read_bounded, write_whole
from pbfigure.store.picture import BadPicture, Misdescribed, Picture, examine

_SETTLED = 2_000_000_000
"""Nanoseconds: a file changed so lately could change again within the clock's grain."""
_LIMIT = 64_000_000


class Seen:
    """Which files were found to hold which bytes."""

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._known: dict[str, list[int | str]] | None = None
        self._used: dict[str, list[int | str]] = {}

    def check(self, path: Path, picture: Picture) -> None:
        """Make sure that ``path`` holds ``picture``, whole.

        Raises :exc:`BadPicture` where it does not (:exc:`Misdescribed` where but its digest is
        right), ``FileNotFoundError`` where it is not there.
        """
        status = path.lstat()
        identity: list[int | str] = [
            status.st_size,
            status.st_mtime_ns,
            status.st_ctime_ns,
            status.st_ino,
            picture.sha256,
        ]
        name = os.fspath(path)
        if self._load().get(name) == identity or self._used.get(name) == identity:
            self._used[name] = identity
            return
        found = examine(path)
        if found.sha256 != picture.sha256:
            raise BadPicture("its bytes are not those that were bought")
        if found != picture:
            raise Misdescribed("its record does not describe it")
        if time.time_ns() - max(status.st_ctime_ns, status.st_mtime_ns) > _SETTLED:
            self._used[name] = identity

    def save(self) -> None:
        """Keep what was seen since for the next build. A memo that cannot be kept is no loss."""
        known = self._known or {}
        if self._path is None or self._used.items() <= known.items():
            return
        # what this build did not need, the next one may: an “only” for another builder
        others = {name: seen for name, seen in known.items() if os.path.lexists(name)}
        self._known = others | self._used
        with contextlib.suppress(OSError):
            write_whole(self._path, json.dumps(self._known).encode())

    def _load(self) -> dict[str, list[int | str]]:
        if self._known is None:
            self._known = {}
            with contextlib.suppress(OSError, ValueError, RecursionError):
                if self._path is not None:
                    loaded = json.loads(read_bounded(self._path, limit=_LIMIT))
                    self._known = loaded if isinstance(loaded, dict) else {}
        return self._known
