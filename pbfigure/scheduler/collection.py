"""Bringing home what was paid for: download, proof, store, and only then the journal's end."""

from __future__ import annotations

import contextlib
import time
import uuid
from dataclasses import dataclass
from pathlib import Path

from pbfigure import __version__
from pbfigure.api.errors import ApiError, Interrupted
from pbfigure.api.task import Task
from pbfigure.scheduler.floor import Workshop
from pbfigure.scheduler.journal import Entry
from pbfigure.store.cache_dir import CacheDir
from pbfigure.store.picture import BadPicture, Picture, examine
from pbfigure.store.record import Record

LEFT_BEHIND = 86_400.0
"""Seconds after which what a killed build was fetching is removed: it is fetched anew."""


@dataclass(frozen=True, slots=True)
class Collected:
    """A picture that is in the cache for good."""

    record: Record
    path: Path


def collect(shop: Workshop, entry: Entry, task: Task, *, last: bool) -> Collected:
    """Fetch, prove and keep a successful task's pictures.

    On the ``last`` try, pictures that cannot be had are left out while there is one that can.
    Raises :exc:`ApiError` or :exc:`BadPicture` where that failed, ``OSError`` for the disk; the
    task stays in the journal then, and is fetched again without being paid for again.
    """
    pictures: list[Picture] = []
    arrived: list[Path] = []
    trouble: ApiError | BadPicture = Interrupted("the task succeeded, but shows no picture yet")
    try:
        for url in task.image_urls:
            path = shop.cache.incoming() / f"{uuid.uuid4().hex}.part"
            arrived.append(path)
            try:
                shop.downloads.fetch(url, path)
                pictures.append(examine(path))
            except (ApiError, BadPicture) as error:
                trouble = error
                path.unlink(missing_ok=True)
                arrived.remove(path)
                if not last:
                    raise
        if not pictures:
            raise trouble
        record = _record(entry, task, pictures)
        shown = shop.cache.keep(record, arrived)
    finally:
        for path in arrived:
            with contextlib.suppress(OSError):
                path.unlink(missing_ok=True)
    shop.journal.close(entry.key)
    return Collected(record, shown)


def sweep(cache: CacheDir) -> None:
    """Remove what builds that were killed left of pictures they were fetching."""
    with contextlib.suppress(OSError):
        for path in cache.incoming().glob("*.part"):
            if time.time() - path.stat().st_mtime > LEFT_BEHIND:
                path.unlink(missing_ok=True)


def _record(entry: Entry, task: Task, pictures: list[Picture]) -> Record:
    cost = task.cost_credits if task.cost_credits is not None else entry.cost_credits
    return Record(
        key=entry.key,
        request_digest=entry.order["request_digest"],
        content_digest=entry.order["content_digest"],
        content_automatic=entry.order["content_automatic"],
        request=entry.order["request"],
        task_id=task.task_id,
        cost_credits=cost or 0,
        created_at=task.created_at or entry.created_at,
        pictures=tuple(pictures),
        draft=entry.draft,
        adopted=entry.adopted,
        tool=f"sphinx-paperbanana {__version__}",
    )
