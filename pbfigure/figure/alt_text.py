"""Chooses a picture's alternative text; cleans this and other text for pages."""

from __future__ import annotations

import re

from pbfigure.figure.input_limits import composed
from pbfigure.figure.notice import printable
from pbfigure.figure.surrounding_text import PROMPT_LIMIT

LIMIT = 250
"""Characters of an alternative text that is made of a prompt: what screen readers read well."""


NO_ALT = "it has no alternative text of its own: write :alt:, or an empty one for a decoration"
"""What ``require_alt`` warns of."""


def page_text(text: str) -> str:
    """Return a text on one line, as long as the longest prompt, without what controls a page."""
    return " ".join(printable(composed(text[:PROMPT_LIMIT])).split())


def alt_text(
    prompt: str, *, own: str | None = None, drawn: str | None = None, spoken: str | None = None
) -> str:
    """Return the alternative text of a figure: its ``own``, else a prompt on one line, cut at the
    end of a sentence. A prompt says what is to be seen, which a caption rarely does; a caption
    would be read out twice.

    ``drawn``: the prompt of the picture that is shown, which may be an earlier one's.
    ``spoken``: the figure's prompt in the language of the page.
    """
    if own is not None:
        return own
    if drawn is None or drawn == prompt:
        drawn = prompt if spoken is None else spoken
    words = page_text(drawn)
    if len(words) <= LIMIT:
        return words
    start = words[:LIMIT]
    whole = re.match(r".*(?:[.!?…](?=\s)|[。！？])", start)  # the last sentence that ends there
    return whole[0] if whole else re.sub(r"\s+\S*\Z", "", start) + " …"
