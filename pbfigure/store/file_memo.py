"""Memos about unchanged files: the stamp that identifies a file's state, and the memo's file.

A file with the same size, times and inode has the same bytes, as in git's index. A memo is a cache
of its reader; one that cannot be read or written is no loss.
"""

from __future__ import annotations

import contextlib
import json
import os
import time
from pathlib import Path
from typing import Any, NamedTuple

from pbfigure.store.files import read_bounded, write_whole

_SETTLED = 2_000_000_000
"""Nanoseconds. A file that changed more recently could change again within the resolution of the
clock."""
_LIMIT = 256_000_000
"""Most bytes of a memo; 100,000 figures take some 100 million."""


class FileStamp(NamedTuple):
    """Identifies a file and its state: another file or a changed one has another stamp."""

    size: int
    mtime_ns: int
    ctime_ns: int
    inode: int

    @classmethod
    def of(cls, status: os.stat_result) -> FileStamp:
        """Return the stamp of a file, from its ``lstat``."""
        return cls(status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino)

    @property
    def is_settled(self) -> bool:
        """Whether any further change of the file is certain to change the stamp."""
        return time.time_ns() - max(self.ctime_ns, self.mtime_ns) > _SETTLED


def load_memo(path: Path) -> dict[str, Any]:
    """Return a memo's content; empty if it cannot be read."""
    with contextlib.suppress(OSError, ValueError, RecursionError):
        document = json.loads(read_bounded(path, limit=_LIMIT))
        if isinstance(document, dict):
            return document
    return {}


def save_memo(path: Path, document: dict[str, Any]) -> None:
    """Write a memo if possible."""
    with contextlib.suppress(OSError):
        write_whole(path, json.dumps(document).encode())
