"""How TeX reads a piece of source: where its comments, groups and options end."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cached_property
from itertools import accumulate

_COMMENT = re.compile(r"(\\.)|%[^\n]*(?:\n[ \t]*|\Z)", re.DOTALL)


def without_comments(source: str) -> str:
    """Return ``source`` as TeX goes on reading it behind each comment: at the next line's text."""
    return _COMMENT.sub(lambda match: match[1] or "", source) if "%" in source else source


def squashed(words: str) -> str:
    """Return words for comparison: TeX writes a token list out with other spaces."""
    return re.sub(r"\\par(?![a-zA-Z])|\s+", "", words).replace("##", "#")


def as_written(string: str) -> str:
    """Return the source that TeX would read as ``string``: what TeX doubled, halved again."""
    return string.replace("##", "#").replace("\\par ", "\n\n")


def split_items(text: str) -> list[str]:
    """Return the items of a TeX option list; commas in braces do not count."""
    parts: list[str] = []
    depth = start = 0
    for match in re.finditer(r"\\.|[{},]", text):
        found = match[0]
        if found == "{":
            depth += 1
        elif found == "}":
            depth -= 1
        elif found == "," and depth == 0:
            parts.append(text[start : match.start()])
            start = match.end()
    return [*parts, text[start:]]


_BRACKET = re.compile(r"\\.|[{}\[\]]", re.DOTALL)


class Groups:
    """Where the groups and options of a text end, in time that grows with its length only.

    The few that an ordinary text is asked for are looked for one by one. Once that takes as long as
    to find all of them, all are found.
    """

    def __init__(self, text: str) -> None:
        self.text = text
        self.work = 0
        """Braces and brackets looked at."""
        self._budget = 1000 + len(text) // 20
        self._all: dict[int, int] | None = None

    def end(self, start: int) -> int | None:
        """Return the offset behind what opens at ``start``; None if nothing does, or it never ends.

        An option ends within the group that it begins in.
        """
        if self.text[start : start + 1] not in ("{", "["):
            return None
        if self._all is None and self.work > self._budget:
            self._all = dict(self._ends())
        return self._search(start) if self._all is None else self._all.get(start)

    def argument(self, at: int, opening: str = "{") -> tuple[int, int] | None:
        """Return start and end of the group or option that follows at ``at``, if one does."""
        start = skip_space(self.text, at)
        end = self.end(start) if self.text.startswith(opening, start) else None
        return (start, end) if end else None

    @cached_property
    def balanced(self) -> bool:
        """Whether every brace has its partner."""
        braces = re.findall(r"(?s)\\.|([{}])", self.text)
        depths = list(accumulate((brace == "{") - (brace == "}") for brace in braces))
        return not depths or (min(depths) >= 0 and depths[-1] == 0)

    def _search(self, start: int) -> int | None:
        """Look for one end."""
        for begun, end in self._ends(start):
            if begun == start:
                return end
        return None

    def _ends(self, start: int = 0) -> Iterator[tuple[int, int]]:
        """Yield start and end of what is closed behind ``start``, until its own group is."""
        opened: list[int] = []
        text = self.text
        for match in _BRACKET.finditer(text, start):
            found, at = match[0], match.start()
            self.work += 1
            if found in "{[":
                opened.append(at)
            elif found == "]":
                if opened and text[opened[-1]] == "[":
                    yield opened.pop(), at + 1
            elif found == "}":
                while opened and text[opened[-1]] == "[":
                    opened.pop()
                if opened:
                    yield opened.pop(), at + 1
                elif start:
                    return


_SPACE = re.compile(r"(?:\s+|%[^\n]*(?:\n|\Z))*")


def skip_space(text: str, at: int) -> int:
    """Return the offset of what TeX reads next: behind white space and comments."""
    match = _SPACE.match(text, at)
    return match.end() if match else at
