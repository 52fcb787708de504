r"""How a call of ``\pbfigure`` is read: keys, prompt, and where it ends, as TeX finds them.

TeX sees no brace behind a ``%``. Who wrote ``50%`` for ``50\%`` has lost the brace that was to
close the prompt, and TeX reads on to whatever other brace there is. Such a call is marked, so that
nothing is bought for half a prompt.
"""

from __future__ import annotations

from typing import NamedTuple

from latex_hook.sources.definitions import skip_space
from latex_hook.sources.tokens import group_end, option_end


class Read(NamedTuple):
    """A call of ``\\pbfigure``."""

    keys: str
    prompt: str
    end: int
    """The offset behind it."""
    problem: str = ""
    """What is wrong with it, if a ``%`` hides an end of it from TeX."""
    doubtful: bool = False
    """TeX finds an end further on: if all braces of the document have their partners, the ``%`` was
    meant as a comment after all."""


def read_call(source: str, at: int) -> Read | str:
    """Read the call whose ``\\pbfigure`` ends at ``at``; where that is impossible, say why."""
    read = _read(source, at, comments=True)
    meant = _read(source, at, comments=False)
    if isinstance(meant, str):
        return read
    if isinstance(read, str):
        return meant._replace(problem=_problem(source, at))
    if meant.end < read.end:
        return read._replace(problem=_problem(source, at), doubtful=True)
    return read


def _read(source: str, at: int, *, comments: bool) -> Read | str:
    at = skip_space(source, at)
    keys = ""
    if source.startswith("[", at):
        end = option_end(source, at, comments=comments)
        if end is None:
            return "the bracket of its keys is never closed"
        keys, at = source[at + 1 : end - 1], skip_space(source, end)
    if not source.startswith("{", at):
        return "no {prompt} follows"
    end = group_end(source, at, comments=comments)
    if end is None:
        return "the brace of its prompt is never closed"
    return Read(keys, source[at + 1 : end - 1], end)


def _problem(source: str, at: int) -> str:
    at = skip_space(source, at)
    seen, meant = (
        option_end(source, at, comments=comments) if source.startswith("[", at) else at
        for comments in (True, False)
    )
    return percent("prompt" if seen == meant else "keys")


def percent(where: str) -> str:
    """Return what is said of a ``%`` that hides the end of something from TeX."""
    return f"an unescaped % stands in the {where}, which TeX takes for a comment; write \\%"
