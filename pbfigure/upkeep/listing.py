"""The list of the records in the machine's cache."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pbfigure.store.cache_dir import CacheDir
from pbfigure.store.record import Record


@dataclass(frozen=True, slots=True)
class Listed:
    """One record, and whether its picture files exist."""

    record: Record
    path: Path
    """The picture that is shown."""
    is_there: bool

    @property
    def size(self) -> int:
        """Bytes of its pictures."""
        return sum(picture.size for picture in self.record.pictures)

    def as_json(self) -> dict[str, Any]:
        """The line as a JSON document."""
        record = self.record
        return {
            "key": record.key,
            "request": record.request,
            "task_id": record.task_id,
            "cost_credits": record.cost_credits,
            "created_at": record.created_at,
            "draft": record.draft,
            "adopted": record.adopted,
            "pictures": [picture.as_json() for picture in record.pictures],
            "path": str(self.path),
            "is_there": self.is_there,
        }


def listed(cache: CacheDir) -> Iterator[Listed]:
    """Yield every record of a cache, ordered by key."""
    for record in cache.records():
        paths = [cache.path_of(picture) for picture in record.pictures]
        yield Listed(record, paths[0], all(path.is_file() for path in paths))
