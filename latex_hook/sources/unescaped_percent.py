"""An unescaped ``%`` in a prompt: TeX skips the rest of a line behind it.

An author who writes ``50%`` for ``50\\%`` loses the closing brace of the prompt, and TeX reads on
to some other brace; or, if the prompt goes on in the next line, loses the words up to there.
Nothing is bought for such a call: its words are not those that were meant.
"""

from __future__ import annotations

import re

SLIP = "an unescaped % hides a closing brace from TeX, which takes it for a comment: write \\%"
HIDDEN_WORDS = (
    "an unescaped % behind a number hides words of the prompt from TeX, which takes them for a"
    " comment: write \\%, or a space before the % of a comment"
)
_PERCENTAGE = re.compile(r"[0-9]%[^\n%]*\w")
_COMMENT = re.compile(r"(?<!\\)%([^\n]*)")


def hides_words(prompt: str) -> bool:
    """Whether a ``%`` in a prompt is more likely meant as a percentage than as a comment."""
    return _PERCENTAGE.search(prompt) is not None


def hides_a_brace(source: str, start: int, end: int) -> bool:
    """Whether a comment in a stretch of source has a closing brace too many.

    If all braces of the document have their partners without it, it is meant as a comment.
    """
    if source.find("%", start, end) < 0:
        return False
    comments = _COMMENT.findall(source, start, end)
    return any(comment.count("}") > comment.count("{") for comment in comments)
