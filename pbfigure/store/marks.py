"""What mark of its origin a picture's file carries: a C2PA manifest, XMP, or none.

A manifest is signed over the file's bytes: any change to the file makes it invalid, also one that
adds a label. So whoever makes a copy asks for the mark first. Parts of a file are found by their
length fields; ``segments`` limits how many there are.
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum
from typing import BinaryIO, NamedTuple

from pbfigure.store.segments import SEGMENTS_LIMIT


class Mark(StrEnum):
    """A mark of origin, as records name it."""

    C2PA = "c2pa"
    """A manifest of the Coalition for Content Provenance and Authenticity."""
    XMP = "xmp"
    """XMP metadata of any content."""
    NONE = "none"


class Part(NamedTuple):
    """A chunk of a PNG or WebP, or a segment of a JPEG."""

    name: bytes
    """A chunk's type; a segment's marker, one byte."""
    start: int
    """Where it begins in the file, its length field and name included."""
    content: int
    """Where its content begins."""
    end: int
    """Where the next part begins."""


XMP_IN = {
    "png": (b"iTXt", b"XML:com.adobe.xmp\0"),
    "jpeg": (b"\xe1", b"http://ns.adobe.com/xap/1.0/\0"),
    "webp": (b"XMP ", b""),
}
"""By format, the part that holds XMP, and what its content begins with (XMP Specification 3)."""
_C2PA_IN = {"png": (b"caBX", 0, b""), "jpeg": (b"\xeb", 12, b"jumb"), "webp": (b"C2PA", 0, b"")}
"""The part that holds a C2PA manifest, and what stands where in it (C2PA specification, Embedding
manifests)."""
_WITHOUT_LENGTH = frozenset((0x01, *range(0xD0, 0xD9)))
"""Markers of a JPEG that stand alone (ITU T.81, B.1.1.3)."""
_IDENTIFIED = 32
"""Bytes of content that tell what a part holds."""


def mark_of(file: BinaryIO, kind: str) -> Mark:
    """Return the mark of a picture of a known format; a manifest counts before XMP."""
    found = Mark.NONE
    for part in parts(file, kind):
        file.seek(part.content)
        start = file.read(min(_IDENTIFIED, part.end - part.content))
        name, at, box = _C2PA_IN[kind]
        if part.name == name and start[at:].startswith(box):
            return Mark.C2PA
        name, begins = XMP_IN[kind]
        if part.name == name and start.startswith(begins):
            found = Mark.XMP
    return found


def parts(file: BinaryIO, kind: str) -> Iterator[Part]:
    """Yield the parts of a file in order: of a JPEG, those before its first scan.

    A malformed file ends where it cannot be followed.
    """
    return {"png": _png_parts, "jpeg": _jpeg_parts, "webp": _webp_parts}[kind](file)


def _png_parts(file: BinaryIO) -> Iterator[Part]:
    at, name = 8, b""
    while name != b"IEND":
        file.seek(at)
        start = file.read(8)
        if len(start) < 8:
            return
        name, end = start[4:], at + 12 + int.from_bytes(start[:4])
        yield Part(name, at, at + 8, end)
        at = end


def _webp_parts(file: BinaryIO) -> Iterator[Part]:
    at = 12
    while True:
        file.seek(at)
        start = file.read(8)
        if len(start) < 8:
            return
        length = int.from_bytes(start[4:], "little")
        end = at + 8 + length + (length & 1)
        yield Part(start[:4], at, at + 8, end)
        at = end


def _jpeg_parts(file: BinaryIO) -> Iterator[Part]:
    at = 2
    for _ in range(SEGMENTS_LIMIT):
        file.seek(at)
        start = file.read(4)
        if len(start) < 4 or start[0] != 0xFF or start[1] in (0xDA, 0xD9):
            return
        if start[1] == 0xFF or start[1] in _WITHOUT_LENGTH:
            at += 1 if start[1] == 0xFF else 2  # a fill byte, or a marker
            continue
        end = at + 2 + int.from_bytes(start[2:])
        yield Part(start[1:2], at, at + 4, end)
        at = end
