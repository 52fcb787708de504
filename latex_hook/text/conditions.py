r"""Conditions: what a reader does not surely see is not sent.

Which branch TeX takes only TeX knows. A branch in which a figure stands that TeX asked for was
taken, and stays; of other conditions that begin and end within a text neither branch does.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from latex_hook.sources.masking import CONDITION
from latex_hook.text.marks import FIGURE_OPEN

DEPTH = 5
"""Conditions within conditions that are looked into."""
_TAKEN = {"iftrue": 0, "ifmmode": 1}
"""Conditions whose branch is known: prose is set outside mathematics."""


def without_conditions(text: str, depth: int = 0) -> str:
    r"""Return ``text`` without what stands between ``\if…`` and ``\fi`` and is not surely seen."""
    if "\\fi" not in text:
        return text
    pieces: list[str] = []
    at = 0
    for name, start, branches, end in _outermost(text):
        pieces.append(text[at:start])
        for number, branch in enumerate(branches):
            if depth < DEPTH and (FIGURE_OPEN in branch or _TAKEN.get(name) == number):
                pieces.append(without_conditions(branch, depth + 1))
        at = end
    return "".join((*pieces, text[at:]))


def _outermost(text: str) -> Iterator[tuple[str, int, list[str], int]]:
    """Yield name, start, branches and end of each condition that no other one encloses."""
    open_: list[tuple[str, int, list[int]]] = []
    found: list[tuple[str, int, list[int]]] = []
    for match in re.finditer(CONDITION, text):
        if match["if"]:
            open_.append((match["if"], match.start(), [match.end()]))
        elif open_ and match["branch"]:
            open_[-1][2].extend(match.span())
        elif open_ and match["fi"]:
            last = open_.pop()
            while found and found[-1][1] > last[1]:
                found.pop()
            last[2].extend(match.span())
            found.append(last)
    for name, start, edges in found:
        pairs = zip(edges[::2], edges[1::2], strict=False)
        yield name, start, [text[begin:close] for begin, close in pairs], edges[-1]
