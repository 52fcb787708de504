"""The figures of a LaTeX document, as TeX asked for them last: what plan, make and status work on.

Only TeX knows which figures a document sets. What it has not asked for yet is named, with its
place, and never bought.
"""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from latex_hook.map_update import MapUpdate, locked
from latex_hook.messages import Messages
from latex_hook.paper import Paper
from latex_hook.sources.own_files import check_folder
from latex_hook.sources.tokens import squashed
from latex_hook.tex.numbers import Numbers
from latex_hook.tex.picture_map import read_map
from latex_hook.tex.request_file import find_request_file, read_requests
from latex_hook.tex_figures import TexFigure
from pbfigure.documents.document import Document
from pbfigure.figure.block import FigureBlock
from pbfigure.figure.notice import Notice
from pbfigure.figure.unexpected import boundary
from pbfigure.figure.wording import counted
from pbfigure.project.project import Project

if TYPE_CHECKING:
    from pbfigure.project.resolved_figure import ResolvedFigure

PLACES = 5
"""Places that one notice names, at the most."""


def open_latex(main: Path, environ: Mapping[str, str]) -> Document:
    """Return the document whose main file is ``main``. Raises :exc:`FigureError`."""
    with boundary():
        return _Reading(main, environ).document()


class _Reading:
    def __init__(self, main: Path, environ: Mapping[str, str]) -> None:
        folder, request_file = main.absolute().parent, find_request_file(main)
        self._paper = Paper(
            main=main,
            folder=folder,
            request_file=request_file,
            requests=read_requests(request_file, folder),
            environ=environ,
        )

    def document(self) -> Document:
        paper = self._paper
        requests, settings = paper.requests, paper.settings
        project = Project(paper.folder, settings, paper.environ, paper.seen)
        figures = paper.figures() if requests.complete and not requests.no_pdf else []
        problem, is_changed = self._unasked(figures)
        if is_changed:
            figures = [self._outdated(each) for each in figures]
        return Document(
            path=paper.main,
            project=project,
            blocks=self._numbered(figures),
            hidden=None if problem else paper.hidden(figures),
            files=self._map_files(own=True),
            files_of_others=self._map_files(own=False),
            notices=[Notice("latex", problem)] if problem else [],
            is_complete=not problem,
            publish=lambda resolved: self._write_map(project, figures, resolved),
        )

    def _numbered(self, figures: Sequence[TexFigure]) -> list[FigureBlock]:
        """Return the figures' blocks, with the numbers that they have in the PDF."""
        numbers = Numbers(self._paper.request_file.with_suffix(".aux"))
        blocks = []
        for figure, asked in zip(figures, self._paper.requests.asked, strict=False):
            number = numbers.of(asked)
            blocks.append(figure.block._replace(number=f"Figure {number}" if number else ""))
        return blocks

    def _map_files(self, *, own: bool) -> set[str]:
        """Return the names of the files that the map has for this document, or for the others."""
        shown = read_map(self._paper.map_file)
        return {
            Path(entry.file).name
            for document, entries in shown.items()
            if (document == self._paper.name) == own
            for entry in entries.values()
            if entry.file
        }

    def _unasked(self, figures: Sequence[TexFigure]) -> tuple[str, bool]:
        """Return what TeX is still to be asked, as a sentence, empty if it was asked all; and
        whether the sources changed since it ran.
        """
        requests, found = self._paper.requests, self._paper.scan
        places = [found.document.place(call.start) for call in found.calls]
        if requests.problems:
            return requests.problems[0], False
        if requests.no_pdf and requests.asked:
            return requests.no_pdf, False
        if not requests.complete:
            if not places:
                return "", False
            why = "not run to its end" if self._paper.request_file.exists() else "not run yet"
            count = counted(len(places), "figure")
            return (
                f"TeX has {why}, and only what it asks for is made: run {self._latexmk} ({count} in"
                f" the sources: {_listed(places)})"
            ), False
        asked = {figure.block.place for figure in figures}
        words = {squashed(each.source) for each in requests.asked}
        unasked = [
            place
            for place, call in zip(places, found.calls, strict=True)
            if (place not in asked if call.prompt is None else call.words not in words)
        ]
        is_edited = bool(unasked) and not all(figure.is_placed for figure in figures)
        if not is_edited and not self._is_younger():
            return "", False
        count = counted(len(unasked), "figure")
        more = f"; it has not asked for {count} as now written: {_listed(unasked)}"
        changed = f"the sources changed since TeX ran: run {self._latexmk}"
        return changed + (more if unasked else ""), True

    @property
    def _latexmk(self) -> str:
        """The command that has TeX ask for what the sources have: latexmk reads its rule where it
        is started.
        """
        main = self._paper.main
        command = shlex.join(["latexmk", main.name])
        is_here = main.absolute().parent == Path.cwd()
        return command if is_here else f"cd {shlex.quote(str(main.parent))} && {command}"

    def _is_younger(self) -> bool:
        """Whether a source is younger than what TeX asked for."""
        asked_at = self._paper.request_file.stat().st_mtime_ns
        return any(path.stat().st_mtime_ns > asked_at for path in self._paper.scan.document.files)

    def _outdated(self, figure: TexFigure) -> TexFigure:
        """Return a figure as it is where the sources changed since TeX asked for it."""
        if figure.is_placed:
            return figure
        why = f"TeX asked for it in other words than the sources now have: run {self._latexmk}"
        return figure._replace(block=figure.block._replace(problems=(why,)))

    def _write_map(
        self, project: Project, figures: Sequence[TexFigure], resolved: Sequence[ResolvedFigure]
    ) -> None:
        """Let TeX see the pictures: a running ``latexmk -pvc`` reads the map again."""
        if not figures:
            return
        paper = self._paper
        check_folder(paper.map_file.parent, paper.root, paper.folder)
        update = MapUpdate(paper, Messages())
        for figure, shown in zip(figures, resolved, strict=True):
            update.add(figure, shown)
        try:
            update.write(locked(project))
        finally:
            project.close()


def _listed(places: Sequence[object]) -> str:
    return ", ".join(map(str, places[:PLACES])) + (", …" if len(places) > PLACES else "")
