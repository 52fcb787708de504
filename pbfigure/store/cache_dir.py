"""The machine's content-addressed cache of bought pictures, for all projects and front ends.

Pictures are immutable files named by their sha256. The record of a key names its pictures and is
written after them, so a record always finds its pictures; see FORMAT.md. The cache folder itself
may be a link, but links inside it are not followed: the folder may be shared.
"""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from pbfigure.figure.input_limits import SIZE_LIMIT
from pbfigure.figure.surrounding_text import CONTENT_LIMIT
from pbfigure.store.errors import BadPicture, BadRecord, Misdescribed, StateUnavailable
from pbfigure.store.file_names import cached_picture
from pbfigure.store.files import (
    OwnFolders,
    UnsafeFile,
    copy_whole,
    discard,
    make_folder,
    publish,
    read_bounded,
    write_whole,
)
from pbfigure.store.picture import Picture
from pbfigure.store.record import Record, StoredPicture, write_record
from pbfigure.store.verified_files import VerifiedFiles

if TYPE_CHECKING:  # a look-up mostly does without
    from pbfigure.store.database import Database
    from pbfigure.store.ledger import Ledger

_README = """\
This folder belongs to sphinx-paperbanana. It keeps the pictures that were bought on this machine,
so that none is paid for twice. Backup tools skip it (CACHEDIR.TAG); deleting it deletes pictures
that were paid for, unless your projects keep copies of their own.
"""
_FOLDERS = ("records", "pictures", "incoming", "quarantine", "state", "locks")
_TEXT_LIMIT = 4 * CONTENT_LIMIT
"""Bytes: no character takes more than four."""
STALE_DOWNLOAD_AGE = 86_400.0
"""Seconds after which a download that a killed build left is removed."""
_TAG = b"Signature: 8a477f597d28d172789f06886806bc55\n# This folder is a cache; see README.txt.\n"


