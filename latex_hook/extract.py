"""A stretch of a document's source on its way to the service: comments gone, verbatim set aside."""

from __future__ import annotations

import re
from typing import NamedTuple

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
    return re.sub(
        f"{VERBATIM_OPEN}([0-9]+){VERBATIM_CLOSE}", lambda match: verbatim[int(match[1])], text
    )
