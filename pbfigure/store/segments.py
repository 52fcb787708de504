"""The segments and chunks of a picture's file, and their limits before Pillow reads it.

Pillow keeps an object for each segment of a JPEG and each chunk of a PNG, and joins Exif's segments
one by one: a file of 64 MB with a picture of 64 × 64 pixels took gigabytes, or minutes. So the
parts are counted first by their length fields, which takes less than 1 ms for a normal picture.
Whoever looks for something in a file goes over the same parts, so that nothing hides between them.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO, NamedTuple, NoReturn

from pbfigure.store.errors import BadPicture, OverLimit

SEGMENTS_LIMIT = 2_000
"""Segments of a JPEG before its first scan; chunks of a PNG or WebP that hold no pixels. Ours."""
PIXEL_CHUNKS_LIMIT = 20_000
"""IDAT chunks of a PNG: libpng's are of 8 KB, so 64 MB are 7,800 of them. Ours."""
METADATA_LIMIT = 4_000_000
"""Bytes of metadata in all: Exif, XMP, profiles, texts, comments. Ours."""
EXIF_LIMIT = 65_536
"""Bytes of a JPEG's Exif: the standard allows one segment, and Pillow parses it at once."""
JUNK_LIMIT = 65_536
"""Bytes between a JPEG's segments, which Pillow reads one by one. Ours."""
PROFILES_LIMIT = 16
"""Colour profiles of a PNG, of which the format allows one: each is inflated to up to 1 MB."""

_PNG_ANIMATION = frozenset((b"acTL", b"fcTL", b"fdAT"))
_WEBP_ANIMATION = frozenset((b"ANIM", b"ANMF"))
_WEBP_ANIMATION_FLAG = 0x02
"""In the first byte of a VP8X chunk (WebP Container Specification, Extended File Format)."""
_WEBP_PIXELS = frozenset((b"VP8 ", b"VP8L", b"ALPH"))
_JPEG_APP_OR_COMMENT = frozenset((*range(0xE0, 0xF0), 0xFE))
_JPEG_EXIF = b"Exif\0\0"
_START_OF_SCAN = 0xDA


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


def parts(file: BinaryIO, kind: str) -> Iterator[Part]:
    """Yield the parts of a file in order: of a JPEG, those before its first scan.

    A malformed file ends where it cannot be followed. Raises :exc:`OverLimit` for a JPEG with too
    many of them, or too much between them.
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
    """Walk as Pillow does; libjpeg keeps nothing of what follows the first scan."""
    from PIL.JpegImagePlugin import MARKER  # the markers that have a length, as Pillow reads them

    file.seek(3)
    segments = junk = 0
    byte = b"\xff"
    while byte:
        if byte != b"\xff":
            junk += 1
            byte = file.read(1)
        else:
            second = file.read(1)
            marker = int.from_bytes(second)
            described = MARKER.get(0xFF00 | marker)
            if described is None:  # a fill byte, an escaped one, or an error that Pillow finds
                junk += 1
                byte = b"\xff" if marker == 0xFF else file.read(1) if second else b""
            elif marker == _START_OF_SCAN:
                return
            else:
                segments += 1
                start = file.tell() - 2
                length = int.from_bytes(file.read(2)) if described[2] is not None else 0
                content = start + (2 if described[2] is None else 4)
                end = content + max(0, length - 2)
                yield Part(second, start, content, end)
                file.seek(end)
                byte = file.read(1)
        if junk > JUNK_LIMIT:
            _refuse(f"a JPEG with more than {JUNK_LIMIT:,} bytes between its segments")
        if segments > SEGMENTS_LIMIT:
            _refuse_count("a JPEG", "segments before its pixels")


def check_segments(file: BinaryIO, kind: str) -> None:
    """Raise :exc:`OverLimit` for a file with too many or too large parts beside its pixels, and
    :exc:`BadPicture` for an animation.

    A truncated or malformed file is left to the decoder.
    """
    {"png": _check_png, "jpeg": _check_jpeg, "webp": _check_webp}[kind](file)


def _check_png(file: BinaryIO) -> None:
    """Look at all chunks, also those after the pixels: Pillow keeps them too."""
    others = pixels = metadata = profiles = 0
    for part in parts(file, "png"):
        if part.name in _PNG_ANIMATION:  # Pillow sees none where acTL is there twice; browsers do
            _refuse_animation()
        if part.name == b"IDAT":
            pixels += 1
            if pixels > PIXEL_CHUNKS_LIMIT:
                _refuse(f"a PNG whose pixels lie in more than {PIXEL_CHUNKS_LIMIT:,} chunks")
            continue
        others += part.name != b"IEND"
        metadata += part.end - part.content - 4  # without its checksum
        profiles += part.name == b"iCCP"
        if profiles > PROFILES_LIMIT:
            _refuse(f"a PNG of more than {PROFILES_LIMIT} colour profiles")
        _check_counted("a PNG", "chunks beside its pixels", others, metadata)


def _check_webp(file: BinaryIO) -> None:
    metadata = 0
    for number, part in enumerate(parts(file, "webp"), 1):
        file.seek(part.content)
        flags = int.from_bytes(file.read(1)) if part.name == b"VP8X" else 0
        if part.name in _WEBP_ANIMATION or flags & _WEBP_ANIMATION_FLAG:
            _refuse_animation()
        metadata += 0 if part.name in _WEBP_PIXELS else part.end - part.content
        _check_counted("a WebP", "chunks", number, metadata)


def _check_jpeg(file: BinaryIO) -> None:
    metadata = exif = 0
    for number, part in enumerate(parts(file, "jpeg"), 1):
        length = part.end - part.content
        if part.name[0] in _JPEG_APP_OR_COMMENT:
            metadata += length
        file.seek(part.content)
        if part.name == b"\xe1" and file.read(6) == _JPEG_EXIF:
            exif += length
        if exif > EXIF_LIMIT:
            _refuse(f"a JPEG with more than {EXIF_LIMIT:,} bytes of Exif data")
        _check_counted("a JPEG", "segments before its pixels", number, metadata)


def _check_counted(what: str, parts: str, count: int, metadata: int) -> None:
    if count > SEGMENTS_LIMIT:
        _refuse_count(what, parts)
    if metadata > METADATA_LIMIT:
        _refuse(f"{what} with more than {METADATA_LIMIT:,} bytes of metadata")


def _refuse_count(what: str, parts: str) -> NoReturn:
    _refuse(f"{what} of more than {SEGMENTS_LIMIT:,} {parts}")


def _refuse_animation() -> NoReturn:
    raise BadPicture("it is an animation; only one frame of it would be checked")


def _refuse(what: str) -> NoReturn:
    raise OverLimit(f"it is {what}, which is the limit")
