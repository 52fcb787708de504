"""Puts an XMP packet into a picture's file, and leaves every other byte of its parts as it is.

The places are those of Adobe's XMP Specification, part 3: a PNG's ``iTXt`` chunk after its header,
a JPEG's APP1 segment after JFIF and Exif, a WebP's ``XMP`` chunk at the end. A simple WebP becomes
an extended one, whose first chunk says that there is XMP.
"""

from __future__ import annotations

import zlib
from io import BytesIO

from pbfigure.store.provenance_marks import XMP_IN
from pbfigure.store.segments import Part, parts

_SEGMENT_LIMIT = 65_535
"""Of a JPEG, its length field included."""
_HAS_XMP, _HAS_ALPHA = 0x04, 0x10
"""Flags of an extended WebP."""


def with_xmp(data: bytes, kind: str, packet: bytes) -> bytes:
    """Return a picture without XMP, of a known format, with a packet in it; without a place for it,
    as it is.
    """
    return {"png": _in_png, "jpeg": _in_jpeg, "webp": _in_webp}[kind](data, packet)


def xmp_of(data: bytes, kind: str) -> bytes | None:
    """Return the packet that a picture carries; None if it has none that can be copied."""
    name, begins = XMP_IN[kind]
    for part in parts(BytesIO(data), kind):
        content = data[part.content : part.end]
        if part.name == name and content.startswith(begins):
            content = content[len(begins) :]
            if kind == "png":
                content = _text_of(content[:-4])
            return content.rstrip(b"\0") or None
    return None


def without_xmp(data: bytes, kind: str) -> list[bytes]:
    """Return what a picture may have been before :func:`with_xmp`; a WebP was simple or extended.

    Empty for a picture without XMP.
    """
    name, begins = XMP_IN[kind]
    all_parts = list(parts(BytesIO(data), kind))
    for part in all_parts:
        if part.name == name and data[part.content :].startswith(begins):
            rest = data[: part.start] + data[part.end :]
            return [rest] if kind != "webp" else _webps_without(rest, all_parts[0])
    return []


def _webps_without(rest: bytes, first: Part) -> list[bytes]:
    if first.name != b"VP8X":
        return []
    flags = bytes([rest[first.content] & ~_HAS_XMP])
    extended = rest[12 : first.content] + flags + rest[first.content + 1 :]
    return [
        b"RIFF" + (len(body) + 4).to_bytes(4, "little") + b"WEBP" + body
        for body in (extended, rest[first.end :])
    ]


def _text_of(content: bytes) -> bytes:
    """Return the text of a PNG's ``iTXt`` chunk, behind its keyword; empty if it is compressed."""
    if content[:1] != b"\0":
        return b""
    return content[2:].split(b"\0", 2)[-1]


def _in_png(data: bytes, packet: bytes) -> bytes:
    name, keyword = XMP_IN["png"]
    # not compressed, no language, no translated keyword
    body = name + keyword + b"\0\0\0\0" + packet
    chunk = len(body[4:]).to_bytes(4) + body + zlib.crc32(body).to_bytes(4)
    header = next(parts(BytesIO(data), "png"))
    return data[: header.end] + chunk + data[header.end :]


def _in_jpeg(data: bytes, packet: bytes) -> bytes:
    name, begins = XMP_IN["jpeg"]
    content = begins + packet
    if len(content) + 2 > _SEGMENT_LIMIT:
        return data
    at = 2
    for part in parts(BytesIO(data), "jpeg"):
        if not _is_before_xmp(data, part):
            break
        at = part.end
    segment = b"\xff" + name + (len(content) + 2).to_bytes(2) + content
    return data[:at] + segment + data[at:]


def _is_before_xmp(data: bytes, part: Part) -> bool:
    start = data[part.content : part.content + 5]
    return (part.name == b"\xe0" and start in (b"JFIF\0", b"JFXX\0")) or (
        part.name == b"\xe1" and start[:4] == b"Exif"
    )


def _in_webp(data: bytes, packet: bytes) -> bytes:
    end = 8 + int.from_bytes(data[4:8], "little")
    first = next(parts(BytesIO(data), "webp"))
    chunks = data[12:end] + b"\0" * (end % 2)
    if first.name == b"VP8X":
        flags = bytes([data[first.content] | _HAS_XMP])
        header, chunks = data[12:20] + flags + data[21 : first.end], chunks[first.end - 12 :]
    else:
        header = _extended_header(data[first.content : first.end], first.name)
    body = b"WEBP" + header + chunks
    body += b"XMP " + len(packet).to_bytes(4, "little") + packet + b"\0" * (len(packet) % 2)
    return b"RIFF" + len(body).to_bytes(4, "little") + body + data[end:]


def _extended_header(bitstream: bytes, name: bytes) -> bytes:
    """Return the ``VP8X`` chunk of a simple WebP, from the header of its pixels."""
    if name == b"VP8L":  # RFC 9649, 3.4: 14 bits each for width and height, less 1, then alpha
        bits = int.from_bytes(bitstream[1:5], "little")
        width, height, alpha = bits & 0x3FFF, bits >> 14 & 0x3FFF, bits >> 28 & 1
    else:  # RFC 6386, 9.1: 14 bits each behind frame tag and start code
        width = (int.from_bytes(bitstream[6:8], "little") & 0x3FFF) - 1
        height = (int.from_bytes(bitstream[8:10], "little") & 0x3FFF) - 1
        alpha = 0
    flags = _HAS_XMP | (_HAS_ALPHA if alpha else 0)
    sizes = width.to_bytes(3, "little") + height.to_bytes(3, "little")
    return b"VP8X" + (10).to_bytes(4, "little") + bytes([flags, 0, 0, 0]) + sizes
