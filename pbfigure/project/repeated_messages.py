"""One message for figures with one cause, which names the first places: fifty figures without a key
are one line.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence

from pbfigure.figure.notice import Notice
from pbfigure.figure.states import State
from pbfigure.figure.wording import counted
from pbfigure.project.resolved_figure import ResolvedFigure, count_states

PLACES = 5
"""Most figures that one message names."""
FEW = 2
"""Up to this many figures with one cause have a message each, at their own place."""
_OF_ONE = re.compile(r"(?<=\btask[ /])\S+|\S+\.(?:png|jpe?g|webp)\b")
"""What belongs to one figure, and makes no other cause: a task's number, a picture's file."""


def one_cause(notice: Notice, figures: Sequence[ResolvedFigure]) -> Notice:
    """Return a notice with the figures that it concerns; ``why`` of each is its text."""
    for figure in figures:
        figure.why = figure.why or notice.text
        figure.was_reported = True
    counts = count_states(figures)
    number = counted(len(figures), "figure")
    count = f"{number} {figures[0].state}" if len(counts) == 1 else f"{number}: {', '.join(counts)}"
    return Notice(notice.subtype, f"{notice.text} ({count}: {places_of(figures)})", notice.level)


def fold(figures: Sequence[ResolvedFigure]) -> list[Notice]:
    """Remove the notices that several figures have in common; return each of them once."""
    alike: dict[tuple[str, str, str], list[tuple[ResolvedFigure, Notice]]] = defaultdict(list)
    for figure in figures:
        for notice in figure.notices:
            cause = _OF_ONE.sub("", notice.text)
            alike[notice.subtype, notice.level, cause].append((figure, notice))
    return [_folded(group) for group in alike.values() if len(group) > FEW]


def _folded(group: list[tuple[ResolvedFigure, Notice]]) -> Notice:
    for figure, notice in group:
        figure.notices.remove(notice)
    first = group[0][1]
    others = "" if all(notice.text == first.text for _, notice in group) else ", and others alike"
    most = len(group) if group[0][0].state == State.INVALID else PLACES  # each is to be mended
    places = places_of([figure for figure, _ in group], most)
    return Notice(
        first.subtype, f"{first.text}{others} ({len(group)} figures: {places})", first.level
    )


def places_of(figures: Sequence[ResolvedFigure], most: int = PLACES) -> str:
    """Return where figures stand, as messages name it."""
    named = ", ".join(str(figure.block.place) for figure in figures[:most])
    return named + (", …" if len(figures) > most else "")
