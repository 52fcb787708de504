"""The figures of a LaTeX document, as TeX asked for them last: what plan, make and status work on.

Only TeX knows which figures a document sets. What it has not asked for yet is named, with its
place, and never bought.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from latex_hook.blocks import TexFigure
from latex_hook.map_update import MapUpdate, locked
from latex_hook.messages import Messages
from latex_hook.paper import Paper
from latex_hook.sources.boundary import check_folder
from latex_hook.tex.picture_map import FOLDER, NAME, read_map
from latex_hook.tex.request_file import find_request_file, read_requests
from pbfigure.figure.notice import Notice
from pbfigure.figure.unexpected import boundary
from pbfigure.figure.words import counted
from pbfigure.project.document import Document
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
        self._map_file = folder / FOLDER / NAME

    def document(self) -> Document:
        paper = self._paper
        requests, settings = paper.requests, paper.settings
        project = Project(paper.folder, settings, paper.environ, paper.seen)
        figures = paper.ready() if requests.complete and not requests.dvi else []
        problem = self._unasked(figures)
        notices = [
            Notice("option", f"{each.block.place}: {each.residue_problem}; it is sent as it is")
            for each in figures
            if each.residue and settings.on_failure != "error"
        ]
        return Document(
            path=paper.main,
            project=project,
            blocks=[figure.block for figure in figures],
            files=self._map_files(own=True),
            files_of_others=self._map_files(own=False),
            notices=[*notices, *([Notice("latex", problem)] if problem else [])],
            is_complete=not problem,
            publish=lambda resolved: self._write_map(project, figures, resolved),
        )

    def _map_files(self, *, own: bool) -> set[str]:
        """Return the names of the files that the map has for this document, or for the others."""
        shown = read_map(self._map_file)
        return {
            Path(entry.file).name
            for document, entries in shown.items()
            if (document == self._paper.name) == own
            for entry in entries.values()
            if entry.file
        }

    def _unasked(self, figures: Sequence[TexFigure]) -> str:
        """Return what TeX is still to be asked, as a sentence; empty if it was asked all."""
        requests, main, found = self._paper.requests, self._paper.main, self._paper.scan
        places = [found.document.place(call.start) for call in found.calls]
        if requests.problems:
            return requests.problems[0]
        if requests.dvi:
            return f"TeX wrote a DVI file, which holds none of these pictures: latexmk -pdf {main}"
        if not requests.complete:
            if not places:
                return ""
            why = "not run to its end" if self._paper.request_file.exists() else "not run yet"
            count = counted(len(places), "figure")
            return (
                f"TeX has {why}, and only what it asks for is made: run latexmk {main} ({count} in"
                f" the sources: {_listed(places)})"
            )
        asked_at = self._paper.request_file.stat().st_mtime_ns
        if all(path.stat().st_mtime_ns <= asked_at for path in found.document.files):
            return ""
        asked = {figure.block.place for figure in figures}
        unasked = [place for place in places if place not in asked]
        more = f"; it has not asked for {counted(len(unasked), 'figure')}: {_listed(unasked)}"
        return f"the sources changed since TeX ran: run latexmk {main}" + (more if unasked else "")

    def _write_map(
        self, project: Project, figures: Sequence[TexFigure], resolved: Sequence[ResolvedFigure]
    ) -> None:
        """Let TeX see the pictures: a running ``latexmk -pvc`` reads the map again."""
        if not figures:
            return
        paper = self._paper
        check_folder(self._map_file.parent, paper.root, paper.folder)
        update = MapUpdate(self._map_file, paper.request_file, paper.copies, Messages())
        for figure, shown in zip(figures, resolved, strict=True):
            update.add(figure, shown)
        try:
            with locked(project):
                update.write(
                    paper.name, keep_all=bool(paper.original), keep_shown=paper.requests.partial
                )
        finally:
            project.close()


def _listed(places: Sequence[object]) -> str:
    return ", ".join(map(str, places[:PLACES])) + (", …" if len(places) > PLACES else "")
