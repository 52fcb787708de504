"""An export: records and pictures in one tar file, named as in a team's store.

A plain tar of the POSIX form (ustar), so that ordinary tools open it, and unpacked into an empty
folder it is a store at a ``file://`` address. The same content gives the same bytes. It is not
trusted: of each entry only a header of 512 bytes is parsed, and only our names count.
"""

from __future__ import annotations

import itertools
import os
import re
import tarfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import BinaryIO, NamedTuple

from pbfigure.figure.notice import FigureError
from pbfigure.store.errors import BadRecord
from pbfigure.store.files import open_regular, publish, read_bounded, temporary_beside
from pbfigure.store.picture import Picture
from pbfigure.store.record import Record
from pbfigure.store.signed_objects import (
    SHARED_RECORD_LIMIT,
    Signer,
    picture_name,
    read_shared,
    record_name,
    write_shared,
)

ARCHIVE_LIMIT = 1 << 40
"""Bytes of an archive; ours."""
_BLOCK = tarfile.BLOCKSIZE
_FILES = (tarfile.REGTYPE, tarfile.AREGTYPE)
_OURS = re.compile(r"(?:\./)?(?P<name>v1/(?:ac|cas)/[0-9a-f]{64})")


class BadArchive(FigureError):
    """A file that is no export, or only the beginning of one; ``str`` says why."""

    subtype = "archive"


def write_archive(
    file: Path, records: Iterable[tuple[Record, list[Path]]], signer: Signer
) -> tuple[int, int]:
    """Write records, in the order of their keys, each after its pictures, durably and whole; return
    the numbers of records and pictures.

    Raises ``FileExistsError`` if the file is there, and ``OSError``.
    """
    if os.path.lexists(file):
        raise FileExistsError(f"{file} is there already, and is not replaced")
    chosen, written = sorted(records, key=lambda each: each[0].key), set()
    temporary = temporary_beside(file)
    try:
        with temporary.open("xb") as archive:
            for record, paths in chosen:
                for picture, path in zip(record.pictures, paths, strict=True):
                    if picture.sha256 not in written:
                        written.add(picture.sha256)
                        data = read_bounded(path, limit=picture.size)
                        _add(archive, picture_name(picture), data)
                _add(archive, record_name(record.key), write_shared(record, signer))
            archive.write(bytes(2 * _BLOCK))
        publish(temporary, file)
    except OSError as error:
        if error.filename in (None, str(temporary)):
            error.filename = str(file)
        raise
    finally:
        temporary.unlink(missing_ok=True)
    return len(chosen), len(written)


def _add(archive: BinaryIO, name: str, data: bytes) -> None:
    entry = tarfile.TarInfo(name)  # mode 644, no owner, time 0
    entry.size = len(data)
    archive.write(entry.tobuf(tarfile.USTAR_FORMAT))
    archive.write(data)
    archive.write(bytes(-len(data) % _BLOCK))


class _Entry(NamedTuple):
    at: int
    size: int


class Archive:
    """An export that is read."""

    def __init__(self, file: Path, signer: Signer) -> None:
        """Read its table of contents. Raises :exc:`BadArchive`, and ``OSError``."""
        self._signer = signer
        self._file = open_regular(file, limit=ARCHIVE_LIMIT)
        self._entries: dict[str, _Entry] = {}
        self.others = 0
        """Number of entries that this program did not write."""
        self.end: str | None = None
        """Why it ends before its end, if it does."""
        self._read_contents()

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def _read_contents(self) -> None:
        for count in itertools.count():
            header = self._file.read(_BLOCK)
            if header == bytes(_BLOCK):
                return
            try:
                entry = tarfile.TarInfo.frombuf(header, "utf-8", "surrogateescape")
                if not 0 <= entry.size <= ARCHIVE_LIMIT:
                    raise tarfile.HeaderError("no size of an entry")
            except tarfile.HeaderError:
                if count == 0:
                    raise BadArchive(
                        "it is not a tar file; unpack it if it is compressed"
                    ) from None
                self.end = f"it is cut short or damaged after {count:,} entries"
                return
            at = self._file.tell()
            ours = _OURS.fullmatch(entry.name) if entry.type in _FILES else None
            if ours is not None:
                self._entries.setdefault(ours["name"], _Entry(at, entry.size))
            else:
                self.others += 1
            self._file.seek(at + entry.size + -entry.size % _BLOCK)

    def __iter__(self) -> Iterator[str]:
        """Yield the keys of all records, in their order."""
        prefix = record_name("")
        names = sorted(name for name in self._entries if name.startswith(prefix))
        return (name.removeprefix(prefix) for name in names)

    def record(self, key: str) -> Record:
        """Return the record of a key. Raises :exc:`BadRecord`."""
        entry = self._entries[record_name(key)]
        if entry.size > SHARED_RECORD_LIMIT:
            raise BadRecord(f"it has {entry.size:,} bytes, over the limit")
        self._file.seek(entry.at)
        return read_shared(self._file.read(entry.size), key, self._signer)

    def unpack(self, picture: Picture, path: Path) -> None:
        """Write a picture's bytes, unchecked, to a file. Raises :exc:`BadRecord`, ``OSError``."""
        entry = self._entries.get(picture_name(picture))
        if entry is None:
            raise BadRecord("its picture is missing")
        if entry.size != picture.size:
            raise BadRecord("a picture has another size than its record says")
        self._file.seek(entry.at)
        with path.open("xb") as file:
            file.write(self._file.read(entry.size))
