"""Where a picture that is missing from a store may be had from: the other tier, the quarantine."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from pbfigure.store.picture import BadPicture, glance


class Replacements:
    """Whole pictures outside the places they are looked for, by sha256.

    The files are read only once something is missing.
    """

    def __init__(self, *places: Iterable[Path]) -> None:
        self._places = places
        self._found: dict[str, list[Path]] | None = None

    def of(self, sha256: str) -> list[Path]:
        """Return the files that hold those very bytes."""
        if self._found is None:
            self._found = {}
            for path in (path for place in self._places for path in place):
                try:
                    self._found.setdefault(glance(path).sha256, []).append(path)
                except (OSError, BadPicture):
                    continue
        return self._found.get(sha256, [])
