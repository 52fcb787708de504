"""An append-only file of JSON lines that many processes write, and that nobody ever changes.

Lines are added under a lock, and each is on the disk before the next; readers take in what was
added since the last time, and all anew where the file is another one.
"""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

from pbfigure.store.files import UnsafeFile

LOCK_TIMEOUT = 10.0
"""Seconds for which another process's line is waited for: it may be stopped."""
Append = Callable[[dict[str, Any]], None]


class LineFile:
    """One file, as far as this process has read it. Thread-safe."""

    def __init__(
        self,
        path: Path,
        lock_file: Path,
        read_line: Callable[[bytes], None],
        start_over: Callable[[], None],
    ) -> None:
        """``start_over`` forgets what ``read_line`` took in."""
        self.path = path
        self._lock_file = lock_file
        self._read_line = read_line
        self._start_over = start_over
        self._thread = threading.Lock()
        self._inode = self._read_to = 0

    def refresh(self) -> None:
        """Read what was added since the last time. Raises ``OSError``."""
        with self._thread:
            try:
                status = self.path.lstat()
                if (status.st_ino, status.st_size) != (self._inode, self._read_to):
                    with self._open(os.O_RDONLY) as file:
                        self._take_in(file)
            except FileNotFoundError:
                self._begin_anew(0)

    @contextmanager
    def appending(self) -> Iterator[Append]:
        """Lock the file, read it to its end, and yield what appends a line. Raises ``OSError``."""
        from filelock import FileLock, Timeout

        with self._thread:
            try:
                with (
                    FileLock(self._lock_file, timeout=LOCK_TIMEOUT),
                    self._open(os.O_RDWR | os.O_CREAT | os.O_APPEND) as file,
                ):
                    _end_last_line(file)
                    self._take_in(file)
                    yield lambda line: _append(file, line)
            except Timeout:
                raise TimeoutError(f"another process holds {self._lock_file}") from None

    def _open(self, flags: int) -> BinaryIO:
        if self.path.is_symlink():
            raise UnsafeFile(f"{self.path} is a symbolic link, and not followed")
        descriptor = os.open(self.path, flags | getattr(os, "O_NOFOLLOW", 0), 0o644)
        return os.fdopen(descriptor, "rb" if flags == os.O_RDONLY else "r+b", buffering=0)

    def _take_in(self, file: BinaryIO) -> None:
        """Read what was added since the last time; all, if it is another file."""
        status = os.fstat(file.fileno())
        if status.st_ino != self._inode or status.st_size < self._read_to:
            self._begin_anew(status.st_ino)
        file.seek(self._read_to)
        data = file.read()
        whole = data[: data.rfind(b"\n") + 1]
        self._read_to += len(whole)
        for line in whole.splitlines():
            self._read_line(line)

    def _begin_anew(self, inode: int) -> None:
        self._read_to, self._inode = 0, inode
        self._start_over()


def _append(file: BinaryIO, line: dict[str, Any]) -> None:
    data = json.dumps(line, ensure_ascii=True).encode() + b"\n"
    if os.write(file.fileno(), data) != len(data):
        raise OSError("the disk is full")
    os.fsync(file.fileno())


def _end_last_line(file: BinaryIO) -> None:
    """End the last line after a crash: a whole one gets its newline, a partial one is cut off."""
    size = file.seek(0, os.SEEK_END)
    if size == 0:
        return
    file.seek(size - 1)
    if file.read(1) == b"\n":
        return
    file.seek(0)
    data = file.read()
    begin = data.rfind(b"\n") + 1
    try:
        json.loads(data[begin:])
    except ValueError:
        file.truncate(begin)
    else:
        os.write(file.fileno(), b"\n")
