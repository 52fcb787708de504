"""A figure block as its author wrote it, before defaults and checks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from pbfigure.figure.content import Content
from pbfigure.figure.notice import Place


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
    ``pin`` and ``on-text-change``."""
    name: str | None = None
    """The figure's name in its document (Sphinx's ``name``), used if it has no ``id``."""
    shown: Mapping[str, str] = {}
    """How its document shows it, as written and as far as the front end knows: ``caption``,
    ``alt``, ``width``, ``height``, ``scale``. No part of what is bought."""
    problems: tuple[str, ...] = ()
    """Problems that the front end found, such as an unreadable prompt file."""
    number: str = ""
    """The figure's number as its readers see it (``Fig. 3``), where that is known: for lists, and
    part of nothing that is asked for."""

    def with_problem(self, problem: str) -> FigureBlock:
        """Return the block with one more problem."""
        return self._replace(problems=(*self.problems, problem))
