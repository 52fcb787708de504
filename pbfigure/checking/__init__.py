"""The figure check: reads what pictures say and judges it by what they were drawn from.

The readers are extras. Nothing here imports one, nor anything else that a build has no need of,
before a picture is to be checked; a build that buys nothing does not even import this package.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from pbfigure.checking.installed import installed
from pbfigure.figure.notice import FigureError
from pbfigure.figure.unexpected import boundary

if TYPE_CHECKING:
    from pbfigure.checking.finding import Finding
    from pbfigure.project.project import Project
    from pbfigure.project.resolved_figure import ResolvedFigure

__all__ = ["check_new", "findings_in"]


def check_new(project: Project, figures: Iterable[ResolvedFigure]) -> None:
    """Warn of what is wrong with the pictures that a build bought, if a reader is installed.

    The sandbox's drafts show the prompt itself: they are no pictures to be judged.
    """
    new = [each for each in figures if each.made and not each.draft]
    if new and installed() is not None:
        from pbfigure.checking.checker import check_figures

        check_figures(project, new)


def findings_in(project: Project, resolved: ResolvedFigure) -> Sequence[Finding]:
    """Return the findings in a figure's picture, if it was read before: reading takes seconds."""
    if installed() is None:
        return ()
    from pbfigure.checking.checker import Checker

    checker = Checker(project)
    try:
        with boundary():
            return checker.figure(resolved).findings if checker.was_read(resolved) else ()
    except FigureError:
        return ()
