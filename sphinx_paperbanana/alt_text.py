"""Which words stand for a picture to those who do not see it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from sphinx_paperbanana.page_text import page_text

if TYPE_CHECKING:
    from pbfigure.project.resolved_figure import ResolvedFigure
    from sphinx_paperbanana.domain import RegisteredFigure

LIMIT = 250
"""Characters of an alternative text that is made of a prompt: what screen readers read well."""


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


def require_alt(written: RegisteredFigure, resolved: ResolvedFigure) -> None:
    """Warn of a figure whose author gave no ``:alt:``, which ``paperbanana_require_alt`` asks."""
    if written.alt is None:
        why = "it has no alternative text of its own: write :alt:, or an empty one for a decoration"
        resolved.warn("alt", why)
