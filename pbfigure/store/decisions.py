"""What people decided about figures: one small file a figure and kind of decision, to be committed.

``SLUG.pin`` and ``SLUG.approved`` stand beside the figure's pictures, so that branches which decide
about different figures merge. Anyone may have written them: they are read strictly.
"""

from __future__ import annotations

import contextlib
import json
import os
from abc import ABC, abstractmethod
from collections.abc import Mapping
from pathlib import Path
from typing import ClassVar, Generic, Protocol, TypeVar

from pbfigure.figure.bounds import parsed_json
from pbfigure.store.files import read_bounded, refuse_link, write_whole

LIMIT = 10_000
"""Bytes of a decision."""


class Decision(Protocol):
    """One decision."""

    @property
    def path(self) -> Path:
        """Its file."""

    @property
    def figure(self) -> str:
        """The figure's name; empty if the file cannot be read."""


D = TypeVar("D", bound=Decision)


class Decisions(ABC, Generic[D]):
    """The decisions of one kind in one project's folder."""

    ending: ClassVar[str]

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._read: dict[str, D] | None = None

    @abstractmethod
    def read(self, path: Path, words: Mapping[str, str]) -> D:
        """Return the decision that a file's words are; without words, one that is unreadable."""

    def of(self, slug: str) -> D | None:
        """Return the decision about a figure, or None."""
        return self._all().get(slug)

    def all(self) -> list[D]:
        """Return every decision, in the order of the files' names."""
        return [decision for _, decision in sorted(self._all().items())]

    def path_of(self, slug: str) -> Path:
        """Return where the decision about a figure is, or would be."""
        return self.folder / f"{slug}{self.ending}"

    def put(self, slug: str, words: Mapping[str, str]) -> Path:
        """Write a decision. Raises ``OSError``."""
        refuse_link(self.folder)
        path = self.path_of(slug)
        text = json.dumps(words, ensure_ascii=False, sort_keys=True, indent=1) + "\n"
        write_whole(path, text.encode("utf-8", "replace"))
        self._read = None
        return path

    def rename(self, old: str, slug: str, figure: str) -> None:
        """Move a decision from an old slug to a figure's new slug and name. Raises ``OSError``."""
        words = _words(self.path_of(old))
        if words:
            self.put(slug, {**words, "figure": figure})

    def remove(self, decision: D) -> None:
        """Remove a decision. Raises ``OSError``."""
        decision.path.unlink()
        self._read = None

    def _all(self) -> dict[str, D]:
        if self._read is None:
            self._read = {}
            if not self.folder.is_symlink():
                with contextlib.suppress(OSError), os.scandir(self.folder) as entries:
                    for entry in entries:
                        if entry.name.endswith(self.ending) and not entry.name.startswith("."):
                            slug = entry.name.removesuffix(self.ending)
                            path = self.folder / entry.name
                            self._read[slug] = self.read(path, _words(path))
        return self._read


def _words(path: Path) -> dict[str, str]:
    """Return the words of a file; none if it cannot be read."""
    with contextlib.suppress(OSError, ValueError):
        document = parsed_json(read_bounded(path, limit=LIMIT), LIMIT)
        if isinstance(document, dict):
            return {name: word for name, word in document.items() if isinstance(word, str)}
    return {}
