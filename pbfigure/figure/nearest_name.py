"""Suggests the name that a misspelt one most likely stands for: a setting's, an option's."""

from __future__ import annotations

from collections.abc import Iterable

LONGEST_WORD = 100
"""Characters of a misspelt name that is worth comparing with others."""


def nearest_name(word: str, names: Iterable[str]) -> str:
    """Return "; did you mean X?" for the name nearest to ``word``, or an empty string."""
    if len(word) > LONGEST_WORD:
        return ""
    import difflib  # only for a message

    close = difflib.get_close_matches(word, list(names), 1)
    return f"; did you mean {close[0]!r}?" if close else ""
