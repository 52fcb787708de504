"""The copies of pictures that are published: labelled, or in another format.

What was bought is never changed. A marked picture needs no copy: it is passed on byte for byte, or
else its signature would be lost. A copy is made once: all that it depends on is in its name. A
labelled one has that as its folder's name and is called as its picture, so that addresses stay.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from io import BytesIO
from pathlib import Path

from pbfigure.figure.input_limits import SIZE_LIMIT
from pbfigure.figure.wording import counted, listed
from pbfigure.provenance.label import Label
from pbfigure.provenance.xmp_packet import with_xmp, without_xmp, xmp_of
from pbfigure.store.files import read_bounded, write_whole
from pbfigure.store.picture import Picture, glance, sniff
from pbfigure.store.provenance_marks import Mark, mark_of


def labelled_copy(path: Path, picture: Picture, label: Label, folder: Path) -> Path:
    """Return the file to publish for a picture: a copy below ``folder`` that carries the label, or
    the picture itself, if it is marked.

    Raises ``OSError``.
    """
    if picture.mark is not Mark.NONE:
        return path
    copy = folder / digest_of_copy(picture, label, labels=True) / path.name
    if not copy.exists():
        data = read_bounded(path, limit=SIZE_LIMIT)
        labelled = labelled_bytes(data, picture.format, label)
        if labelled == data:  # its record does not tell of its mark, or there is no place
            return path
        write_whole(copy, labelled)
    return copy


def digest_of_copy(picture: Picture, label: Label, *, labels: bool) -> str:
    """Return 12 digits of all that a copy depends on."""
    said = b"labelled" if labels else b""
    return hashlib.sha256(picture.sha256.encode() + said + label.packet()).hexdigest()[:12]


def labelled_bytes(data: bytes, kind: str, label: Label) -> bytes:
    """Return a picture's bytes with the label; a marked one's as they are."""
    if mark_of(BytesIO(data), kind) is not Mark.NONE:
        return data
    return with_xmp(data, kind, label.packet())


def converted_bytes(
    copy: bytes, original: bytes, kind: str, label: Label, *, labels: bool
) -> bytes:
    """Return what was made of a picture, with what that picture's file said of its origin.

    The XMP of the original goes over as it is. Where a manifest is lost, the label is in its place.
    An unmarked picture's copy has the label only if ``labels``.
    """
    mark = mark_of(BytesIO(original), kind)
    if mark is Mark.NONE and not labels:
        return copy
    packet = xmp_of(original, kind) if mark is Mark.XMP else None
    return with_xmp(copy, sniff(copy[:12]) or "png", packet or label.packet())


def unlabelled_digests(path: Path) -> list[str]:
    """Return the sha256 that a labelled copy's picture may have; none for any other file.

    Raises :exc:`BadPicture` and ``OSError``.
    """
    picture = glance(path)
    if picture.mark is not Mark.XMP:
        return []
    bare = without_xmp(read_bounded(path, limit=SIZE_LIMIT), picture.format)
    return [hashlib.sha256(each).hexdigest() for each in bare]


def unsigned_text(shower: str, names: Sequence[str]) -> str:
    """Return the message about copies that lose their picture's signature."""
    return (
        f"{shower} shows no WebP: PNG copies of {counted(len(names), 'signed picture')} say in XMP"
        f" where they come from, without the signature (C2PA): {listed(names)}"
    )


def unsigned_smaller_text(names: Sequence[str]) -> str:
    """Return the message about new smaller copies of signed pictures."""
    return (
        f"html_max_width: smaller copies of {counted(len(names), 'signed picture')} say in XMP"
        " where they come from, without the signature (C2PA), which the whole pictures keep:"
        f" {listed(names)}"
    )
