"""Fetches the pictures of a successful task: downloads, checks and stores them, and closes the
journal's entry.
"""

from __future__ import annotations

import contextlib
import math
import time
import uuid
from dataclasses import dataclass
from pathlib import Path

from pbfigure import __version__
from pbfigure.api.errors import ApiError, Interrupted
from pbfigure.api.task import Task
from pbfigure.scheduler.jobs import Job, Made, Services
from pbfigure.scheduler.journal_entry import Entry, OrderFacts
from pbfigure.store.cache_dir import CacheDir
from pbfigure.store.database import StateUnavailable
from pbfigure.store.picture import BadPicture, Picture, examine
from pbfigure.store.record import Record

STALE_DOWNLOAD_AGE = 86_400.0
"""Seconds after which a download that a killed build left is removed."""


@dataclass(slots=True)
class Awaited:
    """A task that is pending or being fetched."""

    job: Job
    entry: Entry
    order: OrderFacts
    task: Task
    ordered_at: float
    """By the monotonic clock; if an earlier build ordered it, since when it is awaited."""
    seen_at: float
    """When it was seen to be pending last."""
    seconds: float | None = None
    """How long it took, about; None if that is unknown."""
    due_at: float = math.inf
    """When to poll it, whether it is likely ready or not."""
    tries: int = 0
    """Attempts to fetch its pictures."""
    absences: int = 0
    """How often the API did not know it."""
    queued_at: float | None = None
    """Since when its download waits for others to end."""


def fetch_pictures(services: Services, awaited: Awaited, *, last: bool) -> Made:
    """Fetch, check and store a successful task's pictures durably.

    The ``last`` attempt leaves out pictures that fail, if at least one succeeds. Raises
    :exc:`ApiError` or :exc:`BadPicture` if none does, ``OSError`` for the disk; the task then
    stays in the journal and is fetched again without being paid for again.
    """
    entry, order, task = awaited.entry, awaited.order, awaited.task
    pictures: list[Picture] = []
    arrived: list[Path] = []
    failure: ApiError | BadPicture = Interrupted("the task succeeded, but shows no picture yet")
    try:
        for url in task.image_urls:
            path = services.cache.incoming() / f"{uuid.uuid4().hex}.part"
            arrived.append(path)
            try:
                services.downloads.fetch(url, path)
                pictures.append(examine(path))
            except (ApiError, BadPicture) as error:
                failure = error
                path.unlink(missing_ok=True)
                arrived.remove(path)
                if not last:
                    raise
        if not pictures:
            raise failure
        record = _record(entry, order, task, pictures)
        shown = services.cache.keep(record, arrived)
    finally:
        for path in arrived:
            with contextlib.suppress(OSError):
                path.unlink(missing_ok=True)
    with contextlib.suppress(StateUnavailable):  # the next build closes it
        services.journal.close(entry.key, record, awaited.seconds)
    return Made(record, shown, reordered=entry.reordered)


def remove_stale_downloads(cache: CacheDir) -> None:
    """Remove the unfinished downloads of killed builds."""
    downloads: list[Path] = []
    with contextlib.suppress(OSError):
        downloads += cache.incoming().glob("*.part")
    for path in downloads:
        with contextlib.suppress(OSError):
            if time.time() - path.lstat().st_mtime > STALE_DOWNLOAD_AGE:
                path.unlink()


def _record(entry: Entry, order: OrderFacts, task: Task, pictures: list[Picture]) -> Record:
    cost = task.cost_credits if task.cost_credits is not None else entry.cost_credits
    return Record(
        key=entry.key,
        request_digest=order.request_digest,
        content_digest=order.content_digest,
        content_automatic=order.content_automatic,
        request=order.request,
        task_id=task.task_id,
        cost_credits=cost or 0,
        created_at=task.created_at or entry.created_at,
        pictures=tuple(pictures),
        draft=entry.draft,
        adopted=entry.adopted,
        tool=f"sphinx-paperbanana {__version__}",
    )
