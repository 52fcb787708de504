"""Text that controls a terminal or turns its direction, to be fed into every source of text."""

from __future__ import annotations

import re

EVIL = "\x1b[31m\x1b]0;title\x07\x9b2Jevil\u202etxet\u2066\x7f"
"""Escape sequences, C1 controls, and overrides of direction around the word ``evil``."""
_RAW = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


def raw_in(text: str | bytes) -> list[str]:
    """Return the characters that must not stand raw in what is shown; line ends and tabs may."""
    text = text.decode("utf-8", "replace") if isinstance(text, bytes) else text
    return [text[max(0, m.start() - 30) : m.end() + 10] for m in _RAW.finditer(text)]
