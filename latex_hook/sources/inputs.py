r"""The sources of a document, in the order in which TeX reads them.

From the main file on, through ``\input``, ``\include``, ``\subfile``, ``\import`` and packages that
stand in the project, into one sequence of spans: the document as TeX sees it, each place of which
knows its file and line. What cannot be read is one notice; TeX itself will say the rest.
"""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from pathlib import Path

from latex_hook.sources.definitions import KERNEL, expand
from latex_hook.sources.document import Diagnostic, Document, SourceFile
from latex_hook.sources.encoding import decode, encoding_at
from latex_hook.sources.masking import INPUTS, Mark, mask
from latex_hook.sources.own_files import root_of
from latex_hook.sources.verbatim import Declared, alternatives
from pbfigure.figure.notice import Place
from pbfigure.project.repository import is_own
from pbfigure.store.files import open_regular, read_bounded

DEPTH_LIMIT = 50
"""Files within files; TeX itself gives up at about as many."""
SIZE_LIMIT = 128 * 1024 * 1024
"""Bytes of one source file."""
DOCUMENT_LIMIT = 128_000_000
"""Characters of a document, files that are read twice counted twice."""
LEAST = 12_800
"""Characters that a file counts at least, so that a document reads at most 10,000 files."""
_TOO_LARGE = (
    f"the document reads more than {DOCUMENT_LIMIT // LEAST:,} files, or {DOCUMENT_LIMIT:,}"
    " characters; figures in the rest are not seen"
)
NAME_LIMIT = 10_000
"""Names of files that are looked for."""
FOLDER_LIMIT = 1_000
"""Folders of one search path."""


def read_document(
    main: Path,
    folder: Path,
    environ: Mapping[str, str],
    reported: Iterable[str] = (),
    encoding: str = "utf-8",
) -> Document:
    """Read the document whose main file is ``main``, as TeX does that runs in ``folder``.

    ``reported`` are names of files that TeX read; those that are found by them, and are not read by
    any command that is understood here, become pieces at the end. ``encoding`` is the codec that it
    begins in. Raises ``OSError`` if the main file itself cannot be read.
    """
    document = Document(root=root_of(main), encoding=encoding)
    reported = dict.fromkeys(reported)
    reader = _Reader(document, folder, _search_folders(folder, environ), reported)
    reader.follow(main, folder, None, ())
    reader.add_pieces(reported)
    return reader.document


def recorded_inputs(record: Path) -> list[Path]:
    """Return the files that TeX recorded as its input. Raises ``OSError``, UnsafeFile."""
    lines = read_bounded(record, limit=SIZE_LIMIT).decode("utf-8", "replace").split("\n")
    names = (line.removeprefix("INPUT ") for line in lines if line.startswith("INPUT "))
    return [Path(name) for name in dict.fromkeys(names)]


def _search_folders(folder: Path, environ: Mapping[str, str]) -> list[Path]:
    """Return the folders of TEXINPUTS that lie in the project."""
    items = environ.get("TEXINPUTS", "").split(os.pathsep)
    return [
        found
        for item in items
        if item and not item.startswith("!!")
        for found in _folders(folder, item, folder.resolve())
    ]


def _folders(folder: Path, item: str, root: Path) -> list[Path]:
    """Return a folder of a search path, with ``//`` those below it, as far as they are in root."""
    start = folder / item.rstrip("/")
    if not start.is_dir() or not start.resolve().is_relative_to(root):
        return []
    below = (Path(each) for each, _, _ in os.walk(start)) if item.endswith("//") else ()
    return [start, *sorted(path for path in islice(below, FOLDER_LIMIT) if path != start)]


_ARGUMENT = re.compile(r"\s*(?:\[[^\]]{0,500}\]\s*)?(?:\{([^{}]*)\}|([^\s\\{}%\[\]]{1,500}))")
_TWO_ARGUMENTS = re.compile(r"\*?\s*\{([^{}]*)\}\s*\{([^{}]*)\}")
_INPUT = re.compile(rf"\\(?P<name>{alternatives(INPUTS)})(?![a-zA-Z@])")
_INPUT_PATH = re.compile(r"\\input@path\s*(?:\}\s*)?\{((?:\s*\{[^{}]{0,500}\}){1,50})\s*\}")
_COMMAND = re.compile(r"\\([a-zA-Z@]+)")
MADE_BY_TEX = frozenset(
    (".aux", ".toc", ".lof", ".lot", ".loa", ".lol", ".bbl", ".ind", ".gls", ".out", ".nav", ".ent")
)
_FROM_HERE = frozenset(("subimport", "subinputfrom", "subincludefrom"))
_FROM_FOLDER = frozenset(("import", "inputfrom", "includefrom"))
_PACKAGES = {
    "usepackage": ".sty",
    "RequirePackage": ".sty",
    "documentclass": ".cls",
    "LoadClass": ".cls",
}


