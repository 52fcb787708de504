"""A document that a verb works on: a Sphinx project or a LaTeX paper, with the figures in it.

The front ends open documents; plan, make and status work on any of them alike. Nothing is asked of
the service here, and nothing is written.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, NamedTuple

from pbfigure.figure.block import FigureBlock
from pbfigure.figure.input_limits import composed
from pbfigure.figure.notice import Notice
from pbfigure.project.project import Project
from pbfigure.project.renamed_figures import Hidden
from pbfigure.project.resolution import resolve
from pbfigure.project.resolved_figure import ResolvedFigure


class SphinxBuild(NamedTuple):
    """What the command line of a Sphinx build says: on it depends which figures there are."""

    builder: str = "html"
    tags: Sequence[str] = ()
    settings: Sequence[tuple[str, str]] = ()
    """Of conf.py, by name."""


@dataclass(slots=True, kw_only=True)
class Document:
    """One PATH of the command line."""

    path: Path
    """The Sphinx source folder or the main .tex file, as its user named it."""
    project: Project
    blocks: Sequence[FigureBlock] = ()
    """The figures that a build shows, in reading order."""
    hidden: Hidden | None = None
    """The figures that this builder does not show; None: they are not known."""
    files: Collection[str] = ()
    """The names of the files that it shows, if something else than ``blocks`` says so."""
    files_of_others: Collection[str] = ()
    """The names of the files that other documents with the same figures_dir show."""
    notices: Sequence[Notice] = ()
    """What its author is to know: where TeX has not run yet, say."""
    is_complete: bool = True
    """Whether ``blocks`` surely has every figure."""
    publish: Callable[[Sequence[ResolvedFigure]], None] = lambda figures: None
    """Tells a running build of new pictures; takes all figures as they are now. By default nothing:
    the next build finds them by itself."""

    @property
    def is_latex(self) -> bool:
        """Whether it is a LaTeX document."""
        return self.path.is_file()

    def look_up(self) -> Sequence[ResolvedFigure]:
        """Return the state of each figure, in the order of ``blocks``."""
        project = replace(self.project, read_only=True)
        try:
            return resolve(project, self.blocks, hidden=self.hidden, look_up_only=True).figures
        finally:
            project.close()

    def as_json(self) -> dict[str, Any]:
        """The document as programs read it."""
        settings = self.project.settings
        return {
            "path": str(self.path),
            "kind": "latex" if self.is_latex else "sphinx",
            "complete": self.is_complete,
            "mode": settings.mode,
            "max_credits": settings.max_credits,
            "notices": [each.as_json() for each in self.notices],
        }

    def tell_build(self) -> None:
        """Tell a running build of its figures as they are now."""
        self.publish(self.look_up())


@dataclass(slots=True)
class DocumentFigure:
    """One figure of a document, by the name that its author knows."""

    document: Document
    resolved: ResolvedFigure
    name: str
    """As lists show it and commands take it: the shortest that is unique."""

    def is_named(self, name: str) -> bool:
        """Whether a name from the command line is this figure's, however its accents are coded."""
        names = (self.name, self.resolved.full_name, self.resolved.short_name)
        return composed(name) in map(composed, names)


def keys_of(figures: Iterable[DocumentFigure]) -> set[str]:
    """Return the keys of figures, and of the pictures that they show instead."""
    known = [each.resolved for each in figures]
    shown = {resolved.record.key for resolved in known if resolved.record is not None}
    return shown | {resolved.key for resolved in known}


def figures_of(documents: Iterable[Document]) -> list[DocumentFigure]:
    """Return the figures of all documents, each with its state and its name.

    A figure that stands at several places is listed once.
    """
    found: dict[tuple[int, str], tuple[Document, ResolvedFigure]] = {}
    for number, document in enumerate(documents):
        for resolved in document.look_up():
            unique = (
                resolved.full_name if resolved.figure else f"{resolved.block.place} {resolved.why}"
            )
            found.setdefault((number, unique), (document, resolved))
    same = Counter(resolved.short_name for _, resolved in found.values())
    return [
        DocumentFigure(
            document,
            resolved,
            resolved.short_name if same[resolved.short_name] == 1 else resolved.full_name,
        )
        for document, resolved in found.values()
    ]
