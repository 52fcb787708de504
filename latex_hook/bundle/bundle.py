r"""``pbfigure bundle``: the document in a folder of its own that compiles with plain LaTeX.

For arXiv, Overleaf, a publisher: every ``\pbfigure`` is an ``\includegraphics`` of a picture in it,
``paperbanana.sty`` is gone, and of pictures and other files there are those that the document uses.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from latex_hook.blocks import plain_value
from latex_hook.bundle.plain_png import embeddable
from latex_hook.bundle.rewriting import CannotBundle, Rewriter
from latex_hook.document_settings import settings_of
from latex_hook.sources.boundary import root_of
from latex_hook.sources.encoding import encode
from latex_hook.sources.inputs import read_document
from latex_hook.sources.locate import files_of, locate, squashed
from latex_hook.sources.scan import Scan, scan
from latex_hook.tex.keys import REQUEST
from latex_hook.tex.picture_map import FOLDER, NAME, SIZE_LIMIT, MapEntry, read_map
from latex_hook.tex.pictures import record_of
from latex_hook.tex.request_file import Requests, TexRequest, read_requests
from pbfigure.project.settings import Settings
from pbfigure.store.files import copy_whole, read_bounded, write_whole
from pbfigure.store.picture import BadPicture, glance

PICTURES = "figures"
FILE_LIMIT = 1024 * 1024 * 1024
"""Bytes of one file that is copied."""
_GENERATED = frozenset(
    (
        *(".aux", ".log", ".fls", ".fdb_latexmk", ".out", ".toc", ".lof", ".lot", ".blg", ".bcf"),
        *(".pbq", ".pbr", ".xdv", ".dvi", ".pdf", ".gz", ".xml", ".nav", ".snm"),
        ".vrb",
    )
)
_KEPT_ANYWAY = (".bbl", ".ind", ".gls", ".acr")
"""Made by other programs than TeX, which arXiv does not run."""


@dataclass(slots=True)
class Bundled:
    """What a bundle holds."""

    files: list[str] = field(default_factory=list)
    pictures: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    """A sentence, with file and line, for each figure that has no picture."""
    drafts: list[str] = field(default_factory=list)
    """The same for each whose picture the sandbox drew, unless the settings allow that."""
    unknown: list[str] = field(default_factory=list)
    """The same for each whose picture has no record that tells who drew it."""


def bundle(main: Path, target: Path, request_file: Path | None = None) -> Bundled:
    """Write the bundle of ``main`` into ``target``, an empty or new folder.

    Raises :exc:`CannotBundle` and ``OSError``.
    """
    if target.exists() and any(target.iterdir()):
        raise CannotBundle(f"{target} is not empty: give a new folder")
    return _Bundler(main, target, request_file or main.with_suffix(".pbq")).run()


class _Bundler:
    def __init__(self, main: Path, target: Path, request_file: Path) -> None:
        self._main = main
        self._folder = main.absolute().parent
        self._target = target
        self._requests: Requests = read_requests(request_file, self._folder)
        self._build = request_file.absolute().parent
        self._entries = _entries(self._folder, self._requests.document or main.stem)
        self._names: dict[str, str] = {}
        self._good: dict[str, bool] = {}
        self._placed: dict[tuple[str, str], str] = {}  # what is shown, and where first
        self._chosen: set[tuple[str, str]] = set()
        self._done = Bundled()

    def run(self) -> Bundled:
        reported = files_of(self._requests)
        document = read_document(self._main, self._folder, os.environ, reported)
        if not document.files:
            raise CannotBundle(f"{self._main} cannot be read")
        found = scan(document)
        self._say_missing(found)
        root = root_of(self._main)
        setup = self._requests.settings
        self._say_drafts(settings_of(setup, self._main, self._folder, root, os.environ))
        rewriter = Rewriter(found, self._choose, self._by_prompt())
        texts = rewriter.rewritten(self._is_left, table=self._table())
        for path, text in texts.items():
            file = document.files[path]
            if not path.is_relative_to(self._folder.resolve()):
                raise CannotBundle(f"{file.name} is outside the document's folder; move it in")
            self._write(file.name, encode(text, file.encoding))
        for name, source in self._other_files(found).items():
            self._copy(name, source)
        text = "".join(texts.values())
        for picture, name in self._names.items():
            if f"{{{name}}}" in text:
                data, _ = embeddable(self._folder / picture)
                self._write(name, data)
                self._done.pictures.append(name)
        return self._done

    # -- pictures -------------------------------------------------------------------------------

    def _asked(self, values: Mapping[str, str], prompt: str) -> list[TexRequest]:
        """Return the figures that TeX asked for by a call with these keys and this prompt."""
        words = squashed(prompt or values.get("prompt", ""))
        same = [
            asked
            for asked in self._requests.asked
            if squashed(asked.source) == words and asked.id == values.get("id", "")
        ]
        meant = {key: plain_value(values[key]) for key in REQUEST if key in values}
        exact = [
            asked
            for asked in same
            if {key: plain_value(asked.values[key]) for key in REQUEST if key in asked.values}
            == meant
        ]
        return exact or same

    def _is_left(self) -> bool:
        """Whether TeX asked for figures that no call was found for."""
        return any((asked.id, asked.md5) not in self._chosen for asked in self._requests.asked)

    def _choose(self, values: Mapping[str, str], prompt: str) -> str | None:
        for asked in self._asked(values, prompt):
            self._chosen.add((asked.id, asked.md5))
            entry = self._entries.get((asked.id, asked.md5))
            if entry is not None and self._has_picture(entry):
                return self._name(entry)
        return None

    def _by_prompt(self) -> dict[str, set[str]]:
        """Return the pictures of what TeX asked for, by prompt as TeX reads it."""
        shown: dict[str, set[str]] = {}
        for asked in self._requests.asked:
            entry = self._entries.get((asked.id, asked.md5))
            if entry is not None and self._has_picture(entry):
                shown.setdefault(asked.source, set()).add(self._name(entry))
        return shown

    def _name(self, entry: MapEntry) -> str:
        """Return the name of an entry's picture in the bundle."""
        if entry.file not in self._names:
            stem = re.sub(r"[^A-Za-z0-9]+", "-", Path(entry.file).stem).strip("-")
            _, ending = embeddable(self._folder / entry.file)
            self._names[entry.file] = f"{PICTURES}/{stem}{ending}"
        return self._names[entry.file]

    def _say_missing(self, found: Scan) -> None:
        if not self._requests.complete:
            self._done.missing.append("TeX has not told which figures it sets: run latexmk first")
        places = locate(found, self._requests)
        for asked, located in zip(self._requests.asked, places, strict=True):
            key = (asked.id, asked.md5)
            if self._has_picture(self._entries.get(key)):
                self._placed.setdefault(key, str(located.place))
            else:
                self._done.missing.append(
                    f"{located.place}: the figure has no picture; run latexmk first"
                )

    def _say_drafts(self, settings: Settings) -> None:
        if settings.allow_drafts:
            return
        for key, place in self._placed.items():
            record = record_of(self._folder / self._entries[key].file, settings.figures_dir)
            if record is None:
                self._done.unknown.append(
                    f"{place}: its picture has no record beside it: if it is a draft of the"
                    " sandbox, nothing tells"
                )
            elif record.draft:
                self._done.drafts.append(
                    f"{place}: its picture is a draft of the sandbox, not of the service; build"
                    " with a team key first, or set allow_drafts"
                )

    def _table(self) -> str:
        asked = [(asked.id, asked.md5) for asked in self._requests.asked]
        listed = [key for key in asked or self._placed if key in self._entries]
        rows = "".join(
            " & ".join(_typeset(text) for text in (e.prompt, e.model, e.date, e.credits)) + "\\\\\n"
            for e in (self._entries[key] for key in dict.fromkeys(listed))
        )
        head = "\\hline Prompt & Model & Date & Credits\\\\\\hline\n"
        return (
            f"\\begin{{tabular}}{{p{{.45\\linewidth}}llr}}\n{head}{rows}\\hline\n\\end{{tabular}}"
        )

    # -- files ----------------------------------------------------------------------------------

    def _other_files(self, found: Scan) -> dict[str, Path]:
        """Return what else the document uses: by TeX's own record, or else all that is there."""
        sources = set(found.document.files)
        record = self._build / f"{self._main.stem}.fls"
        listed = _recorded(record) if record.exists() else _all_files(self._folder, self._target)
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
        return any(real.is_relative_to(each.resolve()) for each in (self._folder, self._build))

    def _has_picture(self, entry: MapEntry | None) -> bool:
        """Whether an entry of the map, which may be anyone's, names a picture of the document."""
        if entry is None:
            return False
        if entry.file not in self._good:
            path = self._folder / entry.file
            try:
                glance(path)
                self._good[entry.file] = path.resolve().is_relative_to(self._folder.resolve())
            except (BadPicture, OSError):
                self._good[entry.file] = False
        return self._good[entry.file]

    def _name_of(self, path: Path) -> str | None:
        """Return a file's name in the bundle; None if it is none of the document's own."""
        if path.suffix in _KEPT_ANYWAY and path.parent == self._build:
            return path.name
        name = os.path.relpath(path, self._folder).replace(os.sep, "/")
        parts = name.split("/")
        made = path.suffix in _GENERATED and path.stem == self._main.stem
        foreign = parts[0] in ("..", FOLDER) or any(part.startswith(".") for part in parts)
        ours = name == "paperbanana.sty" or path.suffix in (".aux", ".fls", ".log")
        return None if made or foreign or ours else name

    def _write(self, name: str, data: bytes) -> None:
        path = self._target / name
        if not path.resolve().is_relative_to(self._target.resolve()):
            raise CannotBundle(f"{name} is outside the document's folder; move it in")
        write_whole(path, data)
        self._done.files.append(name)

    def _copy(self, name: str, source: Path) -> None:
        path = self._target / name
        copy_whole(source, path, limit=FILE_LIMIT)
        self._done.files.append(name)


def _entries(folder: Path, document: str) -> dict[tuple[str, str], MapEntry]:
    """Return what the map has for a document; by any name, where it is the only one there."""
    documents = read_map(folder / FOLDER / NAME)
    only = next(iter(documents.values())) if len(documents) == 1 else {}
    return {key: entry for key, entry in documents.get(document, only).items() if entry.file}


_SYMBOLS = {"\\": r"\textbackslash{}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}"}


def _typeset(text: str) -> str:
    """Return text as plain LaTeX typesets it."""
    return re.sub(r"[\\~^#$%&_{}]", lambda match: _SYMBOLS.get(match[0], f"\\{match[0]}"), text)


def _recorded(record: Path) -> list[Path]:
    """Return the files that TeX recorded as its input."""
    lines = read_bounded(record, limit=SIZE_LIMIT).decode("utf-8", "replace").split("\n")
    names = (line.removeprefix("INPUT ") for line in lines if line.startswith("INPUT "))
    return [Path(name) for name in dict.fromkeys(names)]


def _all_files(folder: Path, target: Path) -> list[Path]:
    """Return every file of the folder, but for the bundle itself."""
    inside = target.resolve()
    return [
        path
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not path.resolve().is_relative_to(inside)
    ]
