"""One kit for what is remembered of unchanged files: what tells a file, and where it is written.

A file whose size, times and inode are as they were holds the bytes that it held, as in git's
index. A memo belongs to its reader and is never part of what is checked: one that cannot be read
or written is no loss.
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
"""Nanoseconds: a file that changed later than this ago could change again within the clock's
grain."""
_LIMIT = 64_000_000
"""Bytes of a memo."""


class FileStamp(NamedTuple):
    """What tells a file from any other, and from itself once it is changed."""

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
        """Whether the file's next change will surely change the stamp."""
        return time.time_ns() - max(self.ctime_ns, self.mtime_ns) > _SETTLED


def load_memo(path: Path) -> dict[str, Any]:
    """Return what a memo holds; nothing if it cannot be read."""
    with contextlib.suppress(OSError, ValueError, RecursionError):
        document = json.loads(read_bounded(path, limit=_LIMIT))
        if isinstance(document, dict):
            return document
    return {}


def save_memo(path: Path, document: dict[str, Any]) -> None:
    """Write a memo, if that is possible."""
    with contextlib.suppress(OSError):
        write_whole(path, json.dumps(document).encode())
