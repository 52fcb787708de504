"""A document that a verb works on: a Sphinx project or a LaTeX paper, with the figures in it.

The front ends open documents; plan, make and status work on any of them alike. Nothing is asked of
the service here, and nothing is written.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from pbfigure.figure.block import FigureBlock
from pbfigure.figure.notice import Notice, printable
from pbfigure.project.project import Project
from pbfigure.project.resolution import resolve
from pbfigure.project.resolved_figure import ResolvedFigure

Publish = Callable[[Sequence[ResolvedFigure]], None]


def publish_nothing(figures: Sequence[ResolvedFigure]) -> None:
    """Do nothing: the next build finds new pictures by itself."""


@dataclass(slots=True, kw_only=True)
class Document:
    """One PATH of the command line."""

    path: Path
    """The Sphinx source folder or the main .tex file, as its user named it."""
    project: Project
    blocks: Sequence[FigureBlock] = ()
    """The figures that a build shows, in reading order."""
    known: Collection[str] | None = None
    """The names of all named figures of the project; see :func:`resolve`."""
    notices: Sequence[Notice] = ()
    """What its author is to know: where TeX has not run yet, say."""
    is_complete: bool = True
    """Whether ``blocks`` surely has every figure."""
    publish: Publish = field(default=publish_nothing)
    """Let a running build know of new pictures; it takes all figures, as they are now."""

    @property
    def is_latex(self) -> bool:
        """Whether it is a LaTeX document."""
        return self.path.is_file()

    def look_up(self) -> Sequence[ResolvedFigure]:
        """Return the state of each figure, in the order of ``blocks``."""
        offline = replace(self.project.settings, mode="offline")
        project = replace(self.project, settings=offline, _opened=[])
        try:
            return resolve(project, self.blocks, known=self.known, look_up_only=True).figures
        finally:
            project.close()


@dataclass(slots=True)
class DocumentFigure:
    """One figure of a document, by the name that its author knows."""

    document: Document
    resolved: ResolvedFigure
    name: str
    """As lists show it and commands take it: the shortest that is unique."""
    full_name: str
    """With its document: ``guide:fig-flow``; an ``id`` stands alone."""

    @property
    def key(self) -> str:
        """The key's digest; empty if the block is no figure that can be made."""
        return self.resolved.figure.key.digest if self.resolved.figure else ""

    def is_named(self, name: str) -> bool:
        """Whether a name from the command line is this figure's."""
        return name in (self.name, self.full_name, _short_name(self.resolved))


def look_up(documents: Iterable[Document]) -> list[DocumentFigure]:
    """Return the figures of all documents, in their order, each with its state and its name.

    A figure that stands at several places is listed once.
    """
    found: dict[tuple[int, str], tuple[Document, ResolvedFigure]] = {}
    for number, document in enumerate(documents):
        for resolved in document.look_up():
            place = str(resolved.block.place)
            name = resolved.figure.name if resolved.figure else f"{place}:{resolved.why}"
            found.setdefault((number, name), (document, resolved))
    same = Counter(_short_name(resolved) for _, resolved in found.values())
    figures = []
    for document, resolved in found.values():
        short, full = _short_name(resolved), _full_name(resolved)
        figures.append(
            DocumentFigure(document, resolved, short if same[short] == 1 else full, full)
        )
    return figures


def _short_name(resolved: ResolvedFigure) -> str:
    block = resolved.block
    own = block.options.get("id", "").strip() or block.name
    return printable(own) if own else _full_name(resolved)


def _full_name(resolved: ResolvedFigure) -> str:
    if resolved.figure is not None:
        return printable(resolved.figure.name)
    block = resolved.block
    return printable(f"{block.document}:{block.name}" if block.name else str(block.place))
