"""Who works on entries of the journal, and whether they still live: by lock files, not by clocks.

A maker holds a lock file of its own as long as it lives; a killed one's is free at once, and with
it every entry it owned. One that is merely stopped still lives: what it was about to order, nobody
else orders.
"""

from __future__ import annotations

import contextlib
import os
import re
import time
import uuid
from pathlib import Path

from filelock import FileLock

from pbfigure.store.database import StateUnavailable

SWEPT_AFTER = 86_400.0
"""Seconds after which the lock file of a maker that was killed is removed."""
MAKER = re.compile(r"[0-9a-f]{32}")
"""What names a lock file, and nothing else."""
_PID_DIGITS = 8


class Makers:
    """The makers of one machine, and one of them that is this process's own."""

    def __init__(self, locks: Path) -> None:
        self._locks = locks
        self.own = f"{os.getpid():0{_PID_DIGITS}x}{uuid.uuid4().hex[_PID_DIGITS:]}"
        """Its first digits are the process's number: for people, who may have to end it."""
        self._alive = FileLock(self._lock_of(self.own), thread_local=False)

    def begin(self) -> None:
        """Live from now on. Raises :exc:`StateUnavailable`."""
        try:
            self._alive.acquire()
        except OSError as error:
            raise StateUnavailable(f"{self._locks} cannot be written ({error})") from None
        self._sweep()

    def end(self) -> None:
        """Live no longer."""
        with contextlib.suppress(OSError):
            self._alive.release()
            self._lock_of(self.own).unlink(missing_ok=True)

    @property
    def is_begun(self) -> bool:
        """Whether this one's lock file is there for others to see."""
        return self._lock_of(self.own).exists()

    def lives(self, maker: str | None) -> bool:
        """Whether a maker lives; a dead one's lock file is tidied up."""
        if maker is None or maker == self.own:
            return maker is not None
        path = self._lock_of(maker)
        if os.path.lexists(path) and is_held(path):
            return True
        path.unlink(missing_ok=True)
        return False

    def _lock_of(self, maker: str) -> Path:
        return self._locks / f"maker-{maker}.lock"

    def _sweep(self) -> None:
        """Remove the lock files of makers that were killed long ago. Never a fresh one: between
        its making and its locking it looks like a dead one's.
        """
        with contextlib.suppress(OSError):
            for path in self._locks.glob("maker-*.lock"):
                if time.time() - path.lstat().st_mtime > SWEPT_AFTER and not is_held(path):
                    path.unlink(missing_ok=True)


def process_of(maker: str | None) -> str:
    """Return how to name a maker to people: by the number of its process."""
    return "another process" if maker is None else f"process {int(maker[:_PID_DIGITS], 16)}"


def is_held(path: Path) -> bool:
    """Whether a living process holds a lock file. A link in its place leaves that open: yes."""
    try:
        with FileLock(path, timeout=0):
            return False
    except OSError:  # Timeout is one
        return True
