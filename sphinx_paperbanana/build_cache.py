"""A short cut for a build in which nothing changed since the last: it shows what that one showed.

The same figures, settings and files of the project's folder give the same pictures, so nothing
needs to be unpickled or composed, and no record to be read. The short cut is open only after a
build in which every figure had its own picture, whole, in that folder, and there was nothing to
tell; and files count as the same by size, times and inode, as in the memo of checked files.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import pickle
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sphinx.builders.html import StandaloneHTMLBuilder
from sphinx.builders.singlehtml import SingleFileHTMLBuilder

from pbfigure import __version__
from pbfigure.project.repository import REPORT
from pbfigure.store.file_memo import FileStamp
from pbfigure.store.files import read_bounded, refuse_link, write_whole
from sphinx_paperbanana.builders import copies_folder, scaled_images_are_links
from sphinx_paperbanana.config import read_settings

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from sphinx.application import Sphinx
    from sphinx.builders import Builder

    from sphinx_paperbanana.figures import RenderedFigure
    from sphinx_paperbanana.registry import FigureRegistry

_LIMIT = 256_000_000
"""Most bytes of what is remembered, some 500 a figure."""


class BuildCache:
    """The state of one build, before anything is looked up."""

    def __init__(self, app: Sphinx, registry: FigureRegistry) -> None:
        self._app = app
        self._registry = registry
        self._path = memo_path(app.builder, "unchanged")
        self._settings = read_settings(app)
        self._folder = self._settings.figures_dir or Path()
        self._copies = copies_folder(app.builder)
        self._before = self._state()

    def recall(self) -> str | None:
        """Let the registry show what the last build showed, if all is as it was then; return what
        that said of it.
        """
        if self._before is None:
            return None
        try:
            digest, said, shown = read_bounded(self._path, limit=_LIMIT).split(b"\n")
        except (OSError, ValueError):
            return None
        if digest != self._digest(said, shown):
            return None
        summary, names = json.loads(said)
        if not all(os.access(copy, os.F_OK) for copy in self._copies_in(names)):
            return None
        self._registry.show(lambda: self._decoded(json.loads(shown)), names)
        return str(summary)

    def remember(self, summary: str) -> None:
        """Open the short cut for the next build, where this one was without doubt."""
        if self._before is None or self._before != self._state():
            return
        entries: dict[str, tuple[object, ...]] = {}
        local = self._settings.base_url.startswith("http:")
        for mark, (path, alt, size, facts, whole) in self._registry.shown.items():
            # whether a draft will do depends on the key, of which nothing is written down
            if path is None or size is None or facts is None or (facts.draft and not local):
                return
            name = self._name_of(path)
            whole_name = self._name_of(whole.path) if whole and whole.path else ""
            if name is None or whole_name is None:
                return
            told = facts if self._registry.lists else None
            entries[mark] = name, alt, size, told, whole and (whole_name or None, whole.size)
        from sphinx_paperbanana.figures import image_names

        said = json.dumps((summary, image_names(self._registry.shown))).encode()
        shown = json.dumps(entries).encode()
        with contextlib.suppress(OSError):
            write_whole(self._path, b"\n".join((self._digest(said, shown), said, shown)))

    def _decoded(self, entries: Mapping[str, Any]) -> dict[str, RenderedFigure]:
        from sphinx_paperbanana.figures import Facts, RenderedFigure, Whole

        return {
            mark: RenderedFigure(
                self._file(name),
                alt,
                (width, height),
                facts and Facts(*facts),
                whole and Whole(whole[0] and self._file(whole[0]), tuple(whole[1])),
            )
            for mark, (name, alt, (width, height), facts, whole) in entries.items()
        }

    def _name_of(self, path: Path) -> str | None:
        """Return how :meth:`_file` finds a file, or None for one that is elsewhere."""
        if path.parent == self._folder:
            return path.name
        is_copy = path.parent.parent == self._copies
        return f"{path.parent.name}/{path.name}" if is_copy else None

    def _file(self, name: str) -> Path:
        """Return a picture in the project's folder, or a labelled copy of one."""
        return (self._copies if "/" in name else self._folder) / name

    def _copies_in(self, names: Mapping[str, list[str]]) -> Iterator[str]:
        """Yield the paths of labelled copies."""
        folder, own = os.fspath(self._copies), f"{self._folder.name}/"
        for files in names.values():
            for name in files:
                if not name.startswith(own):
                    yield f"{folder}/{name}"

    def _state(self) -> bytes | None:
        """Return a digest of all that the pictures depend on, or None where that will not do."""
        app, registry = self._app, self._registry
        writes_pages = isinstance(app.builder, StandaloneHTMLBuilder)
        if not writes_pages or isinstance(app.builder, SingleFileHTMLBuilder):
            return None  # the latter writes everything again in any case
        if (files := self._files()) is None:
            return None
        docnames = sorted(registry.pickled)
        others = (
            __version__,
            self._settings,
            scaled_images_are_links(app.builder),
            app.config.language,
            bool(registry.lists),
            registry.labels,
            registry.translated_labels,
            self._decided(),
            docnames,
        )
        state = hashlib.sha256(repr(others).encode())
        state.update(files)
        for docname in docnames:
            state.update(registry.pickled[docname])
        return state.digest()

    def _decided(self) -> list[tuple[str, object]]:
        """Return what tags, settings and other pages decide of figures and their text."""
        registry = self._registry
        left = set().union(*registry.open.values())
        if registry.labels:
            from sphinx_paperbanana.text.conditional import left_open

            left |= left_open((*registry.labels.values(), *registry.translated_labels.values()))
        if not left:
            return []
        from sphinx_paperbanana.text.references import WordsOfReferences
        from sphinx_paperbanana.visibility import Condition, Readers, viewer_of_build

        this_build, readers = viewer_of_build(self._app), Readers(self._app)
        words = WordsOfReferences(registry.env, registry.titles)
        translated = WordsOfReferences(registry.env, registry.titles | registry.translated_titles)
        return sorted(
            (repr(each), [this_build.sees((each,)), *readers.verdicts(each)])
            if isinstance(each, Condition)
            else (repr(each), [words(each), translated(each)])
            for each in left
        )

    def _files(self) -> bytes | None:
        """Return what tells the folder's files apart, or None where they changed just now."""
        if self._settings.figures_dir is None:
            return None
        try:
            refuse_link(self._folder)
            with os.scandir(self._folder) as entries:
                found = [(each.name, each.stat(follow_symlinks=False)) for each in entries]
        except OSError:
            return None
        stamps = [(n, s.st_size, s.st_ino, s.st_mtime_ns, s.st_ctime_ns) for n, s in found]
        columns = [*zip(*stamps, strict=True)]
        newest = max(map(max, columns[3:]), default=0)
        return pickle.dumps(columns) if FileStamp(0, newest, newest, 0).is_settled else None

    def _digest(self, said: bytes, shown: bytes) -> bytes:
        """Return a digest of all that is as it was, with the report that programs read: other
        builders, which share the folder of doctrees, leave theirs in its place.
        """
        try:
            report = repr(FileStamp.of((Path(self._app.doctreedir) / REPORT).lstat()))
        except OSError:
            report = ""
        parts = self._before or b"", report.encode(), said, shown
        return hashlib.sha256(b"\n".join(parts)).hexdigest().encode()


def memo_path(builder: Builder, what: str) -> Path:
    """Return where to remember something of a builder's output, in the folder of doctrees."""
    where = hashlib.sha256(f"{builder.name}\0{builder.outdir}".encode()).hexdigest()[:12]
    return Path(builder.doctreedir) / f"paperbanana-{what}-{where}.json"