class _Reader:
    """Follows the inputs of a document."""

    def __init__(
        self, document: Document, folder: Path, search: list[Path], reported: Iterable[str]
    ) -> None:
        self.document = document
        self._folder = folder
        self._search = search
        self._declared = Declared()
        self._only: set[str] | None = None
        self._reported: set[str] = set()
        self._by_name: dict[str, set[str]] = {}
        """The files that TeX told of, by their names without folder and ending."""
        for each in reported:
            self._by_name.setdefault(Path(each).stem, set()).add(each)
        self._own_inputs: set[str] = set()
        self._found: dict[tuple[str, Path], Path | None] = {}
        self._characters = 0

    def follow(
        self, path: Path, here: Path, asked: tuple[SourceFile, Mark] | None, above: tuple[Path, ...]
    ) -> None:
        """Add a file and everything it reads to the document."""
        file = self._file(path, asked)
        if file is None:
            return
        key = file.path
        if key in above or len(above) >= DEPTH_LIMIT:
            self._warn(asked, f"{file.name} reads itself; it is read once here", key)
            return
        self._characters += max(LEAST, file.size)
        start, body_end = _body(file) if asked else (0, file.size)
        for mark in self._marks(file):
            if mark.name == "includeonly":
                self._include_only(file, mark)
            if mark.name == "includeonly" or not start <= mark.start < body_end:
                continue
            if self._characters >= DOCUMENT_LIMIT:
                self._warn((file, mark), _TOO_LARGE, Path())
                break
            for target, folder, end in self._inputs(file, mark, here):
                # the command itself is no part of the text
                self.document.add(file, start, max(start, mark.start))
                start = end
                self.follow(target, folder, (file, mark), (*above, key))
        self.document.add(file, start, body_end)

    def add_pieces(self, reported: Iterable[str]) -> None:
        """Add the files that TeX read besides."""
        main = next(iter(self.document.files.values()))
        whole = (main, Mark("input", 0, 0))
        for name in reported:
            path = self._find(name, self._folder)
            if path is None or path.suffix in MADE_BY_TEX:
                continue
            if path.resolve() not in self.document.files and is_own(path, self.document.root):
                self.document.pieces.append(self.document.size)
                self.follow(path, path.parent, whole, (main.path,))

    def _marks(self, file: SourceFile) -> list[Mark]:
        """Return a file's commands that read others, those of the document's own among them."""
        marks = [
            mark for mark in file.masked.marks if mark.name in INPUTS or mark.name == "includeonly"
        ]
        if self._own_inputs:
            marks += [
                Mark(match[1], *match.span())
                for match in _COMMAND.finditer(file.masked.text)
                if match[1] in self._own_inputs
            ]
            marks.sort(key=lambda mark: mark.start)
        return [mark for mark in marks if file.definition_at(mark.start) is None]

    def _file(self, path: Path, asked: tuple[SourceFile, Mark] | None) -> SourceFile | None:
        """Return a file of the document, read once."""
        try:
            key = path.resolve(strict=True)
            if key in self.document.files:
                return self.document.files[key]
            with open_regular(key, limit=SIZE_LIMIT) as opened:
                data = opened.read()
        except (OSError, RuntimeError) as error:
            if asked is None:
                raise
            reason = getattr(error, "strerror", None) or str(error)
            self._warn(asked, f"{self._name(path)} cannot be read: {reason}", path)
            return None
        name = self._name(path)
        if b"\0" in data:
            place = asked[0].place(asked[1].start) if asked else Place(name, 1)
            text = f"{name} is not a text file; no figure is found in it"
            self.document.diagnostics.append(Diagnostic(place, text))
            data = b""
        own = asked is None or is_own(key, self.document.root)
        file = self._source_file(name, key, *decode(data, self._encoding_at(asked)), own=own)
        self.document.files[key] = file
        if asked is not None and not file.own:
            self.document.outside[key] = asked[0].place(asked[1].start)
        for offset, environment in file.masked.unclosed:
            place = file.place(offset)
            text = f"\\begin{{{environment}}} has no \\end: the rest of the file is not read"
            self.document.diagnostics.append(Diagnostic(place, text))
        return file

    def _encoding_at(self, asked: tuple[SourceFile, Mark] | None) -> str:
        if asked is None:
            return self.document.encoding
        file, mark = asked
        return encoding_at(file.source, mark.start, self.document.encoding)

    def _source_file(
        self, name: str, path: Path, source: str, encoding: str, *, own: bool
    ) -> SourceFile:
        """Return a file with what is in it, and learn what it declares."""
        if "\r" in source:
            source = source.replace("\r\n", "\n").replace("\r", "\n")
        file = SourceFile(name, path, source, mask(source, self._declared), encoding, own)
        for definition in file.definitions if own else ():
            macro = definition.macro
            other = macro.body[1:] if macro.body.startswith("\\") else ""
            known = self.document.definitions.get(other)
            same = known.macro if known and known.plain else KERNEL.get(other)
            if same and not (same.environment or macro.environment or macro.arguments):
                macro = same._replace(name=macro.name)  # as by \let
                definition = definition._replace(macro=macro, plain=True)  # noqa: PLW2901
            self.document.definitions[macro.name] = definition
            if _INPUT.search(macro.body) and not macro.environment:
                self._own_inputs.add(macro.name)
        for match in _INPUT_PATH.finditer(source) if "input@path" in source else ():
            for folder in re.findall(r"\{([^{}]*)\}", match[1]):
                self._search += _folders(self._folder, folder.strip(), self.document.root)
        return file

    def _inputs(self, file: SourceFile, mark: Mark, here: Path) -> Iterator[tuple[Path, Path, int]]:
        """Yield each file that a command reads, the folder it is read from, and where to go on."""
        if mark.name in _PACKAGES:
            yield from self._packages(file, mark, here)
            return
        if mark.name in INPUTS:
            asked = self._asked(file.masked.text, mark.name, mark.end, here)
            if asked is not None:
                yield from self._existing(mark.name, *asked)
            return
        macro = self.document.definitions[mark.name].macro
        expanded = expand(macro, file.source, file.groups, mark.end)
        if expanded is None:
            return
        text, end = expanded
        for match in _INPUT.finditer(text):
            asked = self._asked(text, match["name"], match.end(), here)
            if asked is not None:
                name, folder, _ = asked
                yield from self._existing(match["name"], name, folder, end)

    def _existing(
        self, command: str, name: str, folder: Path, end: int
    ) -> Iterator[tuple[Path, Path, int]]:
        path = self._find(name, folder)
        if path is not None:
            yield path, path.parent if command.startswith("subfile") else folder, end

    def _packages(
        self, file: SourceFile, mark: Mark, here: Path
    ) -> Iterator[tuple[Path, Path, int]]:
        """Yield the packages that stand in the project: they may define commands."""
        found = _ARGUMENT.match(file.masked.text, mark.end)
        if found is None:
            return
        for package in map(str.strip, (found[1] or "").split(",")):
            if package not in ("", "paperbanana"):
                path = self._find(f"{package}{_PACKAGES[mark.name]}", self._folder)
                if path is not None:
                    yield path, here, found.end()

    def _asked(self, text: str, command: str, at: int, here: Path) -> tuple[str, Path, int] | None:
        """Return the name that a command reads, the folder it is relative to, and its end."""
        folder = here
        if command in _FROM_HERE or command in _FROM_FOLDER:
            found = _TWO_ARGUMENTS.match(text, at)
            if found:
                within = self._expanded(found[1]).strip()
                folder = (here if command in _FROM_HERE else self._folder) / within
            name = found[2] if found else ""
        else:
            found = _ARGUMENT.match(text, at)
            name = (found[1] if found[1] is not None else found[2]) if found else ""
        name = self._expanded(name).strip().strip('"')
        if "\\" in name:  # only TeX knows where: the only file of that name that it read
            named = self._by_name.get(Path(_COMMAND.sub("", name).strip()).stem, set())
            name, folder = (*named, "")[0] if len(named) == 1 else "", self._folder
        if found is None or not name or name.startswith("|") or "#" in name:
            return None
        left_out = command == "include" and self._only is not None and name not in self._only
        return None if left_out else (name, folder, found.end())

    def _expanded(self, name: str) -> str:
        """Return a name with the document's own commands in it replaced."""
        for _ in range(3 if "\\" in name else 0):
            name = _COMMAND.sub(self._meaning, name)
        return name

    def _meaning(self, match: re.Match[str]) -> str:
        definition = self.document.definitions.get(match[1])
        plain = definition and definition.plain and not definition.macro.arguments
        return definition.macro.body.strip() if definition and plain else match[0]

    def _find(self, name: str, here: Path) -> Path | None:
        key = name, here
        if key not in self._found and len(self._found) < NAME_LIMIT:
            self._found[key] = next(self._candidates(name, here), None)
        return self._found.get(key)

    def _candidates(self, name: str, here: Path) -> Iterator[Path]:
        for folder in dict.fromkeys((here, self._folder, *self._search)):
            for candidate in (folder / f"{name}.tex", folder / name):
                self.document.sought.append(candidate)
                with contextlib.suppress(OSError, ValueError):
                    if candidate.is_symlink() or candidate.is_file():
                        yield candidate

    def _include_only(self, file: SourceFile, mark: Mark) -> None:
        if found := _ARGUMENT.match(file.masked.text, mark.end):
            self._only = {name.strip() for name in (found[1] or "").split(",")}

    def _warn(self, asked: tuple[SourceFile, Mark] | None, text: str, about: Path) -> None:
        if asked is not None and str(about) not in self._reported:
            self._reported.add(str(about))
            self.document.diagnostics.append(Diagnostic(asked[0].place(asked[1].start), text))

    def _name(self, path: Path) -> str:
        name = os.path.relpath(path, self._folder)
        return str(path) if name.startswith(f"..{os.sep}..") else name


def _body(file: SourceFile) -> tuple[int, int]:
    """Return what of a file is read in another: of a document in itself its body."""
    edges = {mark.name: mark for mark in reversed(file.masked.marks)}
    if not {"documentclass", "begin document", "end document"} <= edges.keys():
        return 0, file.size
    return edges["begin document"].end, edges["end document"].start
