"""Commands that say nothing, each by a rule of its own."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING

from latex_hook.text.private_use import BREAK, HIDDEN

if TYPE_CHECKING:
    from latex_hook.text.reader import Reader

_LATER_HEAD = re.compile(r"\\end(?:head|foot|lastfoot|firsthead)(?![a-zA-Z])")
_LETTERS = re.compile(r"[\s%]*\\makeatletter(?![a-zA-Z])")
_CODE_END = {
    **{"makeatletter": "\\makeatother", "ExplSyntaxOn": "\\ExplSyntaxOff"},
    **{"loop": "\\repeat", "schemestart": "\\schemestop"},
}
_GROUP_EDGE = re.compile(r"\\(begin|end)group(?![a-zA-Z])")
# patterns, not compiled: few texts have such a command
_ADVANCE = r"\s*\\[a-zA-Z@]+\d*\s*(?:by\s*)?(?:[-+]?\d[\d.]*\s*(?:[a-z]{2}\b)?|\\[a-zA-Z@]+)"
_CODE = r"\s*`\\?.\s*=?\s*(?:\d+\s?|`\\?.|\\[a-z]+)"
_STYLE = r"\s*\{[^{}]{0,100}\}\s*\+?=\s*\[[^\[\]]{0,1000}\]"
_LET = r"\s*\\(?:[a-zA-Z@]+|.)\s*=?\s*(?:\\(?:[a-zA-Z@]+|.)|.)"


def _skip_heads(reader: Reader, word: str, at: int, end: int) -> int:
    """Skip the heads and feet that a long table has on its later pages."""
    last = reader.text.find("\\end{", at, end)
    for match in _LATER_HEAD.finditer(reader.text, at, last if last >= 0 else end):
        at = match.end()
    return at


def _skipping(pattern: str) -> Callable[[Reader, str, int, int], int]:
    """Return the rule of a command whose arguments a pattern describes."""

    def skip(reader: Reader, word: str, at: int, end: int) -> int:
        match = re.compile(pattern).match(reader.text, at, end)
        return match.end() if match else at

    return skip


def _skip_definition(reader: Reader, word: str, at: int, end: int) -> int:
    brace = reader.text.find("{", at, min(end, at + 200))
    return reader.groups.end(brace) or at


def _skip_matrix(reader: Reader, word: str, at: int, end: int) -> int:
    r"""Skip a diagram, ``\xymatrix@C=1cm{…}``."""
    reader.out.append(HIDDEN)
    return _skip_definition(reader, word, at, end)


def _skip_loop(reader: Reader, word: str, at: int, end: int) -> int:
    r"""Skip ``\foreach \n in {…} {…}``: its words are those of a variable."""
    match = re.compile(r"[^{}]{0,200}\bin\s*(?=\{)").match(reader.text, at, end)
    return reader.arguments("mm", match.end(), end)[1] if match else at


def _skip_path(reader: Reader, word: str, at: int, end: int) -> int:
    r"""Skip ``\tikz … ;`` outside a picture."""
    _, at = reader.arguments("o", at, end)
    if reader.text.startswith("{", reader.skip_space(at, end)):
        return reader.arguments("m", at, end)[1]
    close = reader.text.find(";", at, min(end, at + 2000))
    reader.out.append(HIDDEN)
    return close + 1 if close >= 0 else at


def _skip_input(reader: Reader, word: str, at: int, end: int) -> int:
    if match := re.compile(r"[ ]+[^\s{}\\]+").match(reader.text, at, end):
        return match.end()
    return reader.arguments("*om", at, end)[1]


def _skip_code(reader: Reader, word: str, at: int, end: int) -> int:
    r"""Skip code, such as what stands between ``\makeatletter`` and ``\makeatother``, or a loop."""
    close = reader.text.find(_CODE_END[word], at, end)
    return close + len(_CODE_END[word]) if close >= 0 else at


def _skip_group(reader: Reader, word: str, at: int, end: int) -> int:
    r"""Skip a picture of Inkscape, gnuplot or xfig: a group that begins with ``\makeatletter``."""
    depth = 1
    if _LETTERS.match(reader.text, at, end):
        for match in _GROUP_EDGE.finditer(reader.text, at, end):
            depth += 1 if match[1] == "begin" else -1
            if depth == 0:
                return match.end()
    return at


def _drop_line(reader: Reader, word: str, at: int, end: int) -> int:
    r"""Take back a line of ``tabbing`` that sets stops and is not printed."""
    said = "".join(reader.out)
    begin = max(said.rfind(BREAK) + 1, said.rfind("\n") + 1)
    reader.out[:] = [said[:begin]]
    return at


SKIPPED = {
    "kill": _drop_line,
    **dict.fromkeys(_CODE_END, _skip_code),
    "begingroup": _skip_group,
    **dict.fromkeys(("endfirsthead", "endhead", "endfoot", "endlastfoot"), _skip_heads),
    **dict.fromkeys(("advance", "multiply", "divide"), _skipping(_ADVANCE)),
    **dict.fromkeys(
        ("def", "gdef", "edef", "xdef", "setbox", "write", "urldef", "everypar"), _skip_definition
    ),
    "xymatrix": _skip_matrix,
    "let": _skipping(_LET),
    "font": _skipping(r"\s*\\[a-zA-Z]+\s*=?\s*[^\s\\{}]+(?:\s+(?:at|scaled)\s*[0-9.a-z]+)?"),
    **dict.fromkeys(("catcode", "lccode", "uccode", "mathcode"), _skipping(_CODE)),
    "foreach": _skip_loop,
    "tikz": _skip_path,
    "feynmandiagram": _skip_path,
    "tikzstyle": _skipping(_STYLE),
    **dict.fromkeys(("input", "XeTeXinputencoding", "XeTeXdefaultencoding"), _skip_input),
}
