"""The API key: it is never printed, logged, pickled or stored, and sent to the API's host alone."""

from __future__ import annotations

import hashlib
import re
from typing import NoReturn

from pbfigure.figure.notice import FigureError

KEY_PREFIX = "sk-team-"
"""API reference, Authentication."""


class BadCredential(FigureError):
    """No key, or one that the API would refuse; ``str`` says why without showing it."""

    subtype = "no_key"


class Credential:
    """A team key. Only the signing of a request calls ``reveal()``."""

    __slots__ = ("_key", "fingerprint")

    def __init__(self, key: str) -> None:
        """Raises :exc:`BadCredential`."""
        key = key.strip()
        if not key:
            raise BadCredential(
                "PAPERBANANA_API_KEY is not set: your team's settings at PaperBanana make a key;"
                " without one, 'pbfigure sandbox -- COMMAND' draws drafts"
            )
        if not key.startswith(KEY_PREFIX):
            raise BadCredential(
                f"PAPERBANANA_API_KEY does not begin with {KEY_PREFIX}: the API takes team keys"
                " only; make one in your team's settings"
            )
        if not re.fullmatch(r"[\x21-\x7e]{9,500}", key):
            raise BadCredential(
                "PAPERBANANA_API_KEY contains white space or other characters that no key has"
            )
        self._key = key
        self.fingerprint = hashlib.sha256(b"paperbanana\0" + key.encode()).hexdigest()[:16]
        """Identifies the key in shared state without revealing it."""

    def reveal(self) -> str:
        """Return the key itself."""
        return self._key

    def scrub(self, text: str) -> str:
        """Return foreign text with the key removed, if it repeats it."""
        return text.replace(self._key, KEY_PREFIX + "…")

    def __repr__(self) -> str:
        return f"Credential({self.fingerprint})"

    def __reduce__(self) -> NoReturn:
        raise TypeError("a credential is never pickled")
