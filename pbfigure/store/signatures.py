"""Signatures of what a team's store has, by those who share a secret: HMAC-SHA256, a last line."""

from __future__ import annotations

import hashlib
import hmac
import re

from pbfigure.store.record import BadRecord

SIGNATURE_LENGTH = 100
"""Bytes that a signature's line has at the most."""
_SIGNED = re.compile(rb"(?P<text>.*\n)hmac-sha256 (?P<signature>[0-9a-f]{64})\n", re.DOTALL)


def signed(text: bytes, what: str, secret: str) -> bytes:
    """Return a text with its signature, if there is a secret. ``what`` it is cannot be mistaken."""
    return text + b"hmac-sha256 " + _signature(text, what, secret) + b"\n" if secret else text


def unsigned(data: bytes, what: str, secret: str) -> bytes:
    """Return a text without its signature. Raises :exc:`BadRecord` if there is a secret, and no
    signature by it.
    """
    match = _SIGNED.fullmatch(data)
    text = match["text"] if match else data
    if secret and (
        not match or not hmac.compare_digest(_signature(text, what, secret), match["signature"])
    ):
        raise BadRecord(
            f"it is {'wrongly signed' if match else 'not signed'}, and"
            " PAPERBANANA_SHARED_SECRET is set"
        )
    return text


def _signature(text: bytes, what: str, secret: str) -> bytes:
    message = f"paperbanana {what}\n".encode() + text
    return hmac.new(secret.encode(), message, hashlib.sha256).hexdigest().encode()
