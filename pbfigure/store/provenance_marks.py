"""What mark of its origin a picture's file carries: a C2PA manifest, XMP, or none.

A manifest is signed over the file's bytes: any change to the file makes it invalid, also one that
adds a label. So the mark is read before a copy is made.
"""

from __future__ import annotations

from enum import StrEnum
from typing import BinaryIO

from pbfigure.store.segments import parts


class Mark(StrEnum):
    """A mark of origin, as records name it."""

    C2PA = "c2pa"
    """A manifest of the Coalition for Content Provenance and Authenticity."""
    XMP = "xmp"
    """XMP metadata of any content."""
    NONE = "none"


XMP_IN = {
    "png": (b"iTXt", b"XML:com.adobe.xmp\0"),
    "jpeg": (b"\xe1", b"http://ns.adobe.com/xap/1.0/\0"),
    "webp": (b"XMP ", b""),
}
"""By format, the part that holds XMP, and what its content begins with (XMP Specification 3)."""
_C2PA_IN = {"png": (b"caBX", 0, b""), "jpeg": (b"\xeb", 12, b"jumb"), "webp": (b"C2PA", 0, b"")}
"""The part that holds a C2PA manifest, and what stands where in it (C2PA specification, Embedding
manifests)."""
_IDENTIFIED = 32
"""Bytes of content that tell what a part holds."""


def mark_of(file: BinaryIO, kind: str) -> Mark:
    """Return the mark of a picture of a known format; a manifest counts before XMP.

    Raises :exc:`pbfigure.store.errors.OverLimit`, as :func:`parts` does.
    """
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
