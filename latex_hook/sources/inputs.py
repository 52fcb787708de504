r"""The sources of a document, in the order in which TeX reads them.

From the main file on, through ``\input``, ``\include``, ``\subfile``, ``\import`` and packages that
stand in the project, into one sequence of spans: the document as TeX sees it, each place of which
knows its file and line. What cannot be read is one notice; TeX itself will say the rest.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from latex_hook.sources.boundary import root_of
from latex_hook.sources.document import Diagnostic, Document, SourceFile
from latex_hook.sources.masking import INPUTS, Mark, mask, own_verbatim
from pbfigure.figure.notice import Place
from pbfigure.project.repository import is_own

DEPTH_LIMIT = 50
"""Files within files; TeX itself gives up at about as many."""
SIZE_LIMIT = 64 * 1024 * 1024
"""Bytes of one source file."""
DOCUMENT_LIMIT = 64 * 1024 * 1024
"""Characters of a document, files that are read twice counted twice."""
INPUT_LIMIT = 10_000
"""Files that a document reads, those that are read twice counted twice."""


def read_document(
    main: Path,
    folder: Path,
    environ: Mapping[str, str],
    read: Callable[[Path], bytes] | None = None,
) -> Document:
    """Read the document whose main file is ``main``, as TeX does that runs in ``folder``.

    Raises ``OSError`` if the main file itself cannot be read.
    """
    root = root_of(main)
    reader = _Reader(folder, root, _search_folders(folder, environ), read or _read_bytes)
    reader.follow(main, folder, None, ())
    return reader.document


def _search_folders(folder: Path, environ: Mapping[str, str]) -> list[Path]:
    """Return the folders of TEXINPUTS that lie in the project."""
    folders: list[Path] = []
    for item in environ.get("TEXINPUTS", "").split(os.pathsep):
        if not item or item.startswith("!!"):
            continue
        start = folder / item.rstrip("/")
        if not start.is_dir() or not start.resolve().is_relative_to(folder.resolve()):
            continue
        folders.append(start)
        if item.endswith("//"):
            folders += sorted(Path(root) for root, _, _ in os.walk(start) if Path(root) != start)
    return folders


def _read_bytes(path: Path) -> bytes:
    """Return a regular file's bytes. Raises ``OSError`` for anything else and for huge files."""
    status = path.stat()
    if not stat.S_ISREG(status.st_mode):
        raise OSError(f"{path} is not a regular file")
    if status.st_size > SIZE_LIMIT:
        raise OSError(f"{path} is larger than {SIZE_LIMIT >> 20} MB")
    return path.read_bytes()


