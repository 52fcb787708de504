r"""Conditions: what a reader does not surely see is not sent.

Which branch TeX takes only TeX knows. A branch in which a figure stands that TeX asked for was
taken, and stays; of other conditions that begin and end within a text neither branch does.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from latex_hook.sources.masking import PRIMITIVES
from latex_hook.text.marks import FIGURE_OPEN

_EDGE = re.compile(r"\\(if[a-zA-Z@]*|unless|else|or|fi)(?![a-zA-Z@])")
CHOICES = (
    *("ifthenelse", "iftoggle", "nottoggle", "ifbool", "notbool", "ifboolexpr", "ifboolexpe"),
    *("ifdef", "ifundef", "ifcsdef", "ifcsundef", "ifdefempty", "ifdefvoid", "ifblank", "notblank"),
    *("ifstrequal", "ifstrempty", "ifdefstring", "ifdefmacro", "ifdefequal", "ifcsstring"),
    *("ifnumcomp", "ifnumequal", "ifnumgreater", "ifnumless", "ifnumodd", "ifdimcomp", "ifinlist"),
    *("IfFileExists", "IfBooleanTF", "IfBooleanT", "IfBooleanF", "IfNoValueTF", "IfValueTF"),
    *("ifoptionfinal", "ifoptiondraft", "ifdraft", "iffinal", "iflanguage", "IfStrEq"),
    "ifinlistcs",
)
"""Commands whose branches are arguments."""
_NO_CONDITION = frozenset((*CHOICES, "iff")) - {"ifdraft", "iffinal"}
_ARGUMENT = re.compile(r"\s*[{\[#}]")
_BEFORE = re.compile(r"\\(?:newif|let|expandafter|def)\s*\Z")


DEPTH = 5
"""Conditions within conditions that are looked into."""


class _Open(NamedTuple):
    start: int
    branches: list[int]
    """Where each branch begins."""


def without_conditions(text: str, depth: int = 0) -> str:
    r"""Return ``text`` without what stands between ``\if…`` and ``\fi`` and is not surely seen."""
    if "\\fi" not in text:
        return text
    pieces: list[str] = []
    at = 0
    for start, branches, end in _outermost(text):
        pieces.append(text[at:start])
        for begin, close in zip(branches, [*branches[1:], end], strict=True):
            if depth < DEPTH and FIGURE_OPEN in text[begin:close]:
                pieces.append(without_conditions(text[begin:close], depth + 1))
        at = end
    return "".join((*pieces, text[at:]))


def _outermost(text: str) -> Iterator[tuple[int, list[int], int]]:
    """Yield start, branches and end of each condition that no other one encloses."""
    open_: list[_Open] = []
    found: list[tuple[int, list[int], int]] = []
    for match in _EDGE.finditer(text):
        word = match[1]
        if word == "fi":
            if open_:
                last = open_.pop()
                while found and found[-1][0] > last.start:
                    found.pop()
                found.append((last.start, last.branches, match.end()))
        elif word in ("else", "or"):
            if open_:
                open_[-1].branches.append(match.start())
        elif word != "unless" and _is_condition(text, word, match.start(), match.end()):
            open_.append(_Open(match.start(), [match.end()]))
    yield from found


def _is_condition(text: str, word: str, start: int, end: int) -> bool:
    r"""Tell whether a ``\fi`` ends it: not if it takes arguments, or is being defined."""
    if word in _NO_CONDITION or _BEFORE.search(text[max(0, start - 20) : start]):
        return False
    return word in PRIMITIVES or not _ARGUMENT.match(text, end)
