"""Records as a team's store and an export have them: names, bytes, and what a reader accepts."""

from __future__ import annotations

from pbfigure.store.picture import Picture
from pbfigure.store.record import RECORD_LIMIT, BadRecord, Record, read_record, write_record
from pbfigure.store.signatures import SIGNATURE_LENGTH, signed, unsigned

SHARED_RECORD_LIMIT = RECORD_LIMIT + SIGNATURE_LENGTH
"""Bytes of a record with its signature."""


def record_name(key: str) -> str:
    """Return where the record of a key is."""
    return f"v1/ac/{key}"


def picture_name(picture: Picture) -> str:
    """Return where a picture is."""
    return f"v1/cas/{picture.sha256}"


def write_shared(record: Record, secret: str) -> bytes:
    """Return a record, signed if there is a secret."""
    return signed(write_record(record), "record", secret)


def read_shared(data: bytes, key: str, secret: str) -> Record:
    """Read the record of a key. Raises :exc:`BadRecord`, also for drafts."""
    record = read_record(unsigned(data, "record", secret))
    if record.key != key:
        raise BadRecord("it is the record of another key")
    if record.draft or record.figure is not None:
        raise BadRecord("it is no record of a bought picture alone")
    return record