class CacheDir:
    """The machine's content-addressed store."""

    def __init__(self, folder: Path, verified: VerifiedFiles, *, read_only: bool = False) -> None:
        """With ``read_only``, nothing is written, not even to the state database."""
        self.folder = folder
        self.root = folder / "v1"
        """The folder of this layout version."""
        self._folders = OwnFolders(self.root)
        self._verified = verified
        self._read_only = read_only
        self._opened: Database | None = None

    @property
    def state(self) -> Database:
        """The state database, opened at its first use. Raises :exc:`StateUnavailable`."""
        if self._opened is None:
            from pbfigure.store.database import Database, ReadOnlyDatabase

            self.prepare()
            opening = ReadOnlyDatabase if self._read_only else Database
            self._opened = opening(self.root / "state")
        return self._opened

    @property
    def ledger(self) -> Ledger:
        """Every purchase of this machine."""
        from pbfigure.store.ledger import Ledger

        return Ledger(self.root)

    @cached_property
    def locks(self) -> Path:
        """The folder of lock files."""
        self.prepare()
        return self.root / "locks"

    def close(self) -> None:
        """Close the state database; required before a fork."""
        if self._opened is not None:
            self._opened.close()
            self._opened = None

    def incoming(self) -> Path:
        """Return the folder for downloads that are not checked yet."""
        self.prepare()
        folder = self._folders.checked(self.root / "incoming")
        folder.mkdir(exist_ok=True)
        return folder

    def remove_stale_downloads(self) -> None:
        """Remove the unfinished downloads of killed builds."""
        downloads: list[Path] = []
        with contextlib.suppress(OSError):
            downloads += self.incoming().glob("*.part")
        for path in downloads:
            with contextlib.suppress(OSError):
                if time.time() - path.lstat().st_mtime > STALE_DOWNLOAD_AGE:
                    path.unlink()

    def find(self, key: str) -> StoredPicture | None:
        """Return the shown picture of ``key`` if all its pictures are undamaged."""
        record = self.record(key)
        if record is None or not self._is_whole(record):
            return None
        return StoredPicture(record, self.path_of(record.picture))

    def record(self, key: str) -> Record | None:
        """Return the record of ``key``, or None if it is missing or unreadable."""
        try:
            return self._read(key, self._verified)
        except (OSError, BadRecord):
            return None

    def damage(self, key: str) -> str | None:
        """Return why the record of ``key`` is unreadable; None if it is readable or missing.

        Its picture is paid for, so a damaged record is no reason to buy it again.
        """
        try:
            self._read(key, self._verified)
        except (FileNotFoundError, NotADirectoryError):
            return None
        except (OSError, BadRecord) as error:
            return f"{self.record_path(key)} cannot be read ({error})"
        return None

    def _read(self, key: str, verified: VerifiedFiles) -> Record:
        folder = f"{self.root}/records/{key[:2]}"
        self._folders.check(folder)
        record = verified.record(f"{folder}/{key}.json")
        if record.key != key:
            raise BadRecord("it is the record of another key")
        return record

    def records(self) -> Iterator[Record]:
        """Yield every readable record, ordered by key."""
        unremembered = VerifiedFiles(None)  # those of other projects are no matter of this one
        for path in sorted(self.root.glob("records/??/*.json")):
            with contextlib.suppress(OSError, BadRecord):
                yield self._read(path.stem, unremembered)

    def keep(self, record: Record, arrived: list[Path]) -> StoredPicture:
        """Store checked pictures and their record durably; return the shown one.

        ``arrived`` are the pictures' files in the record's order; those that came into
        :meth:`incoming` are gone afterwards, whatever happens. A draft never replaces a picture of
        the real service. Raises ``OSError`` or :exc:`StateUnavailable`.
        """
        try:
            self.prepare()
            for picture, source in zip(record.pictures, arrived, strict=True):
                self._keep_picture(picture, source)
        finally:
            discard(each for each in arrived if each.parent == self.root / "incoming")
        known, path = self.record(record.key), self.record_path(record.key)
        self._folders.checked(path.parent)
        if known is None and os.path.lexists(path):
            self.set_aside(path)
        if known is None or known.draft or not record.draft:
            write_whole(path, write_record(record))
        return StoredPicture(record, self.path_of(record.picture))

    def heal(self, picture: Picture, source: Path) -> bool:
        """Replace a missing or damaged picture by a file with the same bytes."""
        try:
            self._verified.check(source, picture)
            self._keep_picture(picture, source)
        except (OSError, BadPicture):
            return False
        return True

    def record_path(self, key: str) -> Path:
        """Return the path of a key's record, whether it exists or not."""
        return Path(f"{self.root}/records/{key[:2]}/{key}.json")

    def path_of(self, picture: Picture) -> Path:
        """Return the path of a picture, whether it exists or not."""
        return Path(f"{self.root}/pictures/{picture.sha256[:2]}/{cached_picture(picture)}")

    def text_path(self, key: str) -> Path:
        """Return the path of the text that was sent for ``key``, whether it exists or not."""
        return self.root / "texts" / key[:2] / f"{key}.txt"

    def keep_text(self, key: str, text: str) -> None:
        """Keep the text that was sent for ``key``, for this user alone. Raises ``OSError``."""
        path = self.text_path(key)
        self._folders.checked(path.parent)
        write_whole(path, text.encode("utf-8", "replace"), mode=0o600)

    def text(self, key: str) -> str | None:
        """Return the text that was sent for ``key``; None if this machine did not order it."""
        path = self.text_path(key)
        try:
            self._folders.checked(path.parent)
            return read_bounded(path, limit=_TEXT_LIMIT).decode("utf-8", "replace")
        except OSError:
            return None

    def set_aside(self, path: Path) -> bool:
        """Move a damaged file into quarantine: it may be the last copy of a bought picture."""
        folder = self.root / "quarantine"
        with contextlib.suppress(OSError):
            self._folders.checked(path.parent)
            self._folders.checked(folder).mkdir(exist_ok=True)
            path.replace(folder / f"{path.name}.{os.urandom(4).hex()}")
            return True
        return False

    def _keep_picture(self, picture: Picture, source: Path) -> None:
        target = self.path_of(picture)
        self._folders.checked(target.parent)
        try:
            self._verified.check(target, picture)
        except FileNotFoundError:
            pass
        except Misdescribed:
            return  # the bytes are right; only the description is wrong
        except BadPicture:
            self.set_aside(target)
        else:
            return
        if source.parent == self.root / "incoming":
            make_folder(target.parent)
            publish(source, target, mode=0o444)
        else:
            copy_whole(source, target, limit=SIZE_LIMIT, mode=0o444)

    def _is_whole(self, record: Record) -> bool:
        for picture in record.pictures:
            folder = f"{self.root}/pictures/{picture.sha256[:2]}"
            try:
                self._folders.check(folder)
                self._verified.check(f"{folder}/{cached_picture(picture)}", picture)
            except (OSError, Misdescribed):
                return False
            except BadPicture:
                if not self._read_only:
                    self.set_aside(self.path_of(picture))
                return False
        return True

    def prepare(self) -> None:
        """Make the folders, and the ledger of a new cache.

        Raises :exc:`StateUnavailable` if that fails or if one is a link.
        """
        try:
            for name in _FOLDERS:
                self._folders.checked(self.root / name)
            if self._read_only or all((self.root / n).is_dir() for n in ("records", "locks")):
                return
            self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            self.root.mkdir(exist_ok=True)
            kept = ("records", "pictures", "state")
            if not any((self.root / name).is_dir() for name in kept):  # a new cache
                (self.root / "locks").mkdir(exist_ok=True)
                self.ledger.begin()
            for name in _FOLDERS:
                (self.root / name).mkdir(parents=True, exist_ok=True)
            for name, data in (("README.txt", _README.encode()), ("CACHEDIR.TAG", _TAG)):
                if not os.path.lexists(self.folder / name):  # it may be another program's
                    write_whole(self.folder / name, data)
        except UnsafeFile as error:
            raise StateUnavailable(str(error)) from None
        except OSError as error:
            raise StateUnavailable(f"{self.folder} cannot be written ({error})") from None
