r"""The map ``paperbanana/pbmap.tex``: which picture TeX shows for which call.

Its name is fixed, because Overleaf compiles every document as ``output``; the documents that share
a folder have a block each. It has one entry a line, and every character that could mean
something to TeX is a number in it, so that no prompt and no message can become a command. Line
numbers and times are kept out of it: where nothing changed for TeX, the file does not change.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import NamedTuple

FOLDER = "paperbanana"
NAME = "pbmap.tex"
SIZE_LIMIT = 64 * 1024 * 1024
_HEAD = """\
% Written by pbfigure: the pictures that paperbanana.sty shows. Changes here are lost.
% Keep this file with the project: with it, the document compiles where pbfigure is not installed.
"""
_DOCUMENT = re.compile(r"\\pbmapdocument\{([^{}]*)\}%")
_GROUP = r"\{((?:[^{}]|\\pbmapchar\{[0-9A-F]+\})*)\}"
_ENTRY = re.compile(rf"\\pbmap{_GROUP * 4}\{{{_GROUP * 4}\}}%")
_PLAIN = re.compile(r"[^A-Za-z0-9 .,:;()/+=!?@*'\"\[\]-]")
_CODED = re.compile(r"\\pbmapchar\{([0-9A-F]+)\}")
_FILE = re.compile(r"[A-Za-z0-9._/ -]*")
_ID = re.compile(r"[\w .:/+@*()-]+")
_MD5 = re.compile(r"[0-9A-F]{32}")


class Entry(NamedTuple):
    """What TeX is told of one figure."""

    id: str
    md5: str
    file: str = ""
    """The picture, relative to the folder where TeX runs; empty for a placeholder."""
    note: str = ""
    """A sentence for the author, as TeX's warning."""
    prompt: str = ""
    model: str = ""
    date: str = ""
    credits: str = ""

    @property
    def key(self) -> tuple[str, str]:
        """What TeX looks it up by."""
        return self.id, self.md5

    def line(self) -> str:
        """Return the entry as it stands in the map."""
        info = "".join(
            f"{{{escaped(text)}}}" for text in (self.prompt, self.model, self.date, self.credits)
        )
        return (
            f"\\pbmap{{{self.id}}}{{{self.md5}}}{{{self.file}}}{{{escaped(self.note)}}}{{{info}}}%"
        )


PictureMap = dict[str, dict[tuple[str, str], Entry]]
"""Document to entries, by id and MD5."""


def escaped(text: str) -> str:
    """Return ``text`` as TeX may read it: nothing in it is anything but a letter."""
    text = re.sub(r"\s+", " ", text)
    return _PLAIN.sub(lambda match: f"\\pbmapchar{{{ord(match[0]):X}}}", text)


def unescaped(text: str) -> str:
    """Return the text that :func:`escaped` wrote."""

    def character(match: re.Match[str]) -> str:
        number = int(match[1], 16)
        return chr(number) if number < 0x110000 else "?"

    return _CODED.sub(character, text)


def is_safe_name(file: str) -> bool:
    """Whether a file's name can stand in the map as it is, and stays below the map's folder."""
    inside = not file.startswith("/") and ".." not in file.split("/")
    return inside and _FILE.fullmatch(file) is not None


def is_safe_id(id_: str) -> bool:
    """Whether an ``id`` can stand in the map as it is: letters, digits and a few marks."""
    return _ID.fullmatch(id_) is not None


def read_map(path: Path) -> PictureMap:
    """Read a map; lines that are no entries (a merge conflict's, say) are passed over.

    So are entries that pbfigure would not write: the map may be anyone's.
    """
    from pbfigure.store.files import read_bounded  # an idle run does without

    try:
        text = read_bounded(path, limit=SIZE_LIMIT).decode("utf-8", "replace")
    except OSError:
        return {}
    documents: PictureMap = {}
    entries: dict[tuple[str, str], Entry] = {}
    for line in text.splitlines():
        if opened := _DOCUMENT.fullmatch(line):
            entries = documents.setdefault(unescaped(opened[1]), {})
        elif (found := _ENTRY.fullmatch(line)) and documents:
            id_, md5, file, *texts = found.groups()
            entry = Entry(id_, md5, file, *map(unescaped, texts))
            if is_safe_name(file) and _MD5.fullmatch(md5) and (not id_ or is_safe_id(id_)):
                entries[entry.key] = entry
    return documents


def write_map(path: Path, documents: Mapping[str, Mapping[tuple[str, str], Entry]]) -> bool:
    """Write the map in one piece, and only if it says something new; return whether it did.

    Raises ``OSError``.
    """
    lines = [_HEAD]
    for document in sorted(documents):
        if documents[document]:
            lines.append(f"\\pbmapdocument{{{escaped(document)}}}%\n")
            lines += (f"{entry.line()}\n" for entry in _in_order(documents[document].values()))
    data = "".join([*lines, "\\endinput\n"]).encode("utf-8", "replace")
    try:
        if not path.is_symlink() and path.read_bytes() == data:
            return False
    except OSError:
        pass
    from pbfigure.store.files import write_whole  # an idle run does without

    path.parent.mkdir(parents=True, exist_ok=True)
    write_whole(path, data)
    return True


def _in_order(entries: Iterable[Entry]) -> list[Entry]:
    """The order of names: a figure that moves in the document changes nothing here."""
    return sorted(entries, key=lambda entry: entry.key)
