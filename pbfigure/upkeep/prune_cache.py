"""Finds and removes old pictures of the machine's cache that no project known here uses.

A project is known by its purchases. It uses what its folder of figures has, and what it showed
last; one whose folder is gone uses nothing. An open order is never touched, and the ledger stays:
it still says what was paid for.
"""

from __future__ import annotations

import datetime
import time
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pbfigure.project.project import Project
from pbfigure.scheduler.journal import Journal
from pbfigure.store.cache_dir import CacheDir
from pbfigure.store.figures_dir import FiguresDir
from pbfigure.store.last_pictures import last_pictures
from pbfigure.store.purchase import Buyer, Purchase
from pbfigure.store.record import Record
from pbfigure.store.verified_files import VerifiedFiles


@dataclass(frozen=True, slots=True)
class Prunable:
    """A record that nobody uses."""

    record: Record
    folder: str
    """Of the project it was bought for; empty if that is not known."""
    is_gone: bool
    """Whether that project's folder is gone."""

    def as_json(self) -> dict[str, Any]:
        """The record as programs read it."""
        return {
            **self.record.bought(),
            "bytes": self.record.size,
            "folder": self.folder,
            "project_gone": self.is_gone,
        }


def prunable(
    project: Project, older_than: datetime.timedelta, in_use: Collection[str]
) -> list[Prunable]:
    """Return the records that are ``older_than`` that and that no known project uses; the keys
    ``in_use`` count as used.
    """
    cache = project.cache
    purchases = cache.ledger.purchases()
    by_key = {each.key: each.buyer for each in purchases}
    used = set(_used(cache, purchases)) | set(in_use)
    used |= {entry.key for entry in project.journal.entries()}
    waiting = [*used]
    while waiting:  # what these revise is used as well
        record = cache.record(waiting.pop())
        if record is not None and (base := record.request.base) and base not in used:
            used.add(base)
            waiting.append(base)
    before = time.time() - older_than.total_seconds()
    found = []
    for record in cache.records():
        if record.key not in used and _came_at(cache, record) <= before:
            folder = by_key.get(record.key, Buyer()).folder
            found.append(Prunable(record, folder, bool(folder) and not Path(folder).is_dir()))
    return found


def remove(journal: Journal, cache: CacheDir, found: Iterable[Prunable]) -> list[Prunable]:
    """Remove records, and pictures that no other record names; return what was removed.

    What a build works on at this moment stays. Raises ``OSError``.
    """
    removed = []
    with journal:
        for each in found:
            taken = journal.take([each.record.key])
            if not taken:
                continue
            try:
                cache.record_path(each.record.key).unlink(missing_ok=True)
                cache.text_path(each.record.key).unlink(missing_ok=True)
                journal.drop(taken[each.record.key])
            finally:
                journal.release([each.record.key])
            removed.append(each)
    named = {picture.sha256 for record in cache.records() for picture in record.pictures}
    for each in removed:
        for picture in each.record.pictures:
            if picture.sha256 not in named:
                cache.path_of(picture).unlink(missing_ok=True)
    return removed


def _used(cache: CacheDir, purchases: Iterable[Purchase]) -> Iterator[str]:
    """Yield the keys that projects use."""
    projects = {each.buyer.project: each.buyer for each in purchases if each.buyer.project}
    gone = {name for name, buyer in projects.items() if not Path(buyer.folder).is_dir()}
    memo = VerifiedFiles(None)
    folders = {buyer.figures_dir for name, buyer in projects.items() if name not in gone}
    for folder in filter(None, folders):
        yield from (kept.record.key for kept in FiguresDir(Path(folder), memo).all())
    yield from (last.key for last in last_pictures(cache.state) if last.project not in gone)


def _came_at(cache: CacheDir, record: Record) -> float:
    """Return when a record was written, by this machine's clock: the service's may be another."""
    return cache.record_path(record.key).stat().st_mtime
