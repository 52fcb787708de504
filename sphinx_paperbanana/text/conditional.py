"""Text as it is kept from reading to the end of reading: with what is decided only then.

Whether a passage is shown depends on tags and settings, of which no page is read again; what a
reference says depends on other pages.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import NamedTuple, TypeAlias

from pbfigure.figure.surrounding_text import AutomaticText
from sphinx_paperbanana.visibility import Condition

GAP = "\0"
"""Stands where something is left out of a sentence; what it leaves behind is closed up."""


_UNREAD = re.compile(r" at 0x[0-9A-Fa-f]{6,}(?=>)|\x1b\[[\d;]*m")
"""Where an object is in memory, as Python shows it in a signature: elsewhere in each build; and
the colours of a terminal."""


class Reference(NamedTuple):
    """A reference without a text of its own: it shows a title, or an object's name."""

    target: str
    """A label, or with ``any`` also the name of an object or of a document."""
    docname: str | None = None
    """The document that it leads to, or with ``any`` the one that it stands in."""
    any: bool = False
    """Whether all kinds of targets may be meant."""
    name: str = ""
    """What is shown if the target is an object."""


class Conditional(NamedTuple):
    """Words that are shown under conditions."""

    conditions: tuple[Condition, ...]
    pieces: tuple[Piece, ...]


Piece: TypeAlias = "str | Reference | Conditional"
Paragraph: TypeAlias = "str | tuple[Piece, ...]"
"""One that is decided is a string, as most are."""


class TakenText(NamedTuple):
    """The text around a figure, as paragraphs in reading order."""

    paragraphs: tuple[Paragraph, ...]
    position: int
    """How many paragraphs stand before the figure."""

    def as_read(
        self, sees: Callable[[Iterable[Condition]], bool], words: Callable[[Reference], str]
    ) -> AutomaticText:
        """Return the text that a reader sees, ``words`` telling what references show."""
        read: list[str] = []
        position = 0
        for number, paragraph in enumerate(self.paragraphs):
            if number == self.position:
                position = len(read)
            if isinstance(paragraph, str):
                read.append(paragraph)
            elif text := closed_up(_joined(paragraph, sees, words)):
                read.append(text)
        if self.position >= len(self.paragraphs):
            position = len(read)
        return AutomaticText(tuple(read), position)


def left_open(texts: Iterable[object]) -> set[Condition | Reference]:
    """Return what is decided, in texts and conditions, only when all documents are read."""
    found: set[Condition | Reference] = set()
    waiting, seen = [*texts], set()
    while waiting:
        each = waiting.pop()
        if isinstance(each, (Condition, Reference)):
            found.add(each)
        elif isinstance(each, (tuple, dict)) and id(each) not in seen:  # figures share texts
            seen.add(id(each))
            waiting.extend(each.values() if isinstance(each, dict) else each)
    return found


def decided(pieces: tuple[Piece, ...]) -> Paragraph:
    """Return a paragraph as a string, should nothing about it be open."""
    if all(isinstance(piece, str) for piece in pieces):
        return closed_up("".join(piece for piece in pieces if isinstance(piece, str)))
    return pieces


def closed_up(text: str) -> str:
    """Return a text without its gaps, and without the spaces and commas that led to them."""
    if GAP in text:
        text = re.sub(rf"{GAP}(?:[\s,;]*{GAP})*", GAP, text)
        text = re.sub(rf"([,;])\s*{GAP}\s*\1", r"\1", text)
        text = re.sub(rf"\s*[(\[]\s*{GAP}\s*[)\]]", "", text)
        text = re.sub(rf"[,;]?\s*{GAP}(?=[.!?)\]]|\Z)", "", text)
        text = re.sub(rf"\s*{GAP}(?=[\s,;:])", "", text)
        text = text.replace(GAP, "")
    return _UNREAD.sub("", text).strip()


def _joined(
    pieces: tuple[Piece, ...],
    sees: Callable[[Iterable[Condition]], bool],
    words: Callable[[Reference], str],
) -> str:
    told = []
    for piece in pieces:
        if isinstance(piece, str):
            told.append(piece)
        elif isinstance(piece, Reference):
            told.append(words(piece) or GAP)
        else:
            seen = sees(piece.conditions)
            told.append(_joined(piece.pieces, sees, words) if seen else GAP)
    return "".join(told)
