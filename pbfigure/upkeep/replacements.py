"""Finds replacements for missing or damaged pictures: in the other store and in the quarantine."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from pbfigure.store.errors import BadPicture
from pbfigure.store.picture import glance


class Replacements:
    """Undamaged pictures in other places, by sha256. They are read only if one is needed."""

    def __init__(self, *places: Iterable[Path]) -> None:
        self._places = places
        self._found: dict[str, list[Path]] | None = None

    def of(self, sha256: str) -> list[Path]:
        """Return the files with this sha256."""
        if self._found is None:
            self._found = {}
            for path in (path for place in self._places for path in place):
                try:
                    self._found.setdefault(glance(path).sha256, []).append(path)
                except (OSError, BadPicture):
                    continue
        return self._found.get(sha256, [])
