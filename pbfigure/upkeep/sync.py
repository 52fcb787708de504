"""Uploads to a team's store what this machine bought and the store lacks, which a build tries once;
takes into the machine's cache what the store has of a document's figures.

Every object is asked for by its name and written only where it is missing, so that what was broken
off goes on where it was. The machine's own ledger says what was bought.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from pbfigure.documents.document import Document
from pbfigure.figure.key import Key
from pbfigure.project.picture_store import PictureStore
from pbfigure.project.project import Project
from pbfigure.project.repository import project_label
from pbfigure.store.cache_dir import CacheDir
from pbfigure.store.errors import StoreFailed
from pbfigure.store.object_store import ObjectStore
from pbfigure.store.purchase import NOT_CHARGED, Purchase
from pbfigure.store.record import Record
from pbfigure.store.signed_objects import Signer, picture_name, record_name, write_shared
from pbfigure.store.team_ledger import TeamPurchase, for_team, write_purchase

REQUESTS, UPLOADS = 64, 4
"""At the same time."""
FAILURES_LIMIT = 3
"""After so many failed requests in a row, the rest is left for another time."""
TAKEN_AT_ONCE = 64
"""Figures that are asked for together: what came is kept before the next are asked for."""

Report = Callable[[int, int], None]
"""Takes how many are done, of how many."""


@dataclass(slots=True)
class Uploaded:
    """What was uploaded, and what was not."""

    records: int = 0
    pictures: int = 0
    purchases: int = 0
    bytes: int = 0
    there: int = 0
    """Purchases that the store had already, with record and pictures."""
    left: int = 0
    """Purchases that could not be uploaded."""
    failure: StoreFailed | None = None
    """Why the first of them could not."""


@dataclass(slots=True)
class Taken:
    """What came from the store."""

    pictures: int = 0
    missing: int = 0
    """How many were asked for."""
    notices: list[str] = field(default_factory=list)
    """What is wrong with it."""


def take(documents: Iterable[Document], report: Report) -> Taken:
    """Take what the store has of the figures that documents lack; ``report`` is told how many of
    how many were asked for.
    """
    taken = Taken()
    for document in documents:
        project = document.project
        keys = _missing(document)
        pictures = PictureStore(project)
        taken.missing += len(keys)
        try:
            for start in range(0, len(keys), TAKEN_AT_ONCE):
                report(start, len(keys))
                found = pictures.team.fetch(keys[start : start + TAKEN_AT_ONCE])
                project.journal.ledger.note_tasks(stored.record for stored in found.values())
                taken.pictures += len(found)
        finally:
            pictures.team.close()
        taken.notices += [each.text for each in pictures.notices if each.level != "info"]
    return taken


def _missing(document: Document) -> list[Key]:
    """Return the keys that neither the machine's cache has nor this machine has ordered."""
    project = document.project
    under_way = project.journal.under_way()
    keys = {
        each.figure.key.digest: each.figure.key
        for each in document.look_up()
        if each.figure is not None
    }
    return [
        key
        for digest, key in keys.items()
        if digest not in under_way and project.cache.find(digest) is None
    ]


def bought_here(project: Project, projects: Collection[str]) -> list[TeamPurchase]:
    """Return what this machine paid for and has: for some projects, or for all if none is named.

    A task that is under way, that failed, or that drew a draft is left out. Raises
    :exc:`StateUnavailable` for the cache.
    """
    cache = project.cache
    ledger = cache.ledger
    machine = (ledger.identity or "")[:8]
    under_way = {entry.key for entry in project.journal.entries()}

    def record_of(bought: Purchase) -> Record | None:
        record = cache.record(bought.key)
        return record if record is not None and record.task_id == bought.task_id else None

    def is_over(bought: Purchase, record: Record | None) -> bool:
        if bought.draft or bought.status == NOT_CHARGED:
            return False
        if record is not None:
            return not record.draft
        return bought.api == project.api and bought.key not in under_way

    return [
        for_team(each, project_label(Path(each.buyer.folder)), machine, record)
        for each in ledger.purchases(projects)
        if is_over(each, record := record_of(each))
    ]


def upload(
    store: ObjectStore,
    signer: Signer,
    cache: CacheDir,
    purchases: Sequence[TeamPurchase],
    report: Report,
) -> Uploaded:
    """Upload purchases with their records and pictures; what is there stays as it is.

    ``report`` is told how many of how many purchases were looked at.
    """
    return asyncio.run(_Upload(store, signer, cache, report).all(purchases))


class _Upload:
    def __init__(
        self,
        store: ObjectStore,
        signer: Signer,
        cache: CacheDir,
        report: Report,
    ) -> None:
        self._store = store
        self._signer = signer
        self._cache = cache
        self._report = report
        self._uploading = asyncio.Semaphore(UPLOADS)
        self._in_a_row = 0
        self._done = Uploaded()

    async def all(self, purchases: Sequence[TeamPurchase]) -> Uploaded:
        for start in range(0, len(purchases), REQUESTS):
            self._report(start, len(purchases))
            await asyncio.gather(*map(self._give, purchases[start : start + REQUESTS]))
        return self._done

    async def _give(self, bought: TeamPurchase) -> None:
        try:
            if self._done.failure is not None and self._in_a_row >= FAILURES_LIMIT:
                raise self._done.failure
            is_new = False
            stored = self._cache.find(bought.purchase.key)
            if stored is not None and stored.record.task_id == bought.purchase.task_id:
                is_new = await self._give_record(stored.record)
            line = write_purchase(bought, self._signer)
            if await self._create(bought.name, lambda: line):
                self._done.purchases += 1
                is_new = True
            self._done.there += not is_new
            self._in_a_row = 0
        except StoreFailed as error:
            self._done.failure = self._done.failure or error
            self._done.left += 1
            self._in_a_row += FAILURES_LIMIT if error.is_refusal else 1

    async def _give_record(self, record: Record) -> bool:
        is_new = False
        for picture in record.pictures:
            path = self._cache.path_of(picture)
            async with self._uploading:
                written = await self._create(picture_name(picture), path.read_bytes)
            self._done.pictures += written
            is_new = is_new or written
        text = write_shared(record, self._signer)
        if await self._create(record_name(record.key), lambda: text):
            self._done.records += 1
            is_new = True
        return is_new

    async def _create(self, name: str, read: Callable[[], bytes]) -> bool:
        """Write an object if there is none; return whether it was written."""
        if await self._store.exists(name) or not await self._store.create(name, data := read()):
            return False
        self._done.bytes += len(data)
        return True
