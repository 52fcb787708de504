r"""``pbfigure bundle``: the document in a folder of its own that compiles with plain LaTeX.

For arXiv, Overleaf, a publisher: every figure is an ``\includegraphics`` of a picture there,
``paperbanana.sty`` is gone, and of other files there are those that the document uses. Which figure
shows which picture is what TeX's last complete run asked for.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from latex_hook.bundle.list_table import list_table
from latex_hook.bundle.plain_png import embeddable
from latex_hook.bundle.rewriting import IDENTITY, CannotBundle, Rewriter
from latex_hook.paper import Paper
from latex_hook.sources.document import Document
from latex_hook.sources.encoding import encode
from latex_hook.sources.inputs import recorded_inputs
from latex_hook.sources.locate import Located, locate
from latex_hook.sources.pbfigure_call import Call
from latex_hook.sources.tokens import as_written, squashed
from latex_hook.tex.picture_map import FOLDER, MapEntry, read_map
from latex_hook.tex.pictures import record_of
from latex_hook.tex.request_file import (
    Requests,
    TexRequest,
    find_request_file,
    read_requests,
)
from latex_hook.tex_figures import alt_of, readable
from pbfigure.project.repository import is_own
from pbfigure.project.settings import Settings
from pbfigure.provenance.label import Label, label_of
from pbfigure.store.errors import BadPicture
from pbfigure.store.files import copy_whole, name_from, write_whole
from pbfigure.store.picture import glance

PICTURES = "figures"
PLACES = 5
"""Figures that one message names."""
FILE_LIMIT = 1024 * 1024 * 1024
"""Bytes of one file that is copied."""
_GENERATED = frozenset(
    (
        *(".aux", ".log", ".fls", ".fdb_latexmk", ".out", ".toc", ".lof", ".lot", ".blg", ".bcf"),
        *(".pbq", ".pbr", ".xdv", ".dvi", ".pdf", ".gz", ".xml", ".nav", ".snm"),
        ".vrb",
    )
)
_SPECIAL = re.compile(r"[\\\\%#{}~^]")
"""What a prompt must not contain as the argument of a command."""
_KEPT_ANYWAY = (".bbl", ".ind", ".gls", ".acr")
"""Made by other programs than TeX, which arXiv does not run."""


@dataclass(slots=True)
class Bundled:
    """What a bundle holds."""

    files: list[str] = field(default_factory=list)
    pictures: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    """A sentence, with file and line, for each figure without a picture and each file left out."""
    drafts: list[str] = field(default_factory=list)
    """File and line of each figure that shows a draft, unless the settings allow that."""
    unknown: list[str] = field(default_factory=list)
    """File and line of each figure whose picture has no record that tells who drew it."""

    def messages(self) -> list[str]:
        """Return what the author is told, one sentence for each cause."""
        said = list(self.missing)
        if self.drafts:
            said.append(
                f"{_counted(self.drafts, 'draft')} of the sandbox: build with a team key"
                " first, or set allow_drafts"
            )
        if self.unknown:
            said.append(
                f"{_counted(self.unknown, 'picture')} without a record beside it: nothing tells"
                " whether the sandbox drew it"
            )
        return said


def bundle(main: Path, target: Path, request_file: Path | None = None) -> Bundled:
    """Write the bundle of ``main`` into ``target``, an empty or new folder.

    Raises :exc:`CannotBundle` and ``OSError``.
    """
    if target.exists() and any(target.iterdir()):
        raise CannotBundle(f"{target} is not empty: give a new folder")
    if request_file is None:
        request_file = find_request_file(main)
    requests = read_requests(request_file, main.absolute().parent)
    if not requests.complete:
        raise CannotBundle(
            f"{request_file}: there is no complete request file, in which TeX lists the figures of"
            f" {main.name}: run latexmk first, or name it with --request-file"
        )
    return _Bundler(main, target, request_file, requests).run()


class _Bundler:
    def __init__(self, main: Path, target: Path, request_file: Path, requests: Requests) -> None:
        self._main = main
        self._folder = main.absolute().parent
        self._target = target
        self._requests = requests
        self._paper = Paper(
            main=main,
            folder=self._folder,
            request_file=request_file,
            requests=requests,
            environ=os.environ,
        )
        self._build = request_file.absolute().parent
        self._asked_at = request_file.stat().st_mtime_ns
        self._entries = _entries(self._paper.map_file, requests.document or main.stem)
        self._names: dict[str, str | None] = {}
        self._alts: dict[str, str] = {}
        """By picture: the alternative text of the first figure that shows it."""
        record = self._build / f"{main.stem}.fls"
        self._recorded = recorded_inputs(record) if record.exists() else None
        self._done = Bundled()

    def run(self) -> Bundled:
        found = self._paper.scan
        document = found.document
        located = locate(found, self._requests)
        places, by_prompt = self._placed(document, located, found.calls)
        self._report_changes(document)
        self._report(located, self._paper.settings)
        table = list_table(self._build / f"{self._main.stem}.aux", self._entries)
        others = self._other_files(set(document.files))
        searched = _searched(document, others)
        starts = {call.start for call in found.calls}
        is_called = all(where.at in starts for where in located)
        texts = Rewriter(document, places, by_prompt, table, not is_called, searched).rewritten()
        for path, text in texts.items():
            file = document.files[path]
            if not path.is_relative_to(self._folder.resolve()):
                raise CannotBundle(f"{file.name} is outside the document's folder; move it in")
            if self._is_read(path):
                self._write(file.name, encode(text, file.encoding))
        for name, source in others.items():
            copy_whole(source, self._target / name, limit=FILE_LIMIT)
            self._done.files.append(name)
        for picture, shown in self._names.items():
            if shown is not None:
                data, _ = embeddable(self._folder / picture, self._label(picture))
                self._write(shown, data)
                self._done.pictures.append(shown)
        return self._done

    # -- pictures -------------------------------------------------------------------------------

    def _placed(
        self, document: Document, located: list[Located], calls: list[Call]
    ) -> tuple[dict[tuple[Path, int], set[str | None]], dict[str, set[str]]]:
        """Return the pictures of the calls that stand in the text, and of all others by prompt."""
        by_place: dict[int, set[str | None]] = {}
        by_words: dict[str, set[str | None]] = {}
        for asked, where in zip(self._requests.asked, located, strict=True):
            by_words.setdefault(squashed(asked.source), set()).add(self._picture(asked))
            if where.at is not None:
                by_place.setdefault(where.at, set()).add(self._picture(asked))
        places: dict[tuple[Path, int], set[str | None]] = {}
        for call in calls:  # what stands in several places is asked for once
            file, offset = document.locate(call.start)
            names = by_place.get(call.start) or by_words.get(call.words, set())
            places.setdefault((file.path, offset), set()).update(names)
        starts = {call.start for call in calls}
        left: dict[str, dict[tuple[str, str], set[str]]] = {}
        for asked, where in zip(self._requests.asked, located, strict=True):
            name = self._picture(asked)
            if where.at in starts and len(by_words[squashed(asked.source)]) > 1:
                file, offset = document.locate(where.at)
                if len(places[file.path, offset]) == 1:
                    continue
            if name is not None:
                values = asked.values
                keys = "".join(f"|{key}={values[key]}" for key in IDENTITY if key in values)
                found = left.setdefault(asked.source, {})
                found.setdefault((asked.prompt, keys), set()).add(name)
        by_prompt: dict[str, set[str]] = {}
        for source, found in left.items():
            several = set().union(*found.values())
            if len(several) == 1 or any(_SPECIAL.search("".join(each)) for each in found):
                by_prompt[as_written(source)] = several
            else:  # a loop: TeX tells them apart by what the words come to, and by these keys
                by_prompt.update({prompt + keys: names for (prompt, keys), names in found.items()})
        return places, by_prompt

    def _picture(self, asked: TexRequest) -> str | None:
        """Return the name that a figure's picture has in the bundle; None if it has no picture."""
        entry = self._entries.get((asked.id, asked.md5))
        if entry is None:
            return None
        if entry.file not in self._names:
            self._names[entry.file] = self._new_name(entry)
            self._alts[entry.file] = alt_of(asked, readable(asked.prompt))
        return self._names[entry.file]

    def _label(self, picture: str) -> Label | None:
        """Return what the bundle's copy of a picture says; None if the settings want no label."""
        settings = self._paper.settings
        if not settings.label:
            return None
        record = record_of(self._folder / picture, settings.figures_dir)
        return label_of(record, self._alts[picture])

    def _new_name(self, entry: MapEntry) -> str | None:
        path = self._folder / entry.file
        try:
            glance(path)
        except (BadPicture, OSError):
            return None
        if not path.resolve().is_relative_to(self._folder.resolve()):  # the map may be anyone's
            return None
        stem = re.sub(r"[^A-Za-z0-9]+", "-", path.stem).strip("-")
        names = (f"{PICTURES}/{stem}{n}{embeddable(path)[1]}" for n in ("", *range(2, 10_000)))
        used = set(self._names.values())
        return next(n for n in names if n not in used and not (self._folder / n).exists())

    def _report_changes(self, document: Document) -> None:
        """Note each source whose figures TeX may not have seen."""
        for path, file in document.files.items():
            if path.stat().st_mtime_ns > self._asked_at:
                self._done.missing.append(
                    f"{file.name}: changed since TeX ran last, run latexmk first"
                )

    def _report(self, located: list[Located], settings: Settings) -> None:
        """Note each figure without a picture, and those whose pictures are or may be drafts."""
        places: dict[str, str] = {}
        for asked, (place, *_) in zip(self._requests.asked, located, strict=True):
            entry = self._entries.get((asked.id, asked.md5))
            if entry is None or self._picture(asked) is None:
                why = (entry and entry.note) or "run latexmk where pbfigure is installed"
                self._done.missing.append(f"{place}: the figure has no picture: {why}")
            else:
                places.setdefault(entry.file, str(place))
        if settings.allow_drafts:
            return
        for file, at in places.items():
            record = record_of(self._folder / file, settings.figures_dir)
            if record is None:
                self._done.unknown.append(at)
            elif record.draft:
                self._done.drafts.append(at)

    # -- files ----------------------------------------------------------------------------------

    def _other_files(self, sources: set[Path]) -> dict[str, Path]:
        """Return what else the document uses: by TeX's own record, or else all that is there."""
        recorded = self._recorded
        listed = _all_files(self._folder, self._target) if recorded is None else list(recorded)
        listed += [self._build / f"{self._main.stem}{ending}" for ending in _KEPT_ANYWAY]
        others: dict[str, Path] = {}
        for path in (self._folder / each for each in listed):
            if not path.is_file() or path.resolve() in sources:
                continue
            name = self._name_of(path)
            if name is None:
                continue
            if path.is_symlink() or not self._is_inside(path):
                self._done.missing.append(f"{name}: is a link and left out; put the file there")
            else:
                others[name] = path
        return others

    def _is_inside(self, path: Path) -> bool:
        """Whether a file is the document's own, or TeX's, and not somebody's by way of a link."""
        real = path.resolve()
        is_kept = path.suffix in _KEPT_ANYWAY and real.parent == self._build.resolve()
        return is_kept or is_own(real, self._paper.root)

    def _is_read(self, source: Path) -> bool:
        """Whether TeX reads a source, and it is the document's own; say so of one that is not."""
        if self._recorded is not None and source != self._main.resolve():
            read = {(self._folder / each).resolve() for each in self._recorded}
            if source not in read:
                return False
        if is_own(source, self._paper.root):
            return True
        self._done.missing.append(f"{source}: is hidden or outside the project, and left out")
        return False

    def _name_of(self, path: Path) -> str | None:
        """Return a file's name in the bundle, or None for a file that is not the document's own."""
        if path.suffix in _KEPT_ANYWAY and path.parent.resolve() == self._build.resolve():
            return path.name
        name = name_from(path, self._folder)
        parts = name.split("/")
        made = path.suffix in _GENERATED and path.stem == self._main.stem
        foreign = parts[0] in ("..", FOLDER) or any(part.startswith(".") for part in parts)
        foreign = foreign or Path(name).is_absolute()
        ours = name == "paperbanana.sty" or path.suffix in (".aux", ".fls", ".log")
        return None if made or foreign or ours else name

    def _write(self, name: str, data: bytes) -> None:
        path = self._target / name
        if not path.resolve().is_relative_to(self._target.resolve()):
            raise CannotBundle(f"{name} is outside the document's folder; move it in")
        write_whole(path, data)
        self._done.files.append(name)


def _searched(document: Document, others: Iterable[str]) -> list[str]:
    """Return the folders that no source names: TeX found files there on a path of its own."""
    files = document.files.values()
    folders = {name.rpartition("/")[0] for name in (*others, *(file.name for file in files))}
    sources = [file.source for file in files]
    named = {
        folder: re.compile(rf"(?<![\w/-]){re.escape(folder)}/") for folder in folders if folder
    }
    return sorted(f for f, name in named.items() if not any(map(name.search, sources)))


def _counted(places: list[str], what: str) -> str:
    more = ", …" if len(places) > PLACES else ""
    return f"{', '.join(places[:PLACES])}{more}: {len(places)} {what}{'s' * (len(places) > 1)}"


def _entries(map_file: Path, document: str) -> dict[tuple[str, str], MapEntry]:
    """Return what the map has for a document; by any name, where it is the only one there."""
    documents = read_map(map_file)
    only = next(iter(documents.values())) if len(documents) == 1 else {}
    return documents.get(document, only)


def _all_files(folder: Path, target: Path) -> list[Path]:
    """Return every file of the folder except the bundle itself."""
    inside = target.resolve()
    return [
        path
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not path.resolve().is_relative_to(inside)
    ]
