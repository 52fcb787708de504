"""The pictures that an author chose for figures: one small file a figure, made to be committed.

``SLUG.pin`` stands beside the figure's pictures, so that branches which choose for different
figures merge. Anyone may have written it: it is read strictly, and one that cannot be read is told
of, for buying in its place is what its author did not want.
"""

from __future__ import annotations

import contextlib
import json
import os
from dataclasses import dataclass
from pathlib import Path

from pbfigure.figure.bounds import parsed_json
from pbfigure.store.files import read_bounded, refuse_link, write_whole
from pbfigure.store.picture import SHA256

ENDING = ".pin"
LIMIT = 10_000
"""Bytes of a choice."""
UNREADABLE = "-"
"""What no digest begins with."""


@dataclass(frozen=True, slots=True)
class Choice:
    """One choice."""

    path: Path
    figure: str = ""
    """The figure's name."""
    request_digest: str = ""
    """Of the figure as it was: so that a figure that moves takes its choice along."""
    picture: str = UNREADABLE
    """The picture's sha256."""

    @property
    def is_readable(self) -> bool:
        """Whether the file says which picture it is."""
        return self.picture != UNREADABLE


class Choices:
    """The choices of one project."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._read: dict[str, Choice] | None = None

    def of(self, slug: str) -> Choice | None:
        """Return the choice for a figure, or None."""
        return self._all().get(slug)

    def all(self) -> list[Choice]:
        """Return every choice, in the order of the files' names."""
        return [choice for _, choice in sorted(self._all().items())]

    def put(self, slug: str, figure: str, request_digest: str, picture: str) -> Path:
        """Write a choice. Raises ``OSError``."""
        document = {"figure": figure, "picture": picture, "request_digest": request_digest}
        refuse_link(self.folder)
        path = self.folder / f"{slug}{ENDING}"
        text = json.dumps(document, ensure_ascii=False, sort_keys=True, indent=1) + "\n"
        write_whole(path, text.encode("utf-8", "replace"))
        self._read = None
        return path

    def remove(self, choice: Choice) -> None:
        """Remove a choice. Raises ``OSError``."""
        choice.path.unlink()
        self._read = None

    def _all(self) -> dict[str, Choice]:
        if self._read is None:
            self._read = {}
            if not self.folder.is_symlink():
                with contextlib.suppress(OSError), os.scandir(self.folder) as entries:
                    for entry in entries:
                        if entry.name.endswith(ENDING) and not entry.name.startswith("."):
                            slug = entry.name.removesuffix(ENDING)
                            self._read[slug] = _read(self.folder / entry.name)
        return self._read


def _read(path: Path) -> Choice:
    with contextlib.suppress(OSError, ValueError):
        document = parsed_json(read_bounded(path, limit=LIMIT), LIMIT)
        if isinstance(document, dict):
            words = [document.get(name) for name in ("figure", "request_digest", "picture")]
            figure, request, picture = (word if isinstance(word, str) else "" for word in words)
            if SHA256.fullmatch(picture):
                return Choice(path, figure, request, picture)
    return Choice(path)
