"""Objects of a team's store and of an export: names, signatures, and what a reader accepts.

If a team has a secret, an object ends in one more line, which only holders of the secret can write.
"""

from __future__ import annotations

import hashlib
import hmac
import re

from pbfigure.store.errors import BadRecord
from pbfigure.store.picture import Picture
from pbfigure.store.record import RECORD_LIMIT, Record, read_record, write_record

_SIGNED = re.compile(rb"(?P<text>.*\n)hmac-sha256 (?P<signature>[0-9a-f]{64})\n", re.DOTALL)
LINE_LENGTH = 100
"""Bytes of that line at most."""
SHARED_RECORD_LIMIT = RECORD_LIMIT + LINE_LENGTH
"""Bytes of a record with its signature."""


class BadSignature(ValueError):
    """An object is not signed by a holder of the secret; ``str`` says how it is."""


class Signer:
    """Signs texts, and refuses those that it did not sign; with an empty secret it does neither."""

    def __init__(self, secret: str) -> None:
        self._secret = secret.encode()

    @property
    def is_used(self) -> bool:
        """Whether there is a secret."""
        return bool(self._secret)

    def signed(self, what: str, text: bytes) -> bytes:
        """Return a text, which ends in a newline, with its line; ``what`` is its kind or name."""
        if not self._secret:
            return text
        return text + b"hmac-sha256 " + self._signature(what, text) + b"\n"

    def text(self, what: str, data: bytes) -> bytes:
        """Return a text without its line. Raises :exc:`BadSignature`."""
        signed = _SIGNED.fullmatch(data)
        text = signed["text"] if signed else data
        if self._secret and (
            not signed or not hmac.compare_digest(self._signature(what, text), signed["signature"])
        ):
            raise BadSignature(
                f"it is {'wrongly signed' if signed else 'not signed'}, and"
                " PAPERBANANA_SHARED_SECRET is set"
            )
        return text

    def digest(self, what: str, word: str) -> str:
        """Return a name for a word that only holders of the secret can derive from it."""
        return self._signature(what, word.encode()).decode()[:32]

    def _signature(self, what: str, text: bytes) -> bytes:
        signed = f"paperbanana {what}\n".encode() + text
        return hmac.new(self._secret, signed, hashlib.sha256).hexdigest().encode()


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
