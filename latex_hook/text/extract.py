"""A stretch of a document's source on its way to the service: comments gone, verbatim set aside."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple

from latex_hook.sources.definitions import Macro
from latex_hook.sources.definitions import expand as expand_use
from latex_hook.sources.tokens import Groups

FIGURE = "\ue000"
"""Stands in the text where the figure stands (a private-use character)."""
VERBATIM_OPEN, VERBATIM_CLOSE = "\ue001", "\ue002"
"""Around the number of a piece of verbatim text that is put back at the end."""

_BLANK_LINE = re.compile(r"\n[ \t]*\n")


class Extract(NamedTuple):
    """A stretch of the document's source without comments, verbatim text set aside."""

    text: str
    verbatim: tuple[str, ...]

    def whole(self) -> str:
        """Return the source, its verbatim text back in place, its white space normalised."""
        paragraphs = _BLANK_LINE.split(self.text.replace(FIGURE, ""))
        folded = (" ".join(paragraph.split()) for paragraph in paragraphs)
        text = "\n\n".join(paragraph for paragraph in folded if paragraph)
        return put_back(text, self.verbatim) if self.verbatim else text


def put_back(text: str, verbatim: tuple[str, ...]) -> str:
    """Return ``text`` with the verbatim pieces that were set aside."""

    def piece(match: re.Match[str]) -> str:
        number = int(match[1])
        return verbatim[number] if number < len(verbatim) else match[0]  # the author's own

    return _ASIDE.sub(piece, text)


_ASIDE = re.compile(f"{VERBATIM_OPEN}([0-9]{{1,9}}){VERBATIM_CLOSE}")
_USE = re.compile(r"\\([a-zA-Z]+)[ \t]*")


def expand(text: str, macros: Mapping[str, Macro]) -> str:
    """Return ``text`` with the document's own simple commands replaced by what they stand for."""
    for _ in range(4):  # commands within commands
        pieces: list[str] = []
        at = 0
        groups = Groups(text)
        for match in _USE.finditer(text):
            macro = macros.get(match[1]) if match.start() >= at else None
            if macro is None or macro.environment or "@" in macro.body or "\\def" in macro.body:
                continue
            expanded = expand_use(macro, text, groups, match.end())
            if expanded is not None:
                pieces += (text[at : match.start()], "{", expanded[0], "}")
                at = expanded[1]
        if not pieces or len(text) > 1_000_000:
            break
        text = "".join((*pieces, text[at:]))
    return text
