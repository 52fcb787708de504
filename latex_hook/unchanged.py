"""Whether anything changed since the last run of the hook, told without reading the sources.

Only a run that left nothing open leaves a note: what TeX asked for, the map, and a stamp of each
file that was read or looked for. latexmk starts this often, so it imports next to nothing.
"""

from __future__ import annotations

import os
import stat
import sys
import time
import zlib
from collections.abc import Iterable, Mapping

from latex_hook.tex import MAP

VERSION = 1
_LIMIT = 64_000_000
_FINE, _COARSE = 20_000_000, 2_000_000_000
"""Nanoseconds of the clock that files have their times from; a coarse one knows whole seconds."""
_BETWEEN = b"\n\0"


def memo_folder(environ: Mapping[str, str]) -> str:
    """Return where the hook's memos are kept."""
    if given := environ.get("PAPERBANANA_CACHE_DIR"):
        cache = os.path.expanduser(given)
    elif sys.platform == "win32":
        base = environ.get("LOCALAPPDATA") or os.path.expanduser("~")
        cache = os.path.join(base, "paperbanana", "Cache")
    else:
        base = environ.get("XDG_CACHE_HOME", "")
        if not os.path.isabs(base):  # another is ignored, as the standard wants
            home = "~/Library/Caches" if sys.platform == "darwin" else "~/.cache"
            base = os.path.expanduser(home)
        cache = os.path.join(base, "paperbanana")
    return os.path.join(cache, "latex")


class LastRun:
    """The note of one document as it is built in one place."""

    def __init__(
        self, main: str, request_file: str, environ: Mapping[str, str], *, beside: bool = False
    ) -> None:
        self._began = time.time_ns()
        self._request_file = os.path.abspath(request_file)
        self._map_file = os.path.abspath(MAP)
        self.asked = sys.stdin.buffer.read() or None if beside else _bytes(self._request_file)
        """The request file's content when the run began. ``beside`` TeX, which writes a new one
        meanwhile, it comes from the standard input.
        """
        folder = memo_folder(environ)
        name = f"{zlib.crc32(os.fsencode(self._request_file)):08x}.unchanged"
        self._path = "" if os.path.islink(folder) else os.path.join(folder, name)
        head = (VERSION, os.getcwd(), main, self._request_file, _told(environ))
        self._head = os.fsencode(repr(head))

    def is_unchanged(self, *, quiet: bool, before: bool) -> bool:
        """Whether a run of the hook would find nothing to do, and nothing to say.

        ``before`` TeX's first pass, where no request file is yet, all that a run can do is to check
        the pictures. That a note is there says that this machine did.
        """
        if before and self.asked is None:
            return os.path.exists(self._path)
        parts = (_bytes(self._path) or b"").split(_BETWEEN)
        if len(parts) != 5:
            return False
        head, speaks, files, asked, shown = parts
        return (
            (head, asked) == (self._head, _without_lines(self.asked))
            and (quiet or not speaks)
            and _bytes(self._map_file) == shown
            and all(_stamp(line.partition(b" ")[2]) == line for line in files.split(b"\n"))
        )

    def leave(self, files: Iterable[str | os.PathLike[str]], *, speaks: bool) -> None:
        """Write the note that all is well; ``speaks`` if there is still something to print.

        None is left where a file may have changed after it was read.
        """
        from pathlib import Path

        from pbfigure.store.files import write_whole

        names = sorted({os.fsencode(file) for file in files})
        lines = [_stamp(name, self._began) for name in names]
        shown = _bytes(self._map_file)
        if self.asked is None or shown is None or b"" in lines:
            return
        parts = (self._head, b"1" * speaks, b"\n".join(lines), _without_lines(self.asked), shown)
        if self._path and not any(_BETWEEN in part for part in parts):
            write_whole(Path(self._path), _BETWEEN.join(parts))


def _without_lines(asked: bytes | None) -> bytes:
    """Return a request file without the numbers of lines: where a source is as it was when the
    hook looked, they say nothing new of the figures.
    """
    lines = (asked or b"").split(b"\n")
    return b"\n".join(line for line in lines if not line.startswith(b"line="))


def _told(environ: Mapping[str, str]) -> list[tuple[str, int]]:
    """Return a digest of each variable that counts; of secrets, only whether they are there."""
    told = []
    for name in sorted(environ):
        if name in ("PAPERBANANA_API_KEY", "PAPERBANANA_SHARED_SECRET"):
            told.append((name, int(bool(environ[name].strip()))))
        elif name.startswith("PAPERBANANA_") or name == "TEXINPUTS":
            told.append((name, zlib.crc32(os.fsencode(environ[name]))))
    return told


def _stamp(name: bytes, began: int = 0) -> bytes:
    """Return a file's stamp, which differs once it is changed, and its name.

    Nothing where the file may have changed since the run ``began``.
    """
    try:
        status = os.stat(name)
    except (OSError, ValueError):
        return b"- " + name
    if not stat.S_ISREG(status.st_mode):
        return b"no-file " + name
    times = (status.st_mtime_ns, status.st_ctime_ns)
    grain = _FINE if all(each % 1_000_000_000 for each in times) else _COARSE
    if b"\n" in name or (began and max(times) > began - grain):
        return b""
    return b"%d,%d,%d,%d %s" % (status.st_size, *times, status.st_ino, name)


def _bytes(path: str) -> bytes | None:
    """Return a regular file's bytes; nothing where there is none, or a link."""
    try:
        status = os.lstat(path)
        if not stat.S_ISREG(status.st_mode) or status.st_size > _LIMIT:
            return None
        with open(path, "rb") as file:
            return file.read()
    except OSError:
        return None
