"""How prompts and other texts are escaped for TeX: it acts on no character of them."""

from __future__ import annotations

import re

from pbfigure.figure.notice import printable

_MARK = re.compile(r"[^ -~]|[|<]")
_CODED = re.compile(r"<([0-9A-F]{1,6})>")


def coded(text: str) -> str:
    """Return ``text`` as a field of the map, on its way to TeX: ASCII, all else as numbers."""
    if text.isascii() and text.isprintable() and not any(mark in text for mark in ("|", "<", "  ")):
        return text  # as nearly all are
    text = re.sub(r"\s+", " ", printable(text))
    return _MARK.sub(lambda match: f"<{ord(match[0]):X}>", text)


def decoded(text: str) -> str:
    """Return the text that :func:`coded` wrote."""

    def character(match: re.Match[str]) -> str:
        number = int(match[1], 16)
        return chr(number) if number < 0x110000 else "?"

    return _CODED.sub(character, text) if "<" in text else text