_ARGUMENT = re.compile(r"\s*(?:\[[^\]]*\]\s*)?(?:\{([^{}]*)\}|([^\s\\{}%\[\]]+))")
_TWO_ARGUMENTS = re.compile(r"\*?\s*\{([^{}]*)\}\s*\{([^{}]*)\}")
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
        self, folder: Path, root: Path, search: list[Path], read: Callable[[Path], bytes]
    ) -> None:
        self.document = Document(root=root)
        self._folder = folder
        self._search = search
        self._read = read
        self._verbatim: set[str] = set()
        self._only: set[str] | None = None
        self._told: set[str] = set()
        self._inputs_followed = 0
        self._characters = 0  # of different files

    def follow(
        self, path: Path, here: Path, asked: tuple[SourceFile, Mark] | None, above: tuple[Path, ...]
    ) -> None:
        """Add a file and everything it reads to the document."""
        file = self._file(path, asked)
        if file is None:
            return
        key = file.path
        if key in above or len(above) >= DEPTH_LIMIT:
            self._tell(asked, f"{file.name} reads itself; it is read once here", key)
            return
        start, body_end = (0, len(file.source))
        if asked and asked[1].name.startswith("subfile"):
            start, body_end = _body(file)
        for mark in file.masked.marks:
            if mark.name == "includeonly":
                self._include_only(file, mark)
            if mark.name not in INPUTS or not start <= mark.start < body_end:
                continue
            for target, folder, end in self._inputs(file, mark, here):
                if self._inputs_followed >= INPUT_LIMIT:
                    self._tell_limit(file, mark, f"more than {INPUT_LIMIT:,} files")
                    break
                # the command itself is no part of the text
                self._add(file, start, max(start, mark.start), mark)
                start = end
                self._inputs_followed += 1
                self.follow(target, folder, (file, mark), (*above, key))
        self._add(file, start, body_end, asked[1] if asked else None)

    def _add(self, file: SourceFile, start: int, end: int, mark: Mark | None) -> None:
        if self.document.size + end - start <= DOCUMENT_LIMIT:
            self.document.add(file, start, end)
        else:
            self._tell_limit(file, mark, f"more than {DOCUMENT_LIMIT >> 20} million characters")

    def _tell_limit(self, file: SourceFile, mark: Mark | None, what: str) -> None:
        if "" not in self._told:
            self._told.add("")
            place = file.place(mark.start if mark else 0)
            text = f"the document reads {what}; figures in the rest are not seen"
            self.document.troubles.append(Diagnostic(place, text))

    def _file(self, path: Path, asked: tuple[SourceFile, Mark] | None) -> SourceFile | None:
        """Return a file of the document, read once."""
        try:
            key = path.resolve(strict=True)
            if key in self.document.files:
                return self.document.files[key]
            if self._characters > DOCUMENT_LIMIT:
                if asked is not None:
                    self._tell_limit(*asked, f"more than {DOCUMENT_LIMIT >> 20} million characters")
                return None
            data = self._read(path)
            self._characters += len(data)
        except (OSError, RuntimeError) as error:
            if asked is None:
                raise
            reason = getattr(error, "strerror", None) or str(error)
            self._tell(asked, f"{self._name(path)} cannot be read: {reason}", path)
            return None
        source, encoding = _decode(data)
        name = self._name(path)
        if source is None:
            if asked is None:
                source, encoding = "", "utf-8"
                self.document.troubles.append(
                    Diagnostic(
                        Place(name, 1), f"{name} is not a text file; no figure is found in it"
                    )
                )
            else:
                self._tell(asked, f"{name} is not a text file; no figure is found in it", path)
                return None
        self._verbatim |= own_verbatim(source)
        own = is_own(key, self.document.root) or asked is None
        file = SourceFile(name, key, source, mask(source, self._verbatim), encoding, own)
        self.document.files[key] = file
        if asked is not None and not own:
            self.document.outside[key] = asked[0].place(asked[1].start)
        for offset, environment in file.masked.unclosed:
            place = file.place(offset)
            text = f"\\begin{{{environment}}} has no \\end: the rest of the file is not read"
            self.document.troubles.append(Diagnostic(place, text))
        return file

    def _inputs(self, file: SourceFile, mark: Mark, here: Path) -> Iterator[tuple[Path, Path, int]]:
        """Yield each file that a command reads, the folder it is read from, and where to go on."""
        if mark.name in _PACKAGES:
            yield from self._packages(file, mark, here)
            return
        asked = self._asked(file, mark, here)
        if asked is None:
            return
        name, folder, end = asked
        path = self._find(name, folder)
        if path is not None:
            yield path, path.parent if mark.name.startswith("subfile") else folder, end
        elif mark.name != "InputIfFileExists" and name not in self._told:
            self._told.add(name)
            place = file.place(mark.start)
            text = f"\\{mark.name}: there is no {name}; figures in it are not seen"
            self.document.troubles.append(Diagnostic(place, text, name))

    def _packages(
        self, file: SourceFile, mark: Mark, here: Path
    ) -> Iterator[tuple[Path, Path, int]]:
        """Yield the packages that stand in the project: they may define commands."""
        found = _ARGUMENT.match(file.masked.text, mark.end)
        for package in (found[1] or "").split(",") if found else ():
            path = self._folder / f"{package.strip()}{_PACKAGES[mark.name]}"
            if found and package.strip() not in ("", "paperbanana") and path.is_file():
                yield path, here, found.end()

    def _asked(self, file: SourceFile, mark: Mark, here: Path) -> tuple[str, Path, int] | None:
        """Return the name that a command reads, the folder it is relative to, and its end."""
        folder = here
        if mark.name in _FROM_HERE or mark.name in _FROM_FOLDER:
            found = _TWO_ARGUMENTS.match(file.masked.text, mark.end)
            if found:
                folder = (here if mark.name in _FROM_HERE else self._folder) / found[1].strip()
            name = found[2] if found else ""
        else:
            found = _ARGUMENT.match(file.masked.text, mark.end)
            name = (found[1] if found[1] is not None else found[2]) if found else ""
        name = name.strip().strip('"')
        if found is None or not name or "\\" in name or "#" in name:
            return None  # only TeX knows which file that is; what is in it, it will ask for
        left_out = mark.name == "include" and self._only is not None and name not in self._only
        return None if left_out else (name, folder, found.end())

    def _find(self, name: str, here: Path) -> Path | None:
        for folder in dict.fromkeys((here, self._folder, *self._search)):
            for candidate in (folder / f"{name}.tex", folder / name):
                try:
                    if candidate.is_symlink() or candidate.is_file():
                        return candidate
                except (OSError, ValueError):
                    return None
        return None

    def _include_only(self, file: SourceFile, mark: Mark) -> None:
        if found := _ARGUMENT.match(file.masked.text, mark.end):
            self._only = {name.strip() for name in (found[1] or "").split(",")}

    def _tell(self, asked: tuple[SourceFile, Mark] | None, text: str, about: Path) -> None:
        if asked is not None and str(about) not in self._told:
            self._told.add(str(about))
            self.document.troubles.append(Diagnostic(asked[0].place(asked[1].start), text))

    def _name(self, path: Path) -> str:
        name = os.path.relpath(path, self._folder)
        return str(path) if name.startswith(f"..{os.sep}..") else name


def _decode(data: bytes) -> tuple[str | None, str]:
    if b"\0" in data:
        return None, ""
    encoding = "utf-8"
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        encoding = "latin-1"  # what TeX takes byte by byte, so do we
        text = data.decode("latin-1")
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    return text, encoding


def _body(file: SourceFile) -> tuple[int, int]:
    """Return where a subfile's own body begins and ends."""
    start, end = 0, len(file.source)
    for mark in file.masked.marks:
        if mark.name == "begin document":
            start = mark.end
        elif mark.name == "end document":
            end = mark.start
    return start, end
