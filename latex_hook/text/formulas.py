r"""Formulas: kept as TeX writes them, without what is not mathematics.

``$…$`` in a line; a displayed formula is a line ``$$…$$`` of its own, each row of an alignment one.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from latex_hook.sources.tokens import Groups
from latex_hook.text import siunitx
from latex_hook.text.environments import ENVIRONMENTS, Kind
from latex_hook.text.private_use import BREAK, FORMULA, INDENT, PARAGRAPH

if TYPE_CHECKING:
    from latex_hook.text.reader import Reader

_NOT_MATHEMATICS = re.compile(
    r"(\\\\)|\\(?:label|tag|vspace|hspace|color|footnotemark|marginpar|mytag"
    r"|raisetag|cref|ref|eqref|cite[pt]?)\*?\s*\{[^{}]*\}"
    r"|\\(?:nonumber|notag|displaystyle|textstyle|qedhere|allowbreak|displaybreak|limits|protect"
    r"|centering|IEEEyesnumber|IEEEnonumber|IEEEeqnarraynumspace|small|footnotesize|scriptsize|noindent|relax|xspace)(?![a-zA-Z])"
    r"|\\l?eqno\s*\([^()]*\)|\\[,;:!@/]|\\(?=[ \n])"
)
_IN_FORMULA = re.compile(
    rf"\\(?:(?P<word>{'|'.join(siunitx.QUANTITIES)})(?![a-zA-Z])|begin\{{(?P<name>\w+)\}}"
    r"|(?:xymatrix|chemfig)(?P<drawing>[^{}]{0,200})(?=\{)"
    r"|(?P<prose>(?:short)?intertext)\s*(?=\{))"
)
_EDGE = re.compile(r"\\(begin|end)\s*\{|\\\\\*?(?:\[[^\]\n]*\])?|\\.|[{}&]", re.DOTALL)
_ENDS = re.compile(r"\$|\\[()\[\]]|\\.|\{|\n[ \t]*\n", re.DOTALL)


def formula_end(text: str, at: int, end: int, close: str, groups: Groups) -> int | None:
    """Return where the formula that begins before ``at`` ends: before ``close``, if it does."""
    while match := _ENDS.search(text, at, end):
        found, at = match[0], match.end()
        if found == close or (close == "$$" and text.startswith("$$", match.start())):
            return match.start()
        if found == "{":
            at = groups.end(match.start()) or at
        elif found[0] == "\n" or found in ("$", "\\(", "\\["):  # none begins in another
            return None
    return None


def read(reader: Reader, start: int, end: int) -> str:
    """Return a formula's source without drawings, its quantities as they are read."""
    pieces: list[str] = []
    at = start
    for match in _IN_FORMULA.finditer(reader.text, start, end):
        begin = match.start()
        if begin < at:
            continue
        said, behind = "", None
        if match["word"]:
            said, behind = siunitx.quantity(reader, match["word"], match.end(), end) or ("", None)
        elif match["drawing"] is not None or match["prose"]:
            behind = reader.groups.end(match.end())
            if match["prose"] and behind:  # a row of its own
                said = rf"\\\text{reader.text[match.end() : behind]}\\"
        elif (known := ENVIRONMENTS.get(match["name"])) and known.kind is Kind.HIDDEN:
            behind = reader.environments.get(begin)
        if behind is not None and behind <= end:
            pieces += (reader.text[at:begin], said)
            at = behind
    return "".join((*pieces, reader.text[at:end]))


def inline(source: str) -> str:
    """Return a formula in a line."""
    said = _clean(source)
    return f"{FORMULA}${said}${FORMULA}" if said else ""


def displayed(source: str) -> str:
    """Return a displayed formula: its rows as lines."""
    rows = [clean for row in _rows(source) if (clean := _clean(row))]
    if not rows:
        return PARAGRAPH
    lines = BREAK.join(f"{FORMULA}$${row}$${FORMULA}" for row in rows)
    return f"{PARAGRAPH}{lines}{PARAGRAPH}"


def _clean(source: str) -> str:
    said = _NOT_MATHEMATICS.sub(lambda match: match[1] or " ", source)
    said = re.sub(f"[{PARAGRAPH}{BREAK}{INDENT}{FORMULA}]", " ", said)
    return " ".join(said.split())


def _rows(source: str) -> list[str]:
    r"""Return what stands between ``\\`` that no group or environment encloses, without ``&``."""
    rows: list[str] = []
    pieces: list[str] = []
    depth = at = 0
    for match in _EDGE.finditer(source):
        found = match[0]
        if match[1]:
            depth += 2 * (match[1] == "begin")  # the brace behind its name takes one off
        elif found == "{":
            depth += 1
        elif found == "}":
            depth = max(0, depth - 1)
        elif depth == 0 and (found == "&" or found.startswith("\\\\")):
            pieces.append(source[at : match.start()])
            at = match.end()
            if found != "&":
                rows.append("".join(pieces))
                pieces = []
    return [*rows, "".join((*pieces, source[at:]))]
