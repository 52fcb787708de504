"""A LaTeX document as TeX typeset it last: its sources, its figures and its settings."""

from __future__ import annotations

import contextlib
import hashlib
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from latex_hook.derived_document import original_of, without_text_change
from latex_hook.sources.inputs import read_document, recorded_inputs
from latex_hook.sources.locate import files_of
from latex_hook.sources.own_files import root_of
from latex_hook.sources.scan import Scan, scan
from latex_hook.tex.picture_map import FOLDER, NAME
from latex_hook.tex.request_file import Requests
from latex_hook.tex_figures import TexFigure, collect, hidden_of
from latex_hook.unchanged import memo_folder
from pbfigure.figure.options import PIPELINE

if TYPE_CHECKING:
    from pbfigure.project.renamed_figures import Hidden
    from pbfigure.project.settings import Settings

_SOURCES = (".tex", ".sty", ".cls")


@dataclass(kw_only=True)
class Paper:
    """A document: what TeX asked for, where that stands in the sources, and its settings."""

    main: Path
    folder: Path
    """Where TeX runs."""
    request_file: Path
    requests: Requests
    environ: Mapping[str, str] = field(repr=False)
    given: Mapping[str, str] = field(default_factory=dict)
    """Settings of the command line."""

    @property
    def map_file(self) -> Path:
        """The map that TeX reads."""
        return self.folder / FOLDER / NAME

    @cached_property
    def root(self) -> Path:
        """The folder below which the document's own files lie."""
        return root_of(self.main)

    @cached_property
    def original(self) -> str:
        """The name, without ending, of the document that it is derived from; empty if none."""
        return original_of(self.main)

    @property
    def seen(self) -> Path | None:
        """Where this machine remembers which pictures it checked; None: nowhere."""
        return self._memo(".seen")

    @property
    def copies(self) -> Path | None:
        """Where this machine remembers which copies for TeX it made; None: nowhere."""
        return self._memo(".copies")

    def _memo(self, ending: str) -> Path | None:
        """Return a memo of this document; None where the cache's folder of memos is a link."""
        folder = Path(memo_folder(self.environ))
        place = str(self.request_file.absolute()).encode("utf-8", "surrogatepass")
        name = f"{hashlib.sha256(place).hexdigest()[:24]}{ending}"
        return None if folder.is_symlink() else folder / name

    @property
    def name(self) -> str:
        """The document's name in the map and in its figures' records."""
        return self.original or self.requests.document or self.main.stem

    @cached_property
    def scan(self) -> Scan:
        """What stands in the sources. Raises ``OSError``."""
        requests = self.requests
        names = files_of(requests)
        environ = {**self.environ, "TEXINPUTS": self._search_path}
        return scan(read_document(self.main, self.folder, environ, names, requests.encoding))

    @property
    def _search_path(self) -> str:
        """The path on which TeX looks for files, and where latexmk's settings let it find some."""
        found: list[str] = []
        with contextlib.suppress(OSError):
            inputs = recorded_inputs(self.request_file.with_suffix(".fls"))
            local = (path for path in inputs if not path.is_absolute())
            found += (str(path.parent) for path in local if path.suffix in _SOURCES)
        return os.pathsep.join((self.environ.get("TEXINPUTS", ""), *dict.fromkeys(found)))

    @cached_property
    def settings(self) -> Settings:
        r"""The project's settings with what ``\pbsetup`` says. Raises :exc:`SettingError`."""
        from latex_hook.pbsetup import settings_of

        return settings_of(self)

    def figures(self) -> list[TexFigure]:
        """Return the figures that TeX asked for, with text for those that take one."""
        default_type = self.settings.defaults.get("type", PIPELINE)
        figures = collect(self.scan, self.requests, self.folder, self.name, default_type)
        return [without_text_change(each) for each in figures] if self.original else figures

    def hidden(self, figures: Sequence[TexFigure]) -> Hidden | None:
        """Return that it has no figures but these; None if it may have others."""
        if self.original:
            return None
        return hidden_of(self.scan, self.requests, figures, self.settings.figures_dir)

    def files(self) -> Iterator[Path]:
        """Yield every file, there or not, that decides on the figures and their settings."""
        yield self.main
        yield from self.scan.document.sought
        for folder in {self.folder, self.main.absolute().parent}:
            for above in (folder, *folder.parents):
                yield from (above / ".git", above / "paperbanana.toml")
        for asked in self.requests.asked:
            for key in asked.values.keys() & {"prompt-file", "image-input-file"}:
                yield self.folder / asked.values[key]
        for part in self.requests.parts:
            yield from (self.folder / f"{part}.pbq", self.request_file.parent / f"{part}.pbq")
