r"""Code that stands between a text's paragraphs: what no table of commands can tell from prose.

Pictures of Inkscape, gnuplot and xfig are TeX files that begin with ``\begingroup\makeatletter``;
authors define things between ``\makeatletter`` and ``\makeatother``.
"""

from __future__ import annotations

import re

_EDGE = re.compile(r"\\(begingroup|endgroup|makeatletter|makeatother)(?![a-zA-Z])")
_SPACE = re.compile(r"[\s%]*")


def without_code(text: str) -> str:
    """Return ``text`` without these."""
    if "\\makeatletter" not in text:
        return text
    edges = [(match[1], match.start(), match.end()) for match in _EDGE.finditer(text)]
    ends = _ends(edges)
    pieces: list[str] = []
    at = 0
    for number, (name, start, behind) in enumerate(edges):
        if start < at or number not in ends:
            continue
        following = _SPACE.match(text, behind)
        code = following is not None and text.startswith("\\makeatletter", following.end())
        if name == "makeatletter" or code:
            pieces.append(text[at:start])
            at = ends[number]
    return "".join((*pieces, text[at:]))


def _ends(edges: list[tuple[str, int, int]]) -> dict[int, int]:
    """Return where what begins at each edge ends."""
    ends: dict[int, int] = {}
    groups: list[int] = []
    letters: int | None = None
    for number, (name, _, behind) in enumerate(edges):
        if name == "begingroup":
            groups.append(number)
        elif name == "endgroup" and groups:
            ends[groups.pop()] = behind
        elif name == "makeatletter" and letters is None:
            letters = number
        elif name == "makeatother" and letters is not None:
            ends[letters] = behind
            letters = None
    return ends
