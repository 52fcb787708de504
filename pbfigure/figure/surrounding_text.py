"""The text of a pipeline figure: which part is hashed, and which part is sent."""

from __future__ import annotations

import re
from typing import NamedTuple, Protocol

PROMPT_LIMIT = 10_000
"""Characters of ``prompt`` (API reference, Request Limits)."""
CONTENT_LIMIT = 100_000
"""Characters of ``options.content`` (API reference, Request Limits)."""


class Content(Protocol):
    """Text for the pipeline: identified by its source, rendered only when it is sent."""

    @property
    def automatic(self) -> bool:
        """Whether it was extracted from the document and not written in the block."""

    @property
    def source(self) -> str:
        """The text that is normalised and hashed."""

    def text(self) -> str:
        """The text to send: at most :data:`CONTENT_LIMIT` characters if automatic. May be slow."""

    @property
    def is_cut(self) -> bool:
        """Whether :meth:`text` omits something."""


class WrittenText(NamedTuple):
    """Text that the author wrote in the block (directive body, ``pbcontext``), sent unchanged."""

    source: str

    @property
    def automatic(self) -> bool:
        """False."""
        return False

    def text(self) -> str:
        """The text itself; too long a text is an error of the request."""
        return self.source

    @property
    def is_cut(self) -> bool:
        """False."""
        return False


class AutomaticText(NamedTuple):
    """Text extracted from the document around a figure, as paragraphs in reading order.

    ``position`` is the number of paragraphs before the figure.
    """

    paragraphs: tuple[str, ...]
    position: int

    @property
    def automatic(self) -> bool:
        """True."""
        return True

    @property
    def source(self) -> str:
        """The whole text, even if only a part of it can be sent."""
        return "\n\n".join(self.paragraphs)

    def text(self) -> str:
        """The text within the API's limit: the whole paragraphs nearest to the figure."""
        return "\n\n".join(nearest(self.paragraphs, self.position))

    @property
    def is_cut(self) -> bool:
        """Whether :meth:`text` leaves something out."""
        return len(self.source) > CONTENT_LIMIT


def nearest(
    paragraphs: tuple[str, ...], position: int, limit: int = CONTENT_LIMIT
) -> tuple[str, ...]:
    """Return the longest run of whole paragraphs around ``position`` within ``limit`` characters.

    The run grows outwards from the figure, alternating before and after; a side ends at the first
    paragraph that does not fit. If not even one paragraph fits, the nearest is cut between words.
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
