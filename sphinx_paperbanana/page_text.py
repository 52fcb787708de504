"""The way onto a page for every text that may be anyone's: of a record, or the service."""

from __future__ import annotations

from pbfigure.figure.bounds import composed
from pbfigure.figure.content import PROMPT_LIMIT
from pbfigure.figure.notice import printable


def page_text(text: str) -> str:
    """Return a text on one line, as long as the longest prompt, without what controls a page."""
    return " ".join(printable(composed(text[:PROMPT_LIMIT])).split())
