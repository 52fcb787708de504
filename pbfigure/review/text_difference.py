"""What changed between two texts, word by word."""

from __future__ import annotations

import re
from collections.abc import Sequence
from difflib import SequenceMatcher
from typing import Literal, NamedTuple

from pbfigure.figure.wording import common_ends

LONGEST = 2_000
"""Words of a difference that are compared one by one: beyond, it is one change."""
_WORD = re.compile(r"\s*\S+")


class Piece(NamedTuple):
    """A stretch of words that both texts have, or one of them."""

    kind: Literal["same", "removed", "added"]
    text: str


def difference(old: str, new: str) -> list[Piece]:
    """Return the pieces of both texts, in reading order."""
    one, other = _WORD.findall(old), _WORD.findall(new)
    plain, others = [word.strip() for word in one], [word.strip() for word in other]
    start, end = common_ends(plain, others)
    pieces = [Piece("same", "".join(other[:start]))]
    before, after = plain[start : len(plain) - end], others[start : len(others) - end]
    words_before, words_after = one[start : len(one) - end], other[start : len(other) - end]
    for tag, i1, i2, j1, j2 in _steps(before, after):
        if tag == "equal":
            pieces.append(_same(words_before[i1:i2], words_after[j1:j2]))
        else:
            pieces.append(Piece("removed", "".join(words_before[i1:i2])))
            pieces.append(Piece("added", "".join(words_after[j1:j2])))
    pieces.append(_same(one[len(one) - end :], other[len(other) - end :]))
    return [each for piece in pieces for each in _without_space(piece) if each.text]


def _same(before: Sequence[str], after: Sequence[str]) -> Piece:
    """Return words that both texts have, apart from what is before them in either."""
    text = "".join(after)
    space = " " if before and before[0][0].isspace() and not text[0].isspace() else ""
    return Piece("same", space + text)


def _without_space(piece: Piece) -> tuple[Piece, ...]:
    """Return a piece without the space before it, which is no change that one sees."""
    if piece.kind == "same":
        return (piece,)
    text = piece.text.lstrip()
    return Piece("same", piece.text[: len(piece.text) - len(text)]), piece._replace(text=text)


def _steps(before: Sequence[str], after: Sequence[str]) -> Sequence[tuple[str, int, int, int, int]]:
    if max(len(before), len(after)) > LONGEST:
        return [("replace", 0, len(before), 0, len(after))]
    return SequenceMatcher(None, before, after).get_opcodes()
