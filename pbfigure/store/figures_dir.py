"""A project's figures folder: plain files to be committed, each picture beside its record.

A clone finds its figures here, without a database and also in a read-only folder. Anyone who can
write to the repository can write here, so file names come from the folder, never from a record, and
no other project or cache trusts these files.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterable
from functools import cached_property
from operator import attrgetter
from pathlib import Path

from pbfigure.figure.input_limits import SIZE_LIMIT
from pbfigure.figure.notice import FigureError
from pbfigure.figure.unexpected import boundary
from pbfigure.store.errors import BadPicture
from pbfigure.store.file_names import (
    DAMAGED,
    FIGURE_RECORD,
    figure_picture,
    figure_stem,
    is_stem_of,
)
from pbfigure.store.files import copy_whole, refuse_link, write_whole
from pbfigure.store.picture import Picture
from pbfigure.store.record import Record, StoredPicture, write_record
from pbfigure.store.verified_files import VerifiedFiles


class FiguresDir:
    """The figures of one project."""

    def __init__(self, folder: Path, verified: VerifiedFiles) -> None:
        self.folder = folder
        self._verified = verified
        self._stems: dict[str, list[str]] | None = None
        self._read: dict[str, StoredPicture | str | None] = {}

    @property
    def is_empty(self) -> bool:
        """Whether the folder holds no record."""
        return not self._listed()

    def stored(self, stem: str, record: Record) -> StoredPicture:
        """Return the picture of the record under a stem."""
        return StoredPicture(record, self.folder / figure_picture(stem, 1, record.picture))

    def of_figure(self, slug: str, name: str) -> list[StoredPicture]:
        """Return the stored pictures of a figure, the newest first."""
        kept = [self.kept(stem) for stem in self._listed().get(slug, ())]
        return self.newest_first(
            entry for entry in kept if entry is not None and entry.record.figure == name
        )

    @staticmethod
    def newest_first(kept: Iterable[StoredPicture]) -> list[StoredPicture]:
        """Return pictures in the order of their records' age."""
        return sorted(kept, key=attrgetter("record.age"), reverse=True)

    def of_key(self, key: str) -> StoredPicture | None:
        """Return the stored picture of a key, of any figure."""
        for slug, stems in self._listed().items():
            stem = figure_stem(slug, key)
            if stem in stems:
                entry = self.kept(stem)
                if entry is not None and entry.record.key == key:
                    return entry
        return None

    def kept(self, stem: str) -> StoredPicture | None:
        """Return the picture under a stem, or None if its record is missing or unreadable."""
        found = self._look(stem)
        return found if isinstance(found, StoredPicture) else None

    def damage(self, stem: str) -> str | None:
        """Return why the record under a stem is unreadable; None if it is readable or missing."""
        found = self._look(stem)
        return found if isinstance(found, str) else None

    def all(self) -> list[StoredPicture]:
        """Return all stored pictures, ordered by name."""
        stems = sorted(stem for stems in self._listed().values() for stem in stems)
        return [entry for entry in map(self.kept, stems) if entry is not None]

    def whole(self, entry: StoredPicture) -> bool:
        """Whether every picture of ``entry`` exists with the bytes that its record describes.

        Raises :exc:`BadPicture` if one is damaged.
        """
        for path, picture in self.files(entry):
            try:
                self._verified.check(path, picture)
            except OSError:
                return False
        return True

    def files(self, entry: StoredPicture) -> list[tuple[Path, Picture]]:
        """Return the path of each picture of ``entry``."""
        pictures = entry.record.pictures
        if len(pictures) == 1:
            return [(entry.path, pictures[0])]
        return [
            (self.folder / figure_picture(entry.path.stem, number, picture), picture)
            for number, picture in enumerate(pictures, 1)
        ]

    def keep(self, slug: str, record: Record, sources: list[Path]) -> StoredPicture:
        """Store a figure's pictures, then its record. Raises ``OSError``."""
        refuse_link(self.folder)
        entry = self.stored(figure_stem(slug, record.key), record)
        for (path, picture), source in zip(self.files(entry), sources, strict=True):
            with contextlib.suppress(OSError, BadPicture):
                self._verified.check(path, picture)
                continue
            copy_whole(source, path, limit=SIZE_LIMIT)
        write_whole(entry.path.with_suffix(".json"), write_record(record))
        stem = entry.path.stem
        stems = self._listed().setdefault(slug, [])
        if stem not in stems:
            stems.append(stem)
        self._read[stem] = entry
        return entry

    def heal(self, entry: StoredPicture, sources: list[Path]) -> None:
        """Replace missing and damaged pictures; damaged ones stay beside them as ``.damaged``.

        Raises ``OSError``.
        """
        refuse_link(self.folder)
        for (path, picture), source in zip(self.files(entry), sources, strict=True):
            try:
                self._verified.check(path, picture)
            except BadPicture:
                path.replace(path.with_name(path.name + DAMAGED))
            except FileNotFoundError:
                pass
            else:
                continue
            copy_whole(source, path, limit=SIZE_LIMIT)

    def _look(self, stem: str) -> StoredPicture | str | None:
        if stem not in self._read:
            self._read[stem] = self._read_record(stem)
        return self._read[stem]

    def _read_record(self, stem: str) -> StoredPicture | str | None:
        if self._is_link:
            return None
        path = f"{self.folder}/{stem}.json"
        try:
            with boundary(OSError):
                record = self._verified.record(path)
        except (FileNotFoundError, NotADirectoryError):
            return None
        except (OSError, FigureError) as error:
            return f"{path} cannot be read ({error})"
        if not is_stem_of(stem, record.key):
            return f"{path} is the record of another request"
        return self.stored(stem, record)

    @cached_property
    def _is_link(self) -> bool:
        return self.folder.is_symlink()

    def _listed(self) -> dict[str, list[str]]:
        """Return the stems of the folder's records, by slug."""
        if self._stems is None:
            self._stems = {}
            with contextlib.suppress(OSError), os.scandir(self.folder) as entries:
                refuse_link(self.folder)
                for entry in entries:
                    if match := FIGURE_RECORD.fullmatch(entry.name):
                        self._stems.setdefault(match["slug"], []).append(entry.name[:-5])
        return self._stems
