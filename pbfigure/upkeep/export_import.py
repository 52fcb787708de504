"""Exports pictures of the machine's cache into one file, and imports such a file."""

from __future__ import annotations

import contextlib
import uuid
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from pbfigure.project.project import Project
from pbfigure.store.archive import Archive, write_archive
from pbfigure.store.cache_dir import CacheDir
from pbfigure.store.errors import BadPicture, BadRecord
from pbfigure.store.picture import examine
from pbfigure.store.record import Record
from pbfigure.store.signed_objects import Signer


@dataclass(slots=True)
class Exported:
    """What an export wrote."""

    records: int = 0
    pictures: int = 0
    drafts: int = 0
    """Records that stay, being of the sandbox."""
    damaged: list[str] = field(default_factory=list)
    """Keys whose picture is missing or damaged."""


@dataclass(slots=True)
class Imported:
    """What an import took."""

    records: int = 0
    restored: int = 0
    """Records of this machine whose lost pictures came back."""
    there: int = 0
    """Records that this machine has, and that stay as they are."""
    under_way: int = 0
    """Records of orders that this machine paid for itself and still has to fetch."""
    others: int = 0
    """Entries of the file that this program did not write."""
    refused: list[str] = field(default_factory=list)
    """Key and reason of each record that was not taken."""


def export(cache: CacheDir, keys: Collection[str] | None, file: Path, signer: Signer) -> Exported:
    """Write what the cache has of some keys, or all of it, into a file. Raises ``OSError``."""
    done, chosen = Exported(), []
    for record in cache.records():
        if keys is not None and record.key not in keys:
            continue
        if record.draft:
            done.drafts += 1
        elif cache.find(record.key) is None:
            done.damaged.append(record.key)
        else:
            chosen.append((record, [cache.path_of(picture) for picture in record.pictures]))
    done.records, done.pictures = write_archive(file, chosen, signer)
    return done


def import_(project: Project, archive: Archive) -> Imported:
    """Take what the cache lacks from an archive; each picture is checked as a download is.

    Raises ``OSError`` and :exc:`StateUnavailable` for the cache.
    """
    cache, journal = project.cache, project.journal
    under_way = journal.under_way()
    done = Imported(others=archive.others)
    for key in archive:
        try:
            record = archive.record(key)
            known = cache.record(key)
            if known is not None and not known.draft and cache.find(key) is not None:
                done.there += 1
            elif key in under_way:
                done.under_way += 1
            elif known is None or known.draft:
                with _arrived(cache, archive, record) as paths:
                    cache.keep(record, paths)
                journal.ledger.note_tasks([record])
                done.records += 1
            else:
                with _arrived(cache, archive, known) as paths:
                    for picture, path in zip(known.pictures, paths, strict=True):
                        cache.heal(picture, path)
                done.restored += 1
        except (BadRecord, BadPicture) as error:
            done.refused.append(f"{key}: {error}")
    return done


@contextlib.contextmanager
def _arrived(cache: CacheDir, archive: Archive, record: Record) -> Iterator[list[Path]]:
    """Give the block a record's pictures as checked files; raise :exc:`BadPicture` otherwise."""
    paths = []
    with contextlib.ExitStack() as stack:
        for picture in record.pictures:
            path = cache.incoming() / f"{uuid.uuid4().hex}.part"
            stack.callback(path.unlink, missing_ok=True)
            archive.unpack(picture, path)
            if examine(path) != picture:
                raise BadPicture("a picture is not the one that its record names")
            paths.append(path)
        yield paths
