r"""Which brace, bracket and environment ends where: found once, in one pass over a text."""

from __future__ import annotations

import re
from collections.abc import Mapping

_EDGE = re.compile(r"\\(?:(begin|end)\s*\{([^{}\\\n]*)\}|.)|[{}\[\]]", re.DOTALL)
_SPACE = re.compile(r"[ \t]*(?:\n(?![ \t]*\n)[ \t]*)?")
_SINGLE = re.compile(r"\\(?!(?:begin|end|item|par)\b)(?:[a-zA-Z]+|.)|[^\s{}\[\]$&\\]", re.DOTALL)
SEARCHED = 16
"""Environments that are looked through for the beginning of one that ends."""


def matching(text: str) -> dict[int, int]:
    r"""Return the offset behind the end of each group, option and environment, by its beginning.

    What never ends is left out. An option ends within the group it begins in.
    """
    ends: dict[int, int] = {}
    open_: list[tuple[str, int]] = []
    environments: list[tuple[str, int]] = []
    braces = 0
    for match in _EDGE.finditer(text):
        found, at = match[0], match.start()
        if match[1] == "begin":
            environments.append((match[2], at))
        elif match[1] == "end":
            for back in range(1, min(SEARCHED, len(environments)) + 1):
                if environments[-back][0] == match[2]:
                    ends[environments[-back][1]] = match.end()
                    del environments[-back:]
                    break
        elif found in "{[":
            open_.append((found, at))
            braces += found == "{"
        elif found == "]" and open_ and open_[-1][0] == "[":
            ends[open_.pop()[1]] = match.end()
        elif found == "}" and braces:
            while open_[-1][0] == "[":
                open_.pop()
            ends[open_.pop()[1]] = match.end()
            braces -= 1
    return ends


def skip_space(text: str, at: int, end: int) -> int:
    """Return where TeX goes on behind white space that is no end of a paragraph."""
    match = _SPACE.match(text, at, end)
    return match.end() if match else at


def argument(text: str, at: int, end: int, ends: Mapping[int, int]) -> slice | None:
    """Return the inside of the argument at ``at``: a group, a command or a character."""
    at = skip_space(text, at, end)
    if text.startswith("{", at):
        close = ends.get(at)
        return slice(at + 1, close - 1) if close is not None and close <= end else None
    match = _SINGLE.match(text, at, end)
    return slice(at, match.end()) if match else None
