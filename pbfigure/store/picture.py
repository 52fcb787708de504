"""A picture's bytes: their real format, size and digest, and whether they are complete."""

from __future__ import annotations

import hashlib
import os
import re
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

from pbfigure.figure.input_limits import SIZE_LIMIT
from pbfigure.store.errors import BadPicture
from pbfigure.store.files import UnsafeFile, open_regular
from pbfigure.store.provenance_marks import Mark, mark_of

EXTENSIONS = {"png": ".png", "jpeg": ".jpg", "webp": ".webp"}
"""File name ending by format; the four spellings of ``output_format`` are three formats."""
MIME_TYPES = {"png": "image/png", "jpeg": "image/jpeg", "webp": "image/webp"}
FORMATS = tuple(map(str.upper, EXTENSIONS))
"""The formats as Pillow calls them, which is not to try anything else."""

SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Picture:
    """The facts about a picture's bytes, known once they are fully decoded."""

    sha256: str
    size: int
    """Bytes."""
    format: str
    """png, jpeg or webp: the real format, whatever the file was called."""
    width: int
    """Pixels."""
    height: int
    """Pixels."""
    mark: Mark = field(default=Mark.NONE, compare=False)
    """The mark of origin in its bytes. Not compared: the digest covers it."""

    def as_json(self) -> dict[str, Any]:
        """The picture as a record has it."""
        return {**asdict(self), "mark": str(self.mark)}


def sniff(start: bytes) -> str | None:
    """Return the format that a file's first 12 bytes announce, or None."""
    if start.startswith(b"\x89PNG\r\n\x1a\n"):
        return "png"
    if start.startswith(b"\xff\xd8\xff"):
        return "jpeg"
    if start.startswith(b"RIFF") and start[8:12] == b"WEBP":
        return "webp"
    return None


def glance(path: Path) -> Picture:
    """Hash a file and read its header without decoding it: ten times as fast as :func:`examine`.

    Enough for bytes that were examined before, because their digest shows a change.
    Raises :exc:`BadPicture`, and ``OSError`` if the file cannot be read.
    """
    return _read(path, decode=False)


def examine(path: Path) -> Picture:
    """Read and decode a whole file, and return its facts.

    Raises :exc:`BadPicture` if it is too large, of another format, damaged or cut short.
    """
    return _read(path, decode=True)


def _read(path: Path, *, decode: bool) -> Picture:
    try:
        with open_regular(path, limit=SIZE_LIMIT) as file:
            start = file.read(40)
            kind = sniff(start)
            size = os.fstat(file.fileno()).st_size
            if kind is None:
                raise BadPicture(_why_no_picture(start))
            from pbfigure.store import decoding  # what a warm build does not need

            width, height = (decoding.decode if decode else decoding.header)(file, kind)
            mark = mark_of(file, kind)
            file.seek(0)
            return Picture(_digest(file), size, kind, width, height, mark)
    except UnsafeFile as error:
        raise BadPicture(str(error)) from None


def _why_no_picture(start: bytes) -> str:
    from pbfigure.store.git_lfs import is_pointer  # what a warm build does not need

    if is_pointer(start):
        return "it is a pointer of Git LFS in place of the picture"
    return "it is neither PNG, JPEG nor WebP"


def _digest(file: BinaryIO) -> str:
    hashed = hashlib.sha256()
    while chunk := file.read(1 << 20):
        hashed.update(chunk)
    return hashed.hexdigest()
