"""Which files of a project's folder its figures use, and why the others are not used.

Files are called unused only if that is certain. Not certain are: a figure that only another builder
shows, a document that shares the folder and was not named, and all of a document that TeX has not
read to its end.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from pbfigure.documents.document import Document, DocumentFigure
from pbfigure.figure.figure import Figure
from pbfigure.project.resolved_figure import ResolvedFigure
from pbfigure.store.figures_dir import FiguresDir
from pbfigure.store.pins_and_approvals import Approvals, Decision, Pins
from pbfigure.store.record import Record
from pbfigure.upkeep.figures_dir_files import StoredFiles, Use, stored_files

_LANGUAGE = re.compile(r"@([A-Za-z]{2,3}(?:[_-][A-Za-z0-9]+)*)\Z")
"""How the name of a figure ends that a translated build has of its own."""


@dataclass(slots=True)
class FolderUse:
    """One folder of figures, and the documents that use it."""

    documents: Sequence[Document]
    figures: FiguresDir
    kept: list[StoredFiles]

    @property
    def folder(self) -> Path:
        """Where it is."""
        return self.figures.folder

    def of(self, use: Use) -> list[StoredFiles]:
        """Return the files of which this is known."""
        return [each for each in self.kept if each.use == use]


def usage_of(documents: Sequence[Document], figures: Sequence[DocumentFigure]) -> list[FolderUse]:
    """Return what is in the folders of these documents; ``figures`` are all of theirs."""
    folders: dict[Path, tuple[Path, list[Document]]] = {}
    for document in documents:
        if (own := document.project.figures) is not None and own.folder.is_dir():
            folders.setdefault(own.folder.resolve(), (own.folder, []))[1].append(document)
    return [
        _Judge(folder, users, [each for each in figures if each.document in users]).folder()
        for folder, users in folders.values()
    ]


class _Judge:
    def __init__(
        self, folder: Path, documents: Sequence[Document], figures: Sequence[DocumentFigure]
    ) -> None:
        self._documents = documents
        self._figures = figures
        project = documents[0].project
        self._dir = FiguresDir(folder, project.verified)
        self._cache = project.cache
        self._by_name = {
            each.resolved.figure.name: each for each in figures if each.resolved.figure is not None
        }
        self._hidden = {
            figure.name
            for document in documents
            if document.hidden is not None
            for figure in document.hidden.figures(document.project.settings.defaults)
        } - self._by_name.keys()
        invalid = [each.resolved for each in figures if each.resolved.figure is None]
        self._invalid = {each.short_name for each in invalid}
        self._with_invalid = {each.block.document for each in invalid}
        """The documents in which a block is no figure that can be made."""
        decided: list[Decision] = [*Pins(folder).all(), *Approvals(folder).all()]
        self._decided = {each.path.name: each.figure for each in decided}

    def folder(self) -> FolderUse:
        kept = stored_files(self._dir, self._cache)
        shown = {path.name: each for each in kept for path in each.paths}
        for figure in self._figures:
            resolved = figure.resolved
            if resolved.path is not None and resolved.path.parent == self._dir.folder:
                self._use(shown.get(resolved.path.name), figure)
            for record in self._revised(resolved):
                for each in kept:
                    if each.record is not None and each.record.key == record.key:
                        self._use(each, figure)
            for decision in (resolved.pin, resolved.approval):
                if decision is not None:
                    self._use(shown.get(decision.path.name), figure)
            lost = None if resolved.lost is None else resolved.lost.record
            for each in kept if lost is not None else ():
                if each.record == lost:
                    self._use(each, figure)
        for each in kept:
            if each.use == Use.USED:
                each.was_moved = self._was_moved(each)
            else:
                each.use, each.why = self._judge(each)
        return FolderUse(self._documents, self._dir, kept)

    def _revised(self, resolved: ResolvedFigure) -> Iterator[Record]:
        """Yield the record of the picture that a figure's picture is drawn from, or will be drawn
        from, then of the one that this one is drawn from, and so on.
        """
        if resolved.base is not None:
            yield resolved.base
        record, seen = resolved.base or resolved.record, set[str]()
        while record is not None and record.request.base and record.request.base not in seen:
            seen.add(record.request.base)
            before = self._dir.of_key(record.request.base)
            record = None if before is None else before.record
            if record is not None:
                yield record

    @staticmethod
    def _use(kept: StoredFiles | None, figure: DocumentFigure) -> None:
        if kept is not None:
            kept.use = Use.USED
            kept.shown_by.append(figure)

    def _was_moved(self, kept: StoredFiles) -> bool:
        name = self._name_of(kept)
        named = {each.resolved.full_name for each in kept.shown_by}
        return bool(name) and len(named) == 1 and name not in named and self._is_gone(name)

    def _is_gone(self, name: str) -> bool:
        stands = name in self._by_name or name in self._hidden
        return not stands and not self._may_be_invalid(name)

    def _may_be_invalid(self, name: str) -> bool:
        document, colon, _ = name.partition(":")
        return name in self._invalid or bool(colon and document in self._with_invalid)

    def _name_of(self, kept: StoredFiles) -> str:
        if kept.record is not None:
            return kept.record.figure or ""
        return self._decided.get(kept.name, "")

    def _judge(self, kept: StoredFiles) -> tuple[Use, str]:
        """Judge files that no figure shows."""
        files, name = {path.name for path in kept.paths}, self._name_of(kept)
        if kept.record is None and any(files & set(each.files) for each in self._documents):
            return Use.USED, "TeX shows it"
        if doubt := self._doubt(kept, files, name):
            return Use.OTHER, doubt
        return Use.UNUSED, self._reason(kept, name)

    def _doubt(self, kept: StoredFiles, files: set[str], name: str) -> str:
        """Return why files that no figure shows may still be used; empty if they surely are not."""
        if any(files & set(each.files_of_others) for each in self._documents):
            return "another document of the folder shows it"
        if kept.damage:
            return kept.damage
        if name in self._hidden:
            return "the builder does not show its figure"
        if self._may_be_invalid(name):
            return "it may be of a figure that is invalid"
        if stranger := self._other_document(name):
            return f"it may be of {stranger}, which was not named"
        unread = (each.path.name for each in self._documents if not each.is_complete)
        first = next(unread, "")
        return f"not all figures of {first} are known: TeX has to run" if first else ""

    def _other_document(self, name: str) -> str:
        """Return the translation or LaTeX document that a figure's name speaks of, if that was not
        named.
        """
        if name not in self._by_name and (language := _LANGUAGE.search(name)):
            return f"the translation into {language[1]}"
        document, colon, _ = name.partition(":")
        paths = [each.path for each in self._documents if each.is_latex]
        if not colon or not paths or document in {path.stem for path in paths}:
            return ""
        other = paths[0].with_name(f"{document}.tex")
        return other.name if other.is_file() else ""

    def _reason(self, kept: StoredFiles, name: str) -> str:
        record = kept.record
        if kept.is_decision:
            return f"it is about {name or 'no figure'}, which is gone"
        if record is None:
            return "no record names it"
        figure = self._by_name.get(name)
        if figure is None or figure.resolved.figure is None:
            document, _, own = name.partition(":")
            if own and own == record.request_digest[: len(own)]:  # it had no name
                return f"no figure of {document} asks for it any more"
            return f"its figure {name} is gone" if name else "no figure shows it"
        now = figure.resolved.figure
        return _difference(now, record)


def _difference(now: Figure, record: Record) -> str:
    """Return what is different in the request of a picture that its figure does not show."""
    if record.key == now.key.digest:
        return "another picture is pinned"
    if record.request_digest == now.key.request:
        return "drawn from an earlier text"
    asked, was = now.request.summary(), record.request
    if asked.is_same_but_variant(was):
        return f"variant {was.variant}"
    if was.prompt != asked.prompt:
        return "an earlier prompt"
    if was.style != asked.style:
        return "an earlier style"
    return "earlier options" if was.revise == asked.revise else "another revision"
