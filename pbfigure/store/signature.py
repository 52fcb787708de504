"""What a team's secret says of an object: one more line, which only holders of it can write."""

from __future__ import annotations

import hashlib
import hmac
import re

_SIGNED = re.compile(rb"(?P<text>.*\n)hmac-sha256 (?P<signature>[0-9a-f]{64})\n", re.DOTALL)
LINE_LENGTH = 100
"""The line has fewer bytes."""


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
        """Return a text that ends in a newline, with its line. ``what`` tells its kind and name."""
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
