"""Messages to the author: notices, their places, and the base class of every error."""

from __future__ import annotations

import re
from typing import Literal, NamedTuple

Level = Literal["info", "warning", "error"]


UNPRINTABLE = r"[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]+"
"""What controls a terminal, turns the direction of text, or cannot stand in a page."""


def printable(text: str) -> str:
    """Return one line of text that may come from anyone, as a terminal, a page or TeX may have it.

    Every way out has one function that applies this: ``print_line`` of the command, ``say`` of the
    hook, :class:`Notice` in Sphinx's log, ``page_text`` for pages, ``coded`` for TeX.
    """
    return text if text.isprintable() else re.sub(UNPRINTABLE, " ", text)


def json_text(document: object, *, indent: int | None = None) -> str:
    """Return a JSON document in which all that is not printable is escaped."""
    import json

    def escape(match: re.Match[str]) -> str:  # line ends in strings are escaped by now
        return "".join(c if c == "\n" else json.dumps(c)[1:-1] for c in match[0])

    text = json.dumps(document, indent=indent, ensure_ascii=False)
    return re.sub(UNPRINTABLE, escape, text)


class Place(NamedTuple):
    """A place in the sources: a file as its author names it, and a 1-based line; 0 is unknown."""

    file: str
    line: int

    def __str__(self) -> str:
        return printable(f"{self.file}:{self.line}" if self.line else self.file)


class _Notice(NamedTuple):
    subtype: str
    text: str
    level: Level


class Notice(_Notice):
    """One message to the author.

    ``subtype`` is the part after the dot in ``suppress_warnings = ["paperbanana.<subtype>"]``.
    """

    __slots__ = ()

    def __new__(cls, subtype: str, text: str, level: Level = "warning") -> Notice:
        """Make what it says printable."""
        return super().__new__(cls, subtype, printable(text), level)

    def as_json(self) -> dict[str, str]:
        """The message as programs read it."""
        return {"level": self.level, "text": self.text}


class FigureError(Exception):
    """The base class of all errors of this project.

    ``str(error)`` is one sentence for the author: what happened, the limit if there is one, and
    what to do next. ``subtype`` names its kind, as in :class:`Notice`.
    """

    subtype = "failed"

    def __init__(self, message: str = "") -> None:
        super().__init__(printable(message))
