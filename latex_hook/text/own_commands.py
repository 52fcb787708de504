r"""The document's own commands, replaced by what they stand for.

Plain commands only: no scopes, no conditions, no code. Those that are left are read by the rule
for unknown commands.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from latex_hook.sources.definitions import Macro
from latex_hook.text.markup import argument, matching

PASSES = 4
"""Commands within commands that are followed."""
GROWTH = 2, 20_000
"""How many times its size, and how many characters beside, a text may become."""
_USE = re.compile(r"\\([a-zA-Z]+)(?:[ \t]*\n?[ \t]*(?=[\[{])|[ \t]*(?:\n(?![ \t]*\n)[ \t]*)?)")
_CODE = re.compile(
    r"@[a-zA-Z]|[a-zA-Z]@|\\(?:def|let|csname|expandafter|futurelet|if[a-z]*|the)(?![a-z])"
)
_COMMENT = re.compile(r"(?<!\\)%[^\n]*(?:\n[ \t]*|\Z)")
_COMMAND_LAST = re.compile(r"\\[a-zA-Z]+\Z")


def expand(text: str, macros: Mapping[str, Macro]) -> str:
    """Return ``text`` with the document's own simple commands expanded."""
    simple = {
        name: macro._replace(body=_COMMENT.sub("", macro.body))
        for name, macro in macros.items()
        if not macro.environment and not macro.star and not _CODE.search(macro.body)
    }
    limit = GROWTH[0] * len(text) + GROWTH[1]
    for _ in range(PASSES if simple else 0):
        expanded = _once(text, simple, limit)
        if expanded is None or len(expanded) > limit:
            break
        text = expanded
    return text


def _once(text: str, macros: Mapping[str, Macro], limit: int) -> str | None:
    """Return ``text`` with every command replaced once; None if there is none, or too much."""
    pieces: list[str] = []
    at = size = 0
    ends: Mapping[int, int] | None = None
    for match in _USE.finditer(text):
        macro = macros.get(match[1])
        if macro is None or match.start() < at or _escaped(text, match.start()):
            continue
        ends = matching(text) if ends is None else ends
        used = _values(macro, text, match.end(), ends)
        if used is None:
            continue
        said = _filled(macro.body, used[0])
        if _COMMAND_LAST.search(said) and used[2] and text[used[1] : used[1] + 1].isspace():
            said += "{}"  # the space behind an argument stays
        elif _COMMAND_LAST.search(said) and text[used[1] : used[1] + 1].isalpha():
            said += " "
        if match.start() and text[match.start() - 1] in "_^":
            said = f"{{{said}}}"
        pieces += (text[at : match.start()], said)
        at = used[1]
        size += len(said)
        if size > limit:
            return None
    return "".join((*pieces, text[at:])) if pieces else None


def _escaped(text: str, at: int) -> bool:
    before = at
    while before and text[before - 1] == "\\":
        before -= 1
    return (at - before) % 2 == 1


def _values(
    macro: Macro, text: str, at: int, ends: Mapping[int, int]
) -> tuple[list[str], int, bool] | None:
    """Return the arguments of a use, where it ends, and whether with a brace or bracket; None if
    an argument is not there.
    """
    values: list[str] = []
    for default in macro.arguments:
        if default is not None:
            if text.startswith("[", at) and at in ends:
                values.append(text[at + 1 : ends[at] - 1])
                at = ends[at]
            else:
                values.append(default)
            continue
        span = argument(text, at, len(text), ends)
        if span is None:
            return None
        values.append(text[span.start : span.stop])
        at = ends[span.start - 1] if text[span.start - 1 : span.start] == "{" else span.stop
    return values, at, text[at - 1 : at] in ("}", "]")


def _filled(body: str, values: list[str]) -> str:
    pieces: list[str] = []
    at = 0
    for match in re.finditer(r"#(#|[1-9])", body):
        pieces.append(body[at : match.start()])
        at = match.end()
        if match[1] == "#":
            pieces.append("#")
        elif int(match[1]) <= len(values):
            value = values[int(match[1]) - 1]
            glues = pieces[-1] and _COMMAND_LAST.search(pieces[-1]) and value[:1].isalpha()
            pieces.append(f" {value}" if glues else value)
    return "".join((*pieces, body[at:]))
