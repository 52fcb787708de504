r"""The map as a run of the hook leaves it: which picture TeX shows for what it asked for.

A figure's entry names its picture; what TeX no longer asks for goes, unless it may ask again.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING

from latex_hook.messages import Messages
from latex_hook.tex.picture_map import (
    MapEntry,
    PictureMap,
    fitted,
    is_news,
    is_read_by_tex,
    read_map,
    write_map,
)
from latex_hook.tex.request_file import part_file
from latex_hook.tex_figures import TexFigure
from pbfigure.figure.notice import FigureError
from pbfigure.figure.wording import shortened
from pbfigure.store.provenance_marks import Mark

if TYPE_CHECKING:
    from latex_hook.paper import Paper
    from pbfigure.project.project import Project
    from pbfigure.project.resolved_figure import ResolvedFigure

LISTED = 200
"""Characters of a prompt that ``\\pbfigurelist`` sets."""


class MapUpdate:
    """One document's entries, from figures to the file."""

    def __init__(self, paper: Paper, messages: Messages, *, looks_only: bool = False) -> None:
        """``looks_only``: TeX is still to run, so nothing goes from the map before it has."""
        self._paper = paper
        self._folder = paper.folder
        self._copies, self._labels = paper.copies, paper.settings.label
        self._messages = messages
        self._looks_only = looks_only
        self._entries: list[tuple[MapEntry, str]] = []
        self._unsigned: list[str] = []
        """The names of pictures whose copies for TeX have no signature."""
        self.shown: set[Path] = set()
        """The files that TeX shows."""
        self.too_large = False
        """Whether the map is more than TeX reads."""

    def add(self, figure: TexFigure, resolved: ResolvedFigure) -> None:
        """Add the entry of a figure."""
        entry = MapEntry(figure.id, figure.md5, *self._entry(figure, resolved))
        if entry.file:
            self.shown.add(self._folder / entry.file)
        self._entries.append((entry, figure.part))

    def _entry(
        self, figure: TexFigure, resolved: ResolvedFigure
    ) -> tuple[str, str, str, str, str, str]:
        """Return file, note and what ``\\pbfigurelist`` sets of a figure."""
        from latex_hook.tex.pictures import shown_file

        file, note, record = "", "", resolved.record
        if resolved.path is not None:
            try:
                file = shown_file(
                    resolved.path, self._folder, self._copies, record, labels=self._labels
                )
            except OSError as error:
                note = f"its picture cannot be copied into the project: {error.strerror or error}"
                self._messages.say(note, level="warning", place=figure.block.place)
            if record and record.picture.mark is Mark.C2PA and resolved.path.suffix == ".webp":
                self._unsigned.append(resolved.path.name)
        if not file:
            note = note or resolved.why or "it has no picture yet"
        elif resolved.is_miss:
            note = f"{resolved.state}: its last picture is shown"
        # of the picture that is shown, which may be an earlier request's
        prompt = figure.block.prompt if record is None else record.listed_prompt
        prompt = shortened(prompt, LISTED)  # as \pbfigurelist sets it
        if record is None:
            return file, note, prompt, "", "", ""
        return file, note, prompt, record.model, record.created_at[:10], f"{record.cost_credits:g}"

    def write(self, lock: AbstractContextManager[None]) -> None:
        """Merge the entries into the map, under a lock if that changes it. Raises ``OSError``."""
        before = self._merge(is_news)
        if before is not None:
            with lock:  # another document may write it meanwhile
                self._merge(write_map)
            for entry, part in self._entries:
                there = before.get(entry.key)
                if part and entry.file != (there.file if there else ""):
                    self._externalize_again(part)
        if self._unsigned:
            from pbfigure.provenance.published_copies import unsigned_text

            self._messages.say(unsigned_text("TeX", self._unsigned))

    def _merge(
        self, write: Callable[[Path, PictureMap], bool]
    ) -> Mapping[tuple[str, str], MapEntry] | None:
        """Return the document's entries as they were, if there was something to write."""
        map_file, document = self._paper.map_file, self._paper.name
        documents = read_map(map_file)
        before = documents.get(document, {})
        new = {entry.key: entry for entry, _ in self._entries}
        documents[document] = {**self._kept(before), **new}
        documents, left_out = fitted(documents, document, new.keys(), self._folder)
        if left_out and self._looks_only:
            return None
        if left_out:
            self._messages.say(
                f"{map_file} would be more than TeX reads: {left_out} are left out",
                level="warning",
            )
        self.too_large = not is_read_by_tex(documents)
        if self.too_large:
            self._messages.say(
                f"{map_file} is more than TeX reads, and no picture is shown: split the"
                " document into several, with a name= each and a folder for each",
                level="warning",
            )
        return before if write(map_file, documents) else None

    def _kept(
        self, before: Mapping[tuple[str, str], MapEntry]
    ) -> Mapping[tuple[str, str], MapEntry]:
        """Return the document's entries that stay, whether TeX asked for them now or not."""
        if self._looks_only or self._paper.original:
            return before
        if self._paper.requests.partial:  # TeX did not see all of it
            return {k: e for k, e in before.items() if e.file and (self._folder / e.file).is_file()}
        return {}

    def _externalize_again(self, part: str) -> None:
        """Make TeX draw an externalized picture anew: its figure has another picture now."""
        for folder in {self._folder, self._paper.request_file.parent}:
            path = part_file(folder, part, ".md5")
            if path is not None:
                path.unlink()


@contextlib.contextmanager
def locked(project: Project) -> Iterator[None]:
    """Keep two documents of one folder, built at once, from losing each other's entries."""
    from filelock import FileLock, Timeout

    lock = None
    try:
        folder = project.cache.folder / "latex"  # where the hook keeps its notes, offline too
        if not folder.is_symlink():
            lock = FileLock(folder / f"map-{project.identity}.lock", timeout=30)
            lock.acquire()
    except (FigureError, OSError, Timeout):
        lock = None  # the worst is that the next build writes what this one lost
    try:
        yield
    finally:
        if lock is not None:
            lock.release()
