r"""Conditions: what a reader does not surely see is not sent.

Which branch TeX takes only TeX knows. A branch in which a figure stands that TeX asked for was
taken, and stays; of other conditions that begin and end within a text neither branch does.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from latex_hook.sources.masking import CONDITION
from latex_hook.text.private_use import FIGURE_OPEN

DEPTH = 5
"""Conditions within conditions that are looked into."""
_TAKEN = {"iftrue": 0, "ifmmode": 1}
"""Conditions whose branch is known: prose is set outside mathematics."""
_TEST = r"\A[^<>=\n]*[<>=]\s*[-\\\w@.]+"
"""What a condition on numbers compares, at the beginning of its first branch."""


def without_conditions(text: str, depth: int = 0) -> str:
    r"""Return ``text`` without what stands between ``\if…`` and ``\fi`` and is not surely seen."""
    if "\\fi" not in text and "\\else" not in text:
        return text
    pieces: list[str] = []
    at = 0
    for name, start, branches, end in _outermost(text):
        pieces.append(text[at:start])
        taken = _TAKEN.get(name)
        if taken is not None and text.endswith("\\unless", 0, start):
            taken = 1 - taken
        for number, branch in enumerate(branches if depth < DEPTH else ()):
            if FIGURE_OPEN in branch or taken == number:
                test = _TEST if number == 0 and name in ("ifnum", "ifdim") else ""
                pieces.append(without_conditions(re.sub(test, "", branch, count=1), depth + 1))
                break
        at = end
    return "".join((*pieces, text[at:]))


def _outermost(text: str) -> Iterator[tuple[str, int, list[str], int]]:
    """Yield name, start, branches and end of each condition that no other one encloses."""
    open_: list[tuple[str, int, list[int]]] = []
    found: list[tuple[str, int, list[int]]] = []
    for match in re.finditer(CONDITION, text):
        if match["if"]:
            open_.append((match["if"], match.start(), [match.end()]))
        elif match["branch"] and not open_:  # the text begins in the branch before
            open_.append(("", match.start(), [match.end()]))
        elif open_ and (match["branch"] or match["fi"]):
            last = open_[-1]
            while found and found[-1][1] > last[1]:
                found.pop()
            last[2].extend(match.span())
            if match["fi"]:
                found.append(open_.pop())
    # where the text ends within a condition, a heading that is set is next: its last branch is seen
    found += [("", start, edges) for _, start, edges in open_ if len(edges) > 1]
    for name, start, edges in sorted(found, key=lambda each: each[1]):
        pairs = zip(edges[::2], edges[1::2], strict=False)
        yield name, start, [text[begin:close] for begin, close in pairs], edges[-1]
