"""A stretch of a document's source on its way to the service: comments gone, verbatim set aside."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple

from latex_hook.sources.definitions import Meaning, expand_own

FIGURE = "\ue000"
"""Stands in the text where the figure stands (a private-use character)."""
VERBATIM_OPEN, VERBATIM_CLOSE = "\ue001", "\ue002"
"""Around the number of a piece of verbatim text that is put back at the end."""
PLACE_OPEN, PLACE_CLOSE = "\ue003", "\ue004"
"""Around an offset in the document, where commands come to stand for something else."""

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
_PLACE = re.compile(f"{PLACE_OPEN}([0-9]{{1,9}}){PLACE_CLOSE}")


def place_mark(at: int) -> str:
    """Return what stands in an extract's text for the place ``at`` of the document."""
    return f"{PLACE_OPEN}{at}{PLACE_CLOSE}"


def expand_in_place(text: str, meanings: Mapping[int, Meaning]) -> str:
    """Return ``text`` with every own command replaced by what it stands for where it is used.

    ``meanings`` says it for each place that is marked in the text; the marks are gone then.
    """
    before, *rest = _PLACE.split(text)
    pieces = [before]
    for place, piece in zip(rest[::2], rest[1::2], strict=True):
        meaning = meanings.get(int(place))
        pieces.append(expand_own(piece, meaning) if meaning is not None else piece)
    return "".join(pieces)
