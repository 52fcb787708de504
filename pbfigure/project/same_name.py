"""Two figures of one name that ask for different pictures: neither is shown nor bought."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from pbfigure.figure.notice import Place
from pbfigure.figure.states import State
from pbfigure.project.generation import Composed
from pbfigure.project.resolved_figure import ResolvedFigure


def without_collisions(figures: Iterable[ResolvedFigure]) -> list[Composed]:
    """Return the valid figures. Figures of one name with different keys become invalid."""
    by_name: dict[str, list[Composed]] = defaultdict(list)
    for resolved in figures:
        if resolved.figure is not None:
            by_name[resolved.figure.name].append(Composed(resolved, resolved.figure))
    valid: list[Composed] = []
    for name, same in by_name.items():
        if len({figure.key.digest for _, figure in same}) == 1:
            valid += same
            continue
        _reject(name, [resolved for resolved, _ in same])
    return valid


def _reject(name: str, same: list[ResolvedFigure]) -> None:
    """Make figures of one name invalid, and report that once for each place."""
    places = {figure.block.place for figure in same}
    documents = ", ".join(sorted({figure.block.document for figure in same}))
    reported: set[Place] = set()
    for figure in same:
        others = ", ".join(sorted(str(place) for place in places - {figure.block.place}))
        figure.figure, figure.state = None, State.INVALID
        figure.why = (
            f"it has the same name as the figure at {others} but asks for another picture; give"
            " each an id of its own"
            if others
            else f"its file is included more than once ({documents}), each time in another text;"
            " give it a text of its own, or include it once"
        )
        if figure.block.place not in reported:
            figure.warn("name", f"{figure.why} ({name})")
            reported.add(figure.block.place)
