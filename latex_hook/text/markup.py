r"""Where environments end, and where TeX goes on behind white space."""

from __future__ import annotations

import re

_EDGE = re.compile(r"\\(?:(begin|end)\s*\{([^{}\\\n]*)\}|.)", re.DOTALL)
_SPACE = re.compile(r"[ \t]*(?:\n(?![ \t]*\n)[ \t]*)?")
SEARCHED = 16
"""Environments that are looked through for the beginning of one that ends."""


def environment_ends(text: str) -> dict[int, int]:
    r"""Return the offset behind each environment by that of its ``\begin``, if it ends."""
    ends: dict[int, int] = {}
    open_: list[tuple[str, int]] = []
    for match in _EDGE.finditer(text):
        if match[1] == "begin":
            open_.append((match[2], match.start()))
        elif match[1] == "end":
            for back in range(1, min(SEARCHED, len(open_)) + 1):
                if open_[-back][0] == match[2]:
                    ends[open_[-back][1]] = match.end()
                    del open_[-back:]
                    break
    return ends


def skip_space(text: str, at: int, end: int) -> int:
    """Return where TeX goes on behind white space that is no end of a paragraph."""
    match = _SPACE.match(text, at, end)
    return match.end() if match else at
