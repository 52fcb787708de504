r"""The document's own commands, replaced by what they stand for.

Plain commands only: no scopes, no conditions, no code. Those that are left are read by the rule
for unknown commands.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from latex_hook.sources.definitions import Macro, expand
from latex_hook.sources.tokens import Groups, without_comments

PASSES = 4
"""Commands within commands that are followed."""
GROWTH = 2, 20_000
"""How many times its size, and how many characters beside, a text may become."""
_USE = re.compile(
    r"\\(?:(?P<name>[a-zA-Z]+)(?:[ \t]*\n?[ \t]*(?=[\[{])|[ \t]*(?:\n(?![ \t]*\n)[ \t]*)?)|.)",
    re.DOTALL,
)
OF_AUTHORS = r"[tT]odo|TODO|[fF]ixme|FIXME|[cC]omment\Z"
"""Parts of names of commands whose argument is a note of the author's, whatever they set of it."""
_CODE = re.compile(r"@[a-zA-Z]|[a-zA-Z]@|\\(?:def|let|expandafter|futurelet|the)(?![a-z])")
_COMMAND_LAST = re.compile(r"\\[a-zA-Z]+\Z")


def expand_all(text: str, macros: Mapping[str, Macro]) -> str:
    """Return ``text`` with the document's own simple commands expanded."""
    simple = {
        name: macro._replace(body="" if _is_note(macro) else without_comments(macro.body))
        for name, macro in macros.items()
        if not macro.environment and (_is_note(macro) or not _CODE.search(macro.body))
    }
    limit = GROWTH[0] * len(text) + GROWTH[1]
    for _ in range(PASSES if simple else 0):
        expanded = _once(text, simple, limit)
        if expanded is None or len(expanded) > limit:
            break
        text = expanded
    return text


def _is_note(macro: Macro) -> bool:
    return bool(macro.arguments) and re.search(OF_AUTHORS, macro.name) is not None


def _once(text: str, macros: Mapping[str, Macro], limit: int) -> str | None:
    """Return ``text`` with every command replaced once; None if there is none, or too much."""
    pieces: list[str] = []
    at = size = 0
    groups = Groups(text)
    for match in _USE.finditer(text):
        macro = macros.get(match["name"] or "")
        if macro is None or match.start() < at:
            continue
        used = expand(macro, text, groups, match.end())
        if used is None:
            continue
        said, end = used
        if _COMMAND_LAST.search(said) and text[end - 1] in "}]" and text[end : end + 1].isspace():
            said += "{}"  # the space behind an argument stays
        elif _COMMAND_LAST.search(said) and text[end : end + 1].isalpha():
            said += " "
        if match.start() and text[match.start() - 1] in "_^":
            said = f"{{{said}}}"
        pieces += (text[at : match.start()], said)
        at = end
        size += len(said)
        if size > limit:
            return None
    return "".join((*pieces, text[at:])) if pieces else None
