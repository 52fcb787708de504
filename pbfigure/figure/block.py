"""A figure block as its author wrote it, before defaults and checks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, NamedTuple

from pbfigure.figure.notice import Place
from pbfigure.figure.surrounding_text import Content


class Appearance(NamedTuple):
    """How a figure stands in its document: what the figure check needs to know, never sent."""

    width: float | None = None
    """As its author or TeX gave it, in ``unit``; None: as wide as the picture, if there is room."""
    room: float = 700
    """The width of the column that it stands in, in ``unit``."""
    unit: Literal["px", "pt"] = "px"
    """CSS pixels on a page of HTML, points in print."""
    scale: float = 1.0
    """Of the picture's own width, if ``width`` is None."""
    language: str = "en"
    """Of the document, as ``de`` or ``de_CH``."""

    def shown_width(self, pixels: int) -> float:
        """Return the width of a picture where it is shown, in ``unit``."""
        own = pixels * self.scale if self.unit == "px" else self.room
        return self.width or min(self.room, own)

    def css_width(self, pixels: int) -> int:
        """Return this width in CSS pixels (96 an inch)."""
        return round(self.shown_width(pixels) * (1 if self.unit == "px" else 96 / 72.27))


class FigureBlock(NamedTuple):
    """One figure of a document, as written.

    Option values are the author's text; they are read and checked in one place for both front
    ends, by :func:`pbfigure.figure.figure.compose`.
    """

    document: str
    """Its document: Sphinx's docname, or the main .tex file's stem."""
    place: Place
    prompt: str
    content: Content | None
    """The text that a pipeline figure is drawn from, or None (``context: none``)."""
    options: Mapping[str, str] = {}
    """Hyphenated option name to value as written: the request's options, ``id``, ``variant``,
    ``pin``, ``on-text-change`` and ``check-ignore``."""
    name: str | None = None
    """The figure's name in its document (Sphinx's ``name``), used if it has no ``id``."""
    shown: Mapping[str, str] = {}
    """How its document shows it, as written and as far as the front end knows: ``caption``,
    ``alt``, ``width``, ``height``, ``scale``, ``figwidth``. No part of what is bought."""
    problems: tuple[str, ...] = ()
    """Problems that the front end found, such as an unreadable prompt file."""
    appearance: Appearance = Appearance()
    number: str = ""
    """The figure's number as its readers see it (``Fig. 3``), where that is known: for lists, and
    part of nothing that is asked for."""
    pages: tuple[str, ...] = ()
    """The documents that show it, the first in reading order first, where that is known."""

    language: str = ""
    """The language of a translated document, if its picture is one of its own there."""

    def with_problem(self, problem: str) -> FigureBlock:
        """Return the block with one more problem."""
        return self._replace(problems=(*self.problems, problem))
