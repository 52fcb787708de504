r"""The arguments of commands and environments: which there are, and whose text stays."""

from __future__ import annotations

import re

from latex_hook.sources.definitions import argument
from latex_hook.sources.tokens import Groups
from latex_hook.text.unknown_commands import LENGTH, NUMBER, OVERLAY, RULE, SIZE, TITLE, is_prose

_LENGTHS = {"d": LENGTH, "n": NUMBER, "r": RULE, "b": SIZE}
_EDGE = re.compile(r"\\(?:(begin|end)\s*\{([^{}\\\n]*)\}|.)", re.DOTALL)
_SPACE = re.compile(r"[ \t]*(?:\n(?![ \t]*\n)[ \t]*)?")
_BETWEEN = re.compile(r"(?:<[^<>{}\n]{0,60}>|\([^(){}\n]{0,60}\))(?=[\[{])")
"""What stands between a command and its braces is an option of it."""
SEARCHED = 16
"""Environments that are looked through for the beginning of one that ends."""


class ArgumentReader:
    """A source, and where its groups, options and environments end."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.groups = Groups(text)
        self.environments = _environment_ends(text)
        r"""The offset behind each environment that ends, by that of its ``\begin``."""

    def skip_space(self, at: int, end: int) -> int:
        """Return where TeX goes on behind white space that is no end of a paragraph."""
        match = _SPACE.match(self.text, at, end)
        return match.end() if match else at

    def following(self, at: int, end: int) -> str:
        """Return the character that TeX reads next."""
        at = self.skip_space(at, end)
        return self.text[at : at + 1]

    def argument(self, at: int, end: int) -> tuple[slice | None, int]:
        """Return the inside and the end of the argument at ``at``; None, and ``at``, if none is."""
        found = argument(self.groups, self.skip_space(at, end))
        return found if found and found[0].stop <= end else (None, at)

    def arguments(self, kinds: str, at: int, end: int) -> tuple[list[slice | None], int]:
        """Return those arguments whose text stays, and where the last one ends."""
        kept: list[slice | None] = []
        text = self.text
        if overlay := OVERLAY.match(text, at, end):
            at = overlay.end()
        for kind in kinds:
            span: slice | None = None
            begin = self.skip_space(at, end)
            if kind == "*":
                at = begin + 1 if text.startswith("*", begin) else at
            elif kind in "oOt":
                close = self.groups.end(begin) if text.startswith("[", begin) else None
                if close is not None and close <= end:
                    span, at = slice(begin + 1, close - 1), close
            elif kind == "p":
                close = text.find(")", begin, min(end, begin + 80))
                at = close + 1 if text.startswith("(", begin) and close > 0 else at
            elif kind in _LENGTHS:
                length = _LENGTHS[kind].match(text, at, end)
                at = length.end() if length else at
            elif kind in "gG" and not text.startswith("{", begin):
                pass
            else:
                span, at = self.argument(at, end)
            if kind.isupper() or (kind == "t" and (span := self._title(span))):
                kept.append(span)
        return kept, at

    def _title(self, options: slice | None) -> slice | None:
        """Return the title among the options of a box."""
        match = options and TITLE.search(self.text, options.start, options.stop)
        if not match:
            return None
        begin = match.end()
        title, _ = self.argument(begin, self.groups.end(begin) or begin)
        return title or slice(begin, begin + len(match[1]))

    def unknown_arguments(
        self, at: int, end: int, count: int | None = None
    ) -> tuple[list[slice | None], int]:
        """Return the prose among the arguments of what no table knows, and where they end."""
        text = self.text
        groups: list[slice] = []
        at += text.startswith("*", at)
        while at < end and (count is None or len(groups) < count):
            close = self.groups.end(at)
            if overlay := OVERLAY.match(text, at, end) or _BETWEEN.match(text, at, end):
                at = overlay.end()
            elif close is not None and close <= end and text[at] in "[{":
                if text[at] == "{":
                    groups.append(slice(at + 1, close - 1))
                at = close
            else:
                break
        if not groups and (length := LENGTH.match(text, at, end)):
            at = length.end()
        several = len(groups) > 1
        kept = [span for span in groups if is_prose(text[span.start : span.stop], several=several)]
        return list(kept), at


def _environment_ends(text: str) -> dict[int, int]:
    ends: dict[int, int] = {}
    open_: list[tuple[str, int]] = []
    for match in _EDGE.finditer(text):
        if match[1] == "begin":
            open_.append((match[2], match.start()))
        elif match[1] == "end":
            for back in range(1, min(SEARCHED, len(open_)) + 1):
                if open_[-back][0] == match[2]:
                    ends[open_[-back][1]] = match.end()
                    del open_[-back:]
                    break
    return ends
