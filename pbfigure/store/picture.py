"""A picture's bytes: of which format they really are, and whether they can be shown whole."""

from __future__ import annotations

import hashlib
import os
import re
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from pbfigure.figure.limits import PIXEL_LIMIT, SIZE_LIMIT
from pbfigure.figure.notice import FigureError
from pbfigure.store.files import UnsafeFile, open_regular

if TYPE_CHECKING:
    from PIL import Image

EXTENSIONS = {"png": ".png", "jpeg": ".jpg", "webp": ".webp"}
"""File name ending by format; the four spellings of ``output_format`` are three formats."""
MIME_TYPES = {"png": "image/png", "jpeg": "image/jpeg", "webp": "image/webp"}

SCANS_LIMIT = 100
"""Passes of a progressive JPEG; ours: encoders make about ten."""

SHA256 = re.compile(r"[0-9a-f]{64}")
_IEND_CHECKSUM = b"\xaeB`\x82"

_one_at_a_time = threading.Lock()
"""Decoding takes up to 400 MB at the limit, 67 MB at 4K: never two at once."""


class BadPicture(FigureError):
    """Bytes that are no whole picture of a format that can be shown; ``str`` says why."""

    subtype = "picture"


class Misdescribed(BadPicture):
    """The very bytes that were bought, but not as their record describes them: not their fault."""


@dataclass(frozen=True, slots=True)
class Picture:
    """What is known of a picture's bytes once they were read and decoded whole."""

    sha256: str
    size: int
    """Bytes."""
    format: str
    """png, jpeg or webp: what the bytes are, whatever they were called."""
    width: int
    """Pixels."""
    height: int
    """Pixels."""

    @property
    def file_name(self) -> str:
        """The name it has in the machine's cache."""
        return self.sha256 + EXTENSIONS[self.format]

    def as_json(self) -> dict[str, Any]:
        """The picture as it stands in a record."""
        return {
            "sha256": self.sha256,
            "size": self.size,
            "format": self.format,
            "width": self.width,
            "height": self.height,
        }


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
    """Hash a file and read its header, without decoding it: a tenth of what :func:`examine` takes.

    Enough for bytes that were examined when they came, for their digest says if they changed.
    Raises :exc:`BadPicture`, and ``OSError`` where the file cannot be read.
    """
    return _read(path, decode=False)


def examine(path: Path) -> Picture:
    """Read and decode a file whole, and return what it is.

    Raises :exc:`BadPicture` where it is too large, of another format, damaged or cut short.
    """
    return _read(path, decode=True)


def _read(path: Path, *, decode: bool) -> Picture:
    try:
        with open_regular(path, limit=SIZE_LIMIT) as file:
            kind = sniff(file.read(12))
            size = os.fstat(file.fileno()).st_size
            if kind is None:
                raise BadPicture("it is neither PNG, JPEG nor WebP")
            width, height = _decode(file, kind) if decode else _header(file, kind)
            file.seek(0)
            return Picture(_digest(file), size, kind, width, height)
    except UnsafeFile as error:
        raise BadPicture(str(error)) from None


def _digest(file: BinaryIO) -> str:
    hashed = hashlib.sha256()
    while chunk := file.read(1 << 20):
        hashed.update(chunk)
    return hashed.hexdigest()


def _decode(file: BinaryIO, kind: str) -> tuple[int, int]:
    """Decode in a thread of its own, for the allocator hands its memory on from one to the next.

    Decoded in the threads that fetch, each of them would keep 67 MB of its own.
    """
    from concurrent.futures import ThreadPoolExecutor  # what a warm build does not need

    with _one_at_a_time, ThreadPoolExecutor(1, "paperbanana-decode") as decoder:
        return decoder.submit(_decoded, file, kind).result()


def _header(file: BinaryIO, kind: str) -> tuple[int, int]:
    with _opened(file, kind) as image:
        return image.size


def _decoded(file: BinaryIO, kind: str) -> tuple[int, int]:
    if kind == "png":  # load() alone does not check a PNG's checksums
        with _opened(file, kind) as image:
            image.verify()
            if file.read(4) != _IEND_CHECKSUM:  # verify() stops before the last one
                raise BadPicture("it is cut short at its very end")
    if kind == "jpeg":
        _check_scans(file)
    with _opened(file, kind) as image:
        image.load()
        return image.size


@contextmanager
def _opened(file: BinaryIO, kind: str) -> Iterator[Image.Image]:
    """Open an image of a known format, its pixels counted; decoders' errors become ours."""
    from PIL import Image, ImageFile  # what a warm build does not need

    lenient = ImageFile.LOAD_TRUNCATED_IMAGES  # some extensions set it, for the whole process
    try:
        ImageFile.LOAD_TRUNCATED_IMAGES = False
        file.seek(0)
        with warnings.catch_warnings():
            # the limit is ours, and so is the telling
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            image = Image.open(file, formats=[kind.upper()])
        with image:
            _check_pixels(image.size)
            if getattr(image, "n_frames", 1) != 1:
                raise BadPicture("it is an animation, of which every frame would be decoded")
            yield image
    except BadPicture:
        raise
    except Exception as error:  # noqa: BLE001 - decoders raise whatever they like
        raise BadPicture(f"it cannot be decoded whole ({error})"[:300]) from None
    finally:
        ImageFile.LOAD_TRUNCATED_IMAGES = lenient


def _check_scans(file: BinaryIO) -> None:
    """Refuse a progressive JPEG of very many passes: each takes as long as a whole picture."""
    file.seek(0)
    scans, last = 0, b""
    while chunk := file.read(1 << 20):
        scans += (last + chunk).count(b"\xff\xda")
        last = chunk[-1:]
    if scans > SCANS_LIMIT:
        raise BadPicture(f"it is a JPEG of {scans:,} scans; the limit is {SCANS_LIMIT}")


def _check_pixels(size: tuple[int, int]) -> None:
    width, height = size
    if not 0 < width * height <= PIXEL_LIMIT:
        raise BadPicture(f"it has {width} × {height} pixels; the limit is {PIXEL_LIMIT:,} in all")
