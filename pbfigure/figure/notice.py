"""Messages to the author: notices, their places, and the base class of every error."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal, NamedTuple

Level = Literal["info", "warning", "error"]

CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]+")
"""Characters that a terminal obeys or cannot show."""


def printable(text: str) -> str:
    """Return text without terminal control characters: it may come from an untrusted source."""
    return CONTROLS.sub(" ", text)


class Place(NamedTuple):
    """A place in the sources: a file as its author names it, and a 1-based line."""

    file: str
    line: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"


@dataclass(frozen=True, slots=True)
class Notice:
    """One message to the author.

    ``subtype`` is the part after the dot in ``suppress_warnings = ["paperbanana.<subtype>"]``.
    """

    subtype: str
    text: str
    level: Level = "warning"

    def __post_init__(self) -> None:
        object.__setattr__(self, "text", printable(self.text))


class FigureError(Exception):
    """The base class of all errors of this project.

    ``str(error)`` is one sentence for the author: what happened, the limit if there is one, and
    what to do next. ``subtype`` names its kind, as in :class:`Notice`.
    """

    subtype = "failed"

    def __init__(self, message: str = "") -> None:
        super().__init__(printable(message))
