"""Records as a team's store and an export have them: names, bytes, and what a reader accepts."""

from __future__ import annotations

from pbfigure.store.errors import BadRecord
from pbfigure.store.picture import Picture
from pbfigure.store.record import RECORD_LIMIT, Record, read_record, write_record
from pbfigure.store.signature import LINE_LENGTH, BadSignature, Signer

SHARED_RECORD_LIMIT = RECORD_LIMIT + LINE_LENGTH
"""Bytes of a record with its signature."""


def record_name(key: str) -> str:
    """Return where the record of a key is."""
    return f"v1/ac/{key}"


def picture_name(picture: Picture) -> str:
    """Return where a picture is."""
    return f"v1/cas/{picture.sha256}"


def write_shared(record: Record, signer: Signer) -> bytes:
    """Return a record, signed if there is a secret."""
    return signer.signed("record", write_record(record))


def read_shared(data: bytes, key: str, signer: Signer) -> Record:
    """Read the record of a key. Raises :exc:`BadRecord`, also for drafts."""
    try:
        record = read_record(signer.text("record", data))
    except BadSignature as error:
        raise BadRecord(str(error)) from None
    if record.key != key:
        raise BadRecord("it is the record of another key")
    if record.draft or record.figure is not None:
        raise BadRecord("it is no record of a bought picture alone")
    return record
