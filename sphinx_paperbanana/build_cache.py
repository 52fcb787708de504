"""A short cut for a build in which nothing changed since the last: it shows what that one showed.

The same figures, settings and files of the project's folder give the same pictures, so nothing
needs to be composed, and no record to be read. The short cut is open only after a build in which
every figure had its own picture, whole, in that folder, and there was nothing to tell; and files
count as the same by size, times and inode, as in the memo of checked files.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from sphinx.builders.html import StandaloneHTMLBuilder

from pbfigure import __version__
from pbfigure.store.file_memo import FileStamp, load_memo, save_memo
from sphinx_paperbanana.builders import copies_folder, scaled_images_are_links
from sphinx_paperbanana.config import read_settings
from sphinx_paperbanana.figures import Facts, RegisteredFigure, RenderedFigure, Whole

if TYPE_CHECKING:
    from sphinx.application import Sphinx
    from sphinx.builders import Builder


class BuildCache:
    """The state of one build, before anything is looked up."""

    def __init__(self, app: Sphinx, figures: Mapping[str, RegisteredFigure]) -> None:
        self._figures = figures
        self._path = memo_path(app.builder, "unchanged")
        self._settings = read_settings(app)
        self._folder = self._settings.figures_dir
        self._copies = copies_folder(app.builder)
        self._links = scaled_images_are_links(app.builder)
        self._applies = isinstance(app.builder, StandaloneHTMLBuilder)
        self._before = self._digest()

    def recall(self) -> tuple[dict[str, RenderedFigure], str] | None:
        """Return what the last build showed and said, if all is as it was then."""
        if self._before is None or self._folder is None:
            return None
        try:
            document = load_memo(self._path)
            if document["digest"] != self._before:
                return None
            shown = {
                mark: RenderedFigure(
                    self._file(name),
                    alt,
                    (width, height),
                    Facts(*facts),
                    whole and Whole(whole[0] and self._file(whole[0]), tuple(whole[1])),
                )
                for mark, (name, alt, (width, height), facts, whole) in document["shown"].items()
            }
            if shown.keys() != self._figures.keys():
                return None
            return shown, document["summary"]
        except (ValueError, LookupError, TypeError, AttributeError):
            return None

    def remember(self, shown: Mapping[str, RenderedFigure], summary: str) -> None:
        """Open the short cut for the next build, where this one was without doubt."""
        if self._before is None or self._before != self._digest():
            return
        entries: dict[str, tuple[object, ...]] = {}
        local = self._settings.base_url.startswith("http:")
        for mark, (path, alt, size, facts, whole) in shown.items():
            # whether a draft will do depends on the key, of which nothing is written down
            if path is None or size is None or facts is None:
                return
            if facts.draft and not local:
                return
            name = self._name_of(path)
            whole_name = self._name_of(whole.path) if whole and whole.path else ""
            if name is None or whole_name is None:
                return
            entries[mark] = name, alt, size, facts, whole and (whole_name or None, whole.size)
        document = {"digest": self._before, "summary": summary, "shown": entries}
        save_memo(self._path, document)

    def _name_of(self, path: Path) -> str | None:
        """Return how :meth:`_file` finds a file, or None for one that is elsewhere."""
        if path.parent == self._folder:
            return path.name
        is_copy = path.parent.parent == self._copies
        return f"{path.parent.name}/{path.name}" if is_copy else None

    def _file(self, name: str) -> Path:
        """Return a picture in the project's folder, which the digest tells to be there, or a
        labelled copy of one. Raises LookupError for a copy that is gone.
        """
        if "/" not in name:
            return (self._folder or Path()) / name
        if not (copy := self._copies / name).exists():
            raise LookupError(name)
        return copy

    def _digest(self) -> str | None:
        """Return a digest of all that the pictures depend on, or None where that will not do."""
        files = self._files()
        if not self._applies or files is None:
            return None
        figures = [
            (
                mark,
                block.document,
                block.prompt,
                written.spoken_prompt,
                block.language,
                block.name,
                block.problems,
                sorted(block.options.items()),
                None if content is None else (content.automatic, content.source),
                written.alt,
            )
            for mark, written in self._figures.items()
            for block, content in ((written.block, written.block.content),)
        ]
        state = json.dumps((__version__, repr(self._settings), self._links, figures, files))
        return hashlib.sha256(state.encode()).hexdigest()

    def _files(self) -> list[tuple[str, int, int, int, int]] | None:
        """Return what tells the folder's files apart, or None where they changed just now."""
        try:
            with os.scandir(self._folder or "") as entries:
                stats = ((entry.name, entry.stat(follow_symlinks=False)) for entry in entries)
                found = sorted((name, *FileStamp.of(status)) for name, status in stats)
        except OSError:
            return None
        newest = max((max(mtime, ctime) for _, _, mtime, ctime, _ in found), default=0)
        return found if FileStamp(0, newest, newest, 0).is_settled else None


def memo_path(builder: Builder, what: str) -> Path:
    """Return where to remember something of a builder's output, in the folder of doctrees."""
    where = hashlib.sha256(f"{builder.name}\0{builder.outdir}".encode()).hexdigest()[:12]
    return Path(builder.doctreedir) / f"paperbanana-{what}-{where}.json"
