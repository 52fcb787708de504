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

    def as_json(self) -> dict[str, Any]:
        """The line as a JSON document."""
        return {
            **self.record.bought(),
            "adopted": self.record.adopted,
            "pictures": [picture.as_json() for picture in self.record.pictures],
            "path": str(self.path),
            "is_there": self.is_there,
        }


def listed(cache: CacheDir) -> Iterator[Listed]:
    """Yield every record of a cache, ordered by key."""
    for record in cache.records():
        paths = [cache.path_of(picture) for picture in record.pictures]
        yield Listed(record, paths[0], all(path.is_file() for path in paths))
