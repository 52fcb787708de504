"""A finding of the figure check: its kind, its words, its place in the picture, its advice."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from pbfigure.checking.word import Box


class Kind(StrEnum):
    """What is wrong."""

    MISSPELT = "misspelt"
    REPEATED = "repeated"
    STYLE = "style"
    CUT_OFF = "cut off"
    SMALL_TEXT = "small text"
    CONTRAST = "contrast"
    EMPTY = "empty"
    SHAPE = "shape"


SUBTYPES = {
    Kind.SMALL_TEXT: "small_text",
    Kind.CONTRAST: "contrast",
    Kind.EMPTY: "picture",
    Kind.SHAPE: "format",
}
"""The subtypes of warnings; that of all others is ``label``."""


_AGAIN = "Revise it (revise), or buy another variant (pbfigure variants)"
ADVICE = {
    Kind.MISSPELT: f"{_AGAIN}; a word that is right goes into check_ignore",
    Kind.REPEATED: f"{_AGAIN}; what is meant goes into check_ignore",
    Kind.STYLE: f"{_AGAIN}; what is meant goes into check_ignore",
    Kind.SMALL_TEXT: "Show it wider, or have it drawn with fewer words",
}
"""Advice by kind of finding; for the other kinds: draw the picture again."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing in a picture that a reader would stumble over."""

    kind: Kind
    text: str
    """What is wrong, in words."""
    word: str = ""
    """As the picture has it; empty if it is about the whole picture."""
    suggestion: str = ""
    """What the word should probably be."""
    box: Box | None = None
    """Where, in the picture's pixels."""

    @property
    def subtype(self) -> str:
        """The subtype of its warning."""
        return SUBTYPES.get(self.kind, "label")

    @property
    def advice(self) -> str:
        """What its author can do."""
        return ADVICE.get(self.kind, _AGAIN)

    def as_json(self) -> dict[str, Any]:
        """The finding as programs read it."""
        return {
            "kind": self.kind.value,
            "text": self.text,
            "word": self.word or None,
            "suggestion": self.suggestion or None,
            "box": None if self.box is None else list(self.box),
            "advice": self.advice,
        }
