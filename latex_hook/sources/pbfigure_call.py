r"""How a call of ``\pbfigure`` is read: its list of keys, its prompt and its end."""

from __future__ import annotations

from typing import NamedTuple

from latex_hook.sources.tokens import Groups, squashed, without_comments


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
    def words(self) -> str:
        """The prompt, to be compared with what TeX tells of it."""
        return squashed(without_comments(self.prompt or ""))


def read_call(source: str, groups: Groups, start: int, end: int) -> Call:
    """Read the call whose ``\\pbfigure`` is from ``start`` to ``end``, as far as possible."""
    keys = groups.argument(end, "[")
    prompt = groups.argument(keys[1] if keys else end)
    if prompt is None:
        return Call(start, end, "", None)
    said = source[keys[0] + 1 : keys[1] - 1] if keys else ""
    return Call(start, prompt[1], said, source[prompt[0] + 1 : prompt[1] - 1])
