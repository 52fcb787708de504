"""Writing so that a crash leaves the old or the new file, and reading without surprises.

Order on writing: the temporary file's bytes reach the disk, then its name takes the final one's
place in a single step, then the folder's entry reaches the disk. A reader sees all or nothing.
"""

from __future__ import annotations

import contextlib
import errno
import os
import stat
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import BinaryIO

TEMPORARY = r"\.?[0-9a-f]{32}\.part"
"""Names of unfinished files: temporary files and downloads."""


class UnsafeFile(OSError):
    """A file that must not be read: a link, not a regular file, or over its size limit."""


class OwnFolders:
    """The folders below a top folder: none of them may be a link.

    Each is checked once: a process that can change it between check and use can change the files
    in it as well.
    """

    def __init__(self, top: Path) -> None:
        self._top = top
        self._checked: set[str] = set()

    def check(self, folder: str) -> None:
        """Check a folder as :meth:`checked` does, in a look-up of very many files."""
        if folder not in self._checked:
            self.checked(Path(folder))

    def checked(self, folder: Path) -> Path:
        """Return a folder at or below the top, whether it exists or not.

        Raises :exc:`UnsafeFile` if it, or one above it up to the top, is a link.
        """
        if str(folder) not in self._checked:
            if folder != self._top:
                self.checked(folder.parent)
            try:
                mode = folder.lstat().st_mode
            except FileNotFoundError:
                return folder
            if stat.S_ISLNK(mode):
                raise UnsafeFile(f"{folder} is a symbolic link, and not followed")
            self._checked.add(str(folder))
        return folder


def refuse_link(folder: Path) -> None:
    """Refuse a folder that is a link: a repository can contain one that leads anywhere.

    Raises :exc:`UnsafeFile`.
    """
    if folder.is_symlink():
        raise UnsafeFile(errno.ELOOP, "is a symbolic link; name the folder itself", folder)


def sync_folder(folder: Path) -> None:
    """Sync a folder's entries to the disk, if the platform can."""
    if os.name != "posix":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def make_folder(folder: Path) -> None:
    """Make a folder and its parents durably: a lost folder would lose its files."""
    missing = []
    while not folder.is_dir():
        missing.append(folder)
        folder = folder.parent
    for each in reversed(missing):
        each.mkdir(exist_ok=True)
        sync_folder(each.parent)


def temporary_beside(path: Path) -> Path:
    """Return a new hidden name in the folder of ``path``, so that a rename stays on one disk."""
    return path.with_name(f".{os.urandom(16).hex()}.part")


def publish(temporary: Path, final: Path, *, mode: int = 0o644) -> None:
    """Move a finished temporary file to ``final``, durably."""
    with temporary.open("rb+") as file:  # Windows syncs only what it may write
        os.fsync(file.fileno())
    temporary.chmod(mode)
    _replace(temporary, final)
    sync_folder(final.parent)


def _replace(temporary: Path, final: Path) -> None:
    """Give a file its name; on Windows, retry while a program has either file open."""
    for _ in range(20 if os.name == "nt" else 0):
        with contextlib.suppress(PermissionError):
            temporary.replace(final)
            return
        time.sleep(0.05)
    temporary.replace(final)


@contextlib.contextmanager
def _written_beside(path: Path, mode: int) -> Iterator[Path]:
    """Yield a temporary file's name; publish it as ``path`` after the block."""
    make_folder(path.parent)
    temporary = temporary_beside(path)
    try:
        yield temporary
        publish(temporary, path, mode=mode)
    finally:
        discard([temporary])


def discard(paths: Iterable[Path]) -> None:
    """Remove files, as far as possible."""
    for path in paths:
        with contextlib.suppress(OSError):
            path.unlink(missing_ok=True)


def write_whole(path: Path, data: bytes, *, mode: int = 0o644) -> None:
    """Write ``data`` to ``path`` durably and atomically; make its folder if necessary."""
    with _written_beside(path, mode) as temporary:
        temporary.touch(mode=0o600)  # nobody else reads it before it has its mode
        temporary.write_bytes(data)


def copy_whole(source: Path, path: Path, *, limit: int, mode: int = 0o644) -> None:
    """Copy a regular file of at most ``limit`` bytes to ``path`` durably and atomically."""
    with (
        _written_beside(path, mode) as temporary,
        open_regular(source, limit=limit) as reading,
        temporary.open("wb") as writing,
    ):
        while chunk := reading.read(1 << 20):
            writing.write(chunk)


def open_regular(path: Path, *, limit: int) -> BinaryIO:
    """Open a regular file for reading, following no link at its end.

    Raises :exc:`UnsafeFile` for a link, a device or more than ``limit`` bytes, and ``OSError``.
    """
    if not hasattr(os, "O_NOFOLLOW") and path.is_symlink():  # Windows
        raise UnsafeFile(f"{path} is a symbolic link")
    try:
        descriptor = os.open(
            path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
        )
    except OSError as error:
        if path.is_symlink():
            raise UnsafeFile(f"{path} is a symbolic link") from None
        raise error
    status = os.fstat(descriptor)
    if not stat.S_ISREG(status.st_mode) or status.st_size > limit:
        os.close(descriptor)
        raise UnsafeFile(f"{path} is not a regular file of at most {limit:,} bytes")
    return os.fdopen(descriptor, "rb")


def read_bounded(path: Path, *, limit: int) -> bytes:
    """Return the bytes of a regular file of at most ``limit`` bytes; raises as open_regular."""
    with open_regular(path, limit=limit) as file:
        return file.read(limit)


def name_from(path: Path | str, folder: Path | str) -> str:
    """Return a path as seen from a folder, with slashes; whole, if it is on another drive."""
    try:
        return os.path.relpath(path, folder).replace(os.sep, "/")
    except ValueError:
        return os.fspath(path).replace(os.sep, "/")
