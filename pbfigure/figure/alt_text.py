"""The alternative text of a picture whose author gives none, and other text for pages, cleaned."""

from __future__ import annotations

import re

from pbfigure.figure.content import PROMPT_LIMIT
from pbfigure.figure.limits import composed
from pbfigure.figure.notice import printable

LIMIT = 250
"""Characters of an alternative text that is made of a prompt: what screen readers read well."""


def page_text(text: str) -> str:
    """Return a text on one line, as long as the longest prompt, without what controls a page."""
    return " ".join(printable(composed(text[:PROMPT_LIMIT])).split())


def alt_text(prompt: str) -> str:
    """Return a prompt as alternative text: on one line, cut at the end of a sentence.

    It is used if the author gives none. It says what is to be seen, which a caption rarely does;
    a caption would be read out twice.
    """
    words = page_text(prompt)
    if len(words) <= LIMIT:
        return words
    start = words[:LIMIT]
    whole = re.match(r".*(?:[.!?…](?=\s)|[。！？])", start)  # the last sentence that ends there
    return whole[0] if whole else re.sub(r"\s+\S*\Z", "", start) + " …"
