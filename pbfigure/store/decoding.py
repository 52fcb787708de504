"""Decodes a whole picture to check it, in bounded memory: the header shows the cost first.

This module imports Pillow; it is imported only for a new or changed picture.
"""

from __future__ import annotations

import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import BinaryIO

from PIL import Image, ImageFile

from pbfigure.figure.input_limits import PIXEL_LIMIT
from pbfigure.store.errors import BadPicture, OverLimit
from pbfigure.store.segments import check_segments

SCANS_LIMIT = 100
"""Passes of a progressive JPEG; ours: encoders make about ten. Decoding cannot be interrupted and
must end soon: the worst case found, a PNG of 10,000 × 10,000 pixels with four channels of 16 bits,
takes 8 s, a JPEG of 100 passes 4 s, any other form 1 to 4 s."""

MEMORY_LIMIT = 4 * PIXEL_LIMIT
"""Bytes that decoding one picture may take; ours: what a plain picture takes at the pixel limit. A
4K square takes 67 MB as PNG, 4 MB as JPEG (100 MB as a progressive one) and 270 MB as WebP.
"""
_PIXEL = 4
"""Bytes of a decoded pixel in every mode (Pillow, Concepts: modes; measured)."""
_WEBP_COPIES = 4
"""Pillow decodes every WebP as an animation: two canvases and two copies."""
_COEFFICIENT = 2
"""Bytes that libjpeg keeps for one channel of a pixel between the passes of a JPEG."""

_IEND_CHECKSUM = b"\xaeB`\x82"

_one_at_a_time = threading.Lock()
"""One picture is decoded at a time, so that memory is used once."""


def decode(file: BinaryIO, kind: str) -> tuple[int, int]:
    """Decode a whole picture of a known format and return its width and height in pixels.

    Raises :exc:`BadPicture` if it is damaged, :exc:`OverLimit` if it is too large to decode.
    One thread decodes all pictures, so that the allocator reuses its memory; each downloading
    thread would keep 67 MB of its own.
    """
    from concurrent.futures import ThreadPoolExecutor

    check_segments(file, kind)
    with _one_at_a_time, ThreadPoolExecutor(1, "paperbanana-decode") as decoder:
        return decoder.submit(_decoded, file, kind).result()


def header(file: BinaryIO, kind: str) -> tuple[int, int]:
    """Return width and height without decoding; raises as :func:`decode`."""
    check_segments(file, kind)
    with _opened(file, kind) as image:
        return image.size


def _decoded(file: BinaryIO, kind: str) -> tuple[int, int]:
    scans = _scans(file) if kind == "jpeg" else 1
    if kind == "png":  # load() alone does not check a PNG's checksums
        with _opened(file, kind) as image:
            image.verify()
            if file.read(4) != _IEND_CHECKSUM:  # verify() stops before the last one
                raise BadPicture("it is cut short at its end")
    with _opened(file, kind) as image:
        size = image.size
        _check_memory(image, kind, scans)
        if kind == "jpeg":
            image.draft(None, (1, 1))  # all is read, and an eighth of the pixels is made of it
        image.load()
        return size


@contextmanager
def _opened(file: BinaryIO, kind: str) -> Iterator[Image.Image]:
    """Open an image of a known format, check its size, and convert decoders' errors to ours."""
    lenient = ImageFile.LOAD_TRUNCATED_IMAGES  # other extensions set it for the whole process
    try:
        ImageFile.LOAD_TRUNCATED_IMAGES = False
        file.seek(0)
        with warnings.catch_warnings():
            # our own limits apply; for damaged Exif, Pillow would warn a thousand times
            warnings.simplefilter("ignore")
            image = Image.open(file, formats=[kind.upper()])
        with image:
            _check_pixels(image.size)
            yield image
    except BadPicture:
        raise
    except Exception as error:  # noqa: BLE001 - decoders raise many types
        raise BadPicture(f"it cannot be decoded whole ({error})"[:300]) from None
    finally:
        ImageFile.LOAD_TRUNCATED_IMAGES = lenient


def _scans(file: BinaryIO) -> int:
    """Count the passes of a JPEG, or slightly more. Too many are refused: each takes as long as a
    whole picture.
    """
    file.seek(0)
    scans, last = 0, b""
    for chunk in iter(partial(file.read, 1 << 20), b""):
        scans += (last + chunk).count(b"\xff\xda")
        last = chunk[-1:]
    if scans > SCANS_LIMIT:
        raise OverLimit(f"it is a JPEG of {scans:,} scans; the limit is {SCANS_LIMIT}")
    return scans


def _check_pixels(size: tuple[int, int]) -> None:
    width, height = size
    if not 0 < width * height <= PIXEL_LIMIT:
        raise OverLimit(f"it has {width} × {height} pixels; the limit is {PIXEL_LIMIT:,} in all")


def _check_memory(image: Image.Image, kind: str, scans: int) -> None:
    """Refuse a picture that would take too much memory to decode, before that is allocated."""
    each = _PIXEL
    if kind == "webp":
        each *= _WEBP_COPIES
    elif scans > 1:
        each += _COEFFICIENT * len(image.getbands())
    check_memory(image, each, "decode")


def check_memory(image: Image.Image, each: int, what: str) -> None:
    """Refuse an image that takes more than the limit at ``each`` bytes a pixel, to do ``what``."""
    needed = image.width * image.height * each
    if needed > MEMORY_LIMIT:
        raise OverLimit(
            f"it has {image.width} × {image.height} pixels in a form that takes"
            f" {needed // 1_000_000:,} MB of memory to {what}; the limit is"
            f" {MEMORY_LIMIT // 1_000_000:,} MB"
        )
