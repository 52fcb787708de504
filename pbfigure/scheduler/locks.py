"""Lock files: one to order under, and those that show which owners of journal entries are alive,
without clocks or leases.

A process holds its own lock file for its lifetime. If it is killed, the lock is free at once, and
other processes may take its entries. A process that is only stopped is alive: no other process
orders its keys. Stale lock files are removed here too.
"""

from __future__ import annotations

import contextlib
import os
import time
import uuid
from pathlib import Path

from filelock import FileLock

from pbfigure.scheduler.journal_entry import api_digits
from pbfigure.store.errors import StateUnavailable

STALE_AFTER = 86_400.0
"""Seconds after which the lock file of a killed process is removed."""
OWNER_LOCKS = "owner-*.lock"
_PID_DIGITS = 8


def ordering_lock(locks: Path, base_url: str) -> FileLock:
    """Return the lock under which one process of the machine sends orders to an API."""
    return FileLock(locks / f"ordering-{api_digits(base_url)}.lock", thread_local=False)


class Owners:
    """The owners of entries on one machine; ``own`` is this process."""

    def __init__(self, locks: Path) -> None:
        self._locks = locks
        self.own = f"{os.getpid():0{_PID_DIGITS}x}{uuid.uuid4().hex[_PID_DIGITS:]}"
        """Its first digits are the process's number, so that messages can name the process."""
        self._alive = FileLock(self._lock_of(self.own), thread_local=False)

    def begin(self) -> None:
        """Take this process's liveness lock. Raises :exc:`StateUnavailable`."""
        try:
            self._alive.acquire()
        except OSError as error:
            raise StateUnavailable(f"{self._locks} cannot be written ({error})") from None
        self._remove_stale_locks()

    def end(self) -> None:
        """Release this process's liveness lock."""
        with contextlib.suppress(OSError):
            self._alive.release()
            self._lock_of(self.own).unlink(missing_ok=True)

    @property
    def is_active(self) -> bool:
        """Whether this process's lock file exists."""
        return self._lock_of(self.own).exists()

    def is_alive(self, owner: str | None) -> bool:
        """Whether an owner is alive; a dead one's lock file is removed."""
        if owner is None or owner == self.own:
            return owner is not None
        path = self._lock_of(owner)
        if os.path.lexists(path) and is_held(path):
            return True
        with contextlib.suppress(OSError):  # Windows keeps a file that another process has open
            path.unlink()
        return False

    def _lock_of(self, owner: str) -> Path:
        return self._locks / f"owner-{owner}.lock"

    def _remove_stale_locks(self) -> None:
        """Remove old lock files of killed processes. A fresh one may not be locked yet, and looks
        the same.
        """
        with contextlib.suppress(OSError):
            for path in self._locks.glob(OWNER_LOCKS):
                if time.time() - path.lstat().st_mtime > STALE_AFTER and not is_held(path):
                    path.unlink(missing_ok=True)


def process_of(owner: str | None) -> str:
    """Return an owner's name for messages: the number of its process."""
    return "another process" if owner is None else f"process {int(owner[:_PID_DIGITS], 16)}"


def is_held(path: Path) -> bool:
    """Whether a living process holds a lock file; a link in its place counts as held."""
    try:
        with FileLock(path, timeout=0):
            return False
    except OSError:  # Timeout is one
        return True
