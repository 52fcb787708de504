"""The text a pipeline figure is drawn from: what of it is hashed, and what of it is sent."""

from __future__ import annotations

import re
from typing import NamedTuple, Protocol

CONTENT_LIMIT = 100_000
"""Characters of ``options.content`` (API reference, Request Limits)."""


class Content(Protocol):
    """Text for the pipeline, known by its source and rendered only when it is sent."""

    @property
    def automatic(self) -> bool:
        """Whether the tool took it from the document, rather than the author writing it."""

    @property
    def source(self) -> str:
        """What is hashed, after normalisation."""

    def text(self) -> str:
        """What is sent: at most :data:`CONTENT_LIMIT` characters if automatic. May be slow."""

    @property
    def is_cut(self) -> bool:
        """Whether :meth:`text` leaves something out."""


class WrittenText(NamedTuple):
    """Text the author wrote in the block: a directive's body, ``pbcontext``. Sent as it stands."""

    written: str

    @property
    def automatic(self) -> bool:
        """Never: it is the author's own input."""
        return False

    @property
    def source(self) -> str:
        """The text itself."""
        return self.written

    def text(self) -> str:
        """The text itself; if it is too long, that is an error of the request."""
        return self.written

    @property
    def is_cut(self) -> bool:
        """Never."""
        return False


class AutomaticText(NamedTuple):
    """Text taken from the document around a figure, as paragraphs in reading order.

    ``position`` is the number of paragraphs that stand before the figure.
    """

    paragraphs: tuple[str, ...]
    position: int

    @property
    def automatic(self) -> bool:
        """Always."""
        return True

    @property
    def source(self) -> str:
        """The whole text, even if only a part of it can be sent."""
        return "\n\n".join(self.paragraphs)

    def text(self) -> str:
        """The text, cut at paragraph ends to what the API takes, nearest the figure kept."""
        return "\n\n".join(nearest(self.paragraphs, self.position))

    @property
    def is_cut(self) -> bool:
        """Whether :meth:`text` leaves something out."""
        return len(self.source) > CONTENT_LIMIT


def nearest(
    paragraphs: tuple[str, ...], position: int, limit: int = CONTENT_LIMIT
) -> tuple[str, ...]:
    """Return the longest run of whole paragraphs around ``position`` within ``limit`` characters.

    It grows from the figure outwards, the paragraph before it first, then the one after, in turn;
    a side is closed at the first paragraph that does not fit. Where not even one paragraph fits,
    the nearest is cut at a word's end.
    """
    first = last = position  # the run is paragraphs[first:last]
    size = 0
    before = after = True
    while before or after:
        if before := before and first > 0:
            size_with = size + len(paragraphs[first - 1]) + (2 if first < last else 0)
            if before := size_with <= limit:
                first, size = first - 1, size_with
        if after := after and last < len(paragraphs):
            size_with = size + len(paragraphs[last]) + (2 if first < last else 0)
            if after := size_with <= limit:
                last, size = last + 1, size_with
    if first < last or not paragraphs:
        return paragraphs[first:last]
    if position > 0:  # the end of the paragraph before the figure is nearest to it
        return (re.sub(r"^\S*\s+", "", paragraphs[position - 1][-limit:]),)
    return (re.sub(r"\s+\S*$", "", paragraphs[0][:limit]),)
