r"""The map ``paperbanana/pbmap.tex``: which picture TeX shows for which call.

Its name is fixed, because Overleaf compiles every document as ``output``; documents that share a
folder share it. It has one entry a line, in the order of names, so that branches which each add
figures merge; ``FORMAT.md`` has the grammar. ``paperbanana.sty`` reads it as data and believes none
of it; so does this module. Line numbers and times are kept out of it: where nothing changed for
TeX, the file does not change.
"""

from __future__ import annotations

import os
import re
from collections.abc import Collection
from functools import cache
from pathlib import Path
from typing import NamedTuple

from latex_hook.tex import MAP
from latex_hook.tex.escape import coded, decoded

FOLDER, NAME = MAP.split("/")
SIZE_LIMIT = 8_000_000
"""Bytes of a map that is read, to be made smaller: of several branches together, say."""
TEX_LIMIT = 1_000_000
"""Bytes of a map that TeX reads."""
LINE_LIMIT = 8_000
"""Bytes of a line that TeX can still check."""
TEXT_LIMIT = 300
"""Characters of a text in an entry; TeX prints no more of it anyway."""
SHORT = 40
"""Characters of a prompt where a map would be too large for TeX."""
_COMMENT = """\
% Written by pbfigure: the pictures that paperbanana.sty shows. Changes here are lost.
% Keep this file with the project: with it, the document compiles where pbfigure is not installed.
"""
_FILE = re.compile(r"[A-Za-z0-9._-][A-Za-z0-9._/-]{0,250}\.(?:png|jpg)")
_ID = re.compile(r"[\w .:/+@*()-]{1,200}")
_MD5 = re.compile(r"[0-9A-F]{32}")


class MapEntry(NamedTuple):
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

    @cache  # noqa: B019 - what is read, made to fit and written is asked for it each time
    def line(self, document: str) -> str:
        """Return the entry as it stands in the map."""
        id_, md5, file, *texts = self
        texts = [coded(text[:TEXT_LIMIT]) for text in texts]
        return "|".join((coded(document), coded(id_), md5, file, *texts))


PictureMap = dict[str, dict[tuple[str, str], MapEntry]]
"""Document to entries, by id and MD5."""


def is_safe_name(file: str) -> bool:
    """Whether a file's name can stand in the map, and is that of a picture below the map's folder.

    By a name with other characters in it, TeX could be made to start a program.
    """
    return ".." not in file and _FILE.fullmatch(file) is not None


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
    for line in text.split("\n"):
        fields = line.split("|")
        if len(fields) == len(MapEntry._fields) + 1:
            document, id_, md5, file, *texts = fields
            entry = MapEntry(decoded(id_), md5, file, *map(decoded, texts))
            well_named = (not file or is_safe_name(file)) and (not id_ or is_safe_id(entry.id))
            is_short = line.isascii() and 4 * len(line) < LINE_LIMIT  # coded anew, it has no more
            fits = is_short or len(entry.line(decoded(document))) < LINE_LIMIT
            if well_named and fits and _MD5.fullmatch(md5):
                documents.setdefault(decoded(document), {})[entry.key] = entry
    return documents


def is_news(path: Path, documents: PictureMap) -> bool:
    """Whether a map says something else than the file."""
    try:
        return path.is_symlink() or path.read_bytes() != _data(documents)
    except OSError:
        return True


def write_map(path: Path, documents: PictureMap) -> bool:
    """Write the map in one piece, and only if it says something new; return whether it did.

    Raises ``OSError``.
    """
    if not is_news(path, documents):
        return False
    from pbfigure.store.files import write_whole  # an idle run does without

    before = path.stat() if path.exists() else None
    path.parent.mkdir(parents=True, exist_ok=True)
    write_whole(path, _data(documents))
    now = path.stat()
    if before and (before.st_size, int(before.st_mtime)) == (now.st_size, int(now.st_mtime)):
        os.utime(path, (now.st_atime, now.st_mtime + 1))  # latexmk sees nothing finer
    return True


def is_read_by_tex(documents: PictureMap) -> bool:
    """Whether TeX would read the map, so that it cannot be stopped by it."""
    lengths = [len(line) for line in _lines(documents)]  # ASCII
    return sum(lengths) <= TEX_LIMIT and max(lengths) <= LINE_LIMIT


def fitted(
    documents: PictureMap, document: str, asked: Collection[tuple[str, str]], folder: Path
) -> tuple[PictureMap, str]:
    """Return as much of a map as TeX reads, and in words what is left out, if anything is.

    Others' entries go first: what is ``asked`` for in ``document`` stays, even where that alone is
    too much for TeX.
    """
    if is_read_by_tex(documents):
        return documents, ""
    own = documents[document]
    others = {name: entries for name, entries in documents.items() if name != document}
    shown = {
        name: {k: e for k, e in entries.items() if e.file and (folder / e.file).is_file()}
        for name, entries in others.items()
    }
    left_out = "other documents' entries without a picture"
    if is_read_by_tex(smaller := {**shown, document: own}):
        return smaller, left_out
    left_out = "all entries of other documents" if others else ""
    if is_read_by_tex(smaller := {document: own}):
        return smaller, left_out
    wanted = {key: entry for key, entry in own.items() if key in asked}
    if len(wanted) < len(own):
        left_out += f"{' and ' if left_out else ''}entries of figures that are not asked for now"
    if is_read_by_tex(smaller := {document: wanted}):
        return smaller, left_out
    left_out += f"{' and ' if left_out else ''}the prompts' ends"
    return {document: {key: _shortened(entry) for key, entry in wanted.items()}}, left_out


def _shortened(entry: MapEntry) -> MapEntry:
    if len(entry.prompt) <= SHORT:
        return entry
    return entry._replace(prompt=f"{entry.prompt[: SHORT - 1]}…")


def _data(documents: PictureMap) -> bytes:
    return "".join(_lines(documents)).encode("utf-8", "replace")


def _lines(documents: PictureMap) -> list[str]:
    lines = [_COMMENT]
    for document in sorted(documents):
        # in the order of names: a figure that moves in the document changes nothing here
        entries = sorted(documents[document].values(), key=lambda entry: entry.key)
        lines += (f"{entry.line(document)}\n" for entry in entries)
    return lines
