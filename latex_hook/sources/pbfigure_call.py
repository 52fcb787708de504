r"""How a call of ``\pbfigure`` is read: its list of keys, its prompt and its end.

TeX skips the rest of a line behind a ``%``. An author who writes ``50%`` for ``50\%`` loses the
closing brace of the prompt, and TeX reads on to some other brace; or, if the prompt goes on in the
next line, loses the words up to there. Nothing is bought for such a call: its words are not those
that were meant.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from latex_hook.sources.tokens import Groups, squashed, without_comments

SLIP = "an unescaped % hides a closing brace from TeX, which takes it for a comment: write \\%"
HIDDEN_WORDS = (
    "an unescaped % behind a number hides words of the prompt from TeX, which takes them for a"
    " comment: write \\%, or a space before the % of a comment"
)
_PERCENTAGE = re.compile(r"[0-9]%[^\n%]*\w")
_COMMENT = re.compile(r"(?<!\\)%([^\n]*)")

_PROMPT_COMMAND = re.compile(r"\s*\\[a-zA-Z@]+")


class Call(NamedTuple):
    """A call of ``\\pbfigure`` in so many words."""

    start: int
    end: int
    keys: str
    prompt: str | None
    """As written; None if it cannot be read here."""
    problem: str = ""
    """What is wrong with its source, so that nothing may be bought for it."""

    @property
    def hides_words(self) -> bool:
        """Whether a ``%`` in its prompt is more likely meant as a percentage than as a comment."""
        return _PERCENTAGE.search(self.prompt or "") is not None

    @property
    def words(self) -> str:
        """The prompt, to be compared with what TeX tells of it."""
        return squashed(without_comments(self.prompt or ""))


def read_call(source: str, groups: Groups, start: int, end: int) -> Call:
    """Read the call whose ``\\pbfigure`` is from ``start`` to ``end``, as far as possible."""
    keys = groups.argument(end, "[")
    prompt = groups.argument(keys[1] if keys else end)
    if prompt is None:
        command = _PROMPT_COMMAND.match(groups.text, keys[1] if keys else end)
        return Call(start, command.end() if command else end, "", None)
    said = source[keys[0] + 1 : keys[1] - 1] if keys else ""
    return Call(start, prompt[1], said, source[prompt[0] + 1 : prompt[1] - 1])


def hides_a_brace(source: str, start: int, end: int) -> bool:
    """Whether a comment in a stretch of source has a closing brace too many.

    If all braces of the document have their partners without it, it is meant as a comment.
    """
    if source.find("%", start, end) < 0:
        return False
    comments = _COMMENT.findall(source, start, end)
    return any(comment.count("}") > comment.count("{") for comment in comments)
