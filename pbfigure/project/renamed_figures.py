"""Figures that were renamed or moved: which one takes over the pictures and decisions of a figure
that is gone.

A figure is known by its name. If a name is no longer in the project, or its figure asks for
something else now, the figure that asks for the same, and has no pictures of that request under its
own name, is the renamed one. FORMAT.md has the rule.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from functools import cached_property
from typing import NamedTuple

from pbfigure.figure.block import FigureBlock
from pbfigure.figure.figure import Figure, compose
from pbfigure.figure.notice import FigureError
from pbfigure.figure.surrounding_text import AutomaticText
from pbfigure.figure.unexpected import boundary


class Hidden(NamedTuple):
    """The figures of a project that a build does not show."""

    blocks: Sequence[FigureBlock] = ()
    document: str = ""
    """The document that these and the shown figures are of; empty: any."""

    def figures(self, defaults: Mapping[str, str]) -> list[Figure]:
        """Return the valid ones. The text around a hidden figure may be missing; no name depends on
        it.
        """
        found = []
        for block in self.blocks:
            content = block.content or AutomaticText(("…",), 0)
            with suppress(FigureError), boundary():
                found.append(compose(block._replace(content=content, problems=()), defaults))
        return found


class Trace(NamedTuple):
    """What shows that there was a figure: a record, a pin, or what this machine remembers."""

    figure: str
    """Its name."""
    request: str
    """The digest of what it asked for."""
    key: str = ""


class FormerNames:
    """The figures that are gone, and those that take over from them."""

    def __init__(
        self,
        figures: Sequence[Figure],
        names: Collection[str],
        document: str,
        traces: Callable[[], Iterable[Trace]],
    ) -> None:
        """``names`` are those of all figures that stand in the project, the invalid ones too."""
        self._figures = {figure.name: figure for figure in figures}
        self._names = names
        self._document = document
        self._traces = traces

    def is_gone(self, name: str) -> bool:
        """Whether a figure does not stand in the project any more."""
        if self._document and not name.startswith(f"{self._document}:"):
            return False
        return bool(name) and name not in self._names

    def of(self, figure: Figure) -> Collection[str]:
        """Return the names that a figure had before; another one may have them now."""
        return self._found.get(figure.name, ())

    def gone_of(self, figure: Figure) -> Collection[str]:
        """Return the names that a figure had before and none has now."""
        return [name for name in self.of(figure) if self.is_gone(name)]

    def _left_by(self, name: str, traces: set[Trace]) -> set[Trace]:
        """Return what a figure left that is gone, or asks for something else now."""
        if self.is_gone(name):
            return traces
        now = self._figures[name].key.request if name in self._figures else None
        return {trace for trace in traces if now and trace.request != now}

    @cached_property
    def _found(self) -> Mapping[str, Collection[str]]:
        """The former names of figures. At most one figure takes over from a name.

        Several figures may ask for the same, and a copy elsewhere must not take over from the
        original. So the surest sign counts; if it fits several figures, none takes over.
        """
        left: dict[str, set[Trace]] = defaultdict(set)
        for trace in self._traces():
            left[trace.figure].add(trace)
        gone = {name: rest for name in left if (rest := self._left_by(name, left[name]))}
        free: dict[str, list[Figure]] = defaultdict(list)
        for figure in self._figures.values() if gone else ():
            if all(trace.request != figure.key.request for trace in left.get(figure.name, ())):
                free[figure.key.request].append(figure)
        found: dict[str, list[str]] = defaultdict(list)
        for is_sign in _SIGNS:
            for name, traces in list(gone.items()):
                fits = {
                    figure.name
                    for trace in traces
                    for figure in free.get(trace.request, ())
                    if is_sign(trace, figure)
                }
                if fits:
                    del gone[name]
                if len(fits) == 1:
                    found[fits.pop()].append(name)
            for same in free.values():
                same[:] = [figure for figure in same if figure.name not in found]
        return found


def _has_its_key(trace: Trace, figure: Figure) -> bool:
    return trace.key == figure.key.digest


def _has_its_name(trace: Trace, figure: Figure) -> bool:
    return bool(figure.block.name) and trace.figure.endswith(f":{figure.block.name}")


def _is_on_its_page(trace: Trace, figure: Figure) -> bool:
    page = f"{figure.block.document}:"
    return trace.figure.startswith(page) and figure.name.startswith(page)


def _asks_for_the_same(trace: Trace, figure: Figure) -> bool:
    return trace.request == figure.key.request


def _moved_with_its_page(trace: Trace, figure: Figure) -> bool:
    return trace.figure.rpartition("/")[2] == figure.name.rpartition("/")[2]


_SIGNS = (_has_its_key, _moved_with_its_page, _has_its_name, _is_on_its_page, _asks_for_the_same)
"""Signs that a figure takes over from another one, the surest first."""
