"""A project's builds through ``resolve``: its block, and what came of it."""

from __future__ import annotations

from collections.abc import Callable

from pbfigure.figure.block import FigureBlock
from pbfigure.figure.notice import Place
from pbfigure.figure.surrounding_text import AutomaticText
from pbfigure.project.resolved_figure import Resolution, ResolvedFigure

BLOCK = FigureBlock(
    document="guide",
    place=Place("guide.rst", 12),
    prompt="A flow chart of the carbon cycle",
    content=AutomaticText(("Carbon moves from air to sea.",), 1),
    name="cycle",
)

Build = Callable[..., Resolution]


def only(resolution: Resolution) -> ResolvedFigure:
    (figure,) = resolution.figures
    return figure


def told(resolution: Resolution) -> list[str]:
    """Every warning's subtype."""
    of_figures = (notice for figure in resolution.figures for notice in figure.notices)
    return [n.subtype for n in (*resolution.notices, *of_figures) if n.level != "info"]


def with_text(text: str, **options: str) -> FigureBlock:
    return BLOCK._replace(content=AutomaticText((text,), 1), options=options)
