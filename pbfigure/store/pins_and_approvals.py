"""What people decided about figures: one small file for each figure and kind, to be committed.

``SLUG.pin`` says which picture an author chose; if it cannot be read, that is reported, and nothing
is bought in its place. ``SLUG.approved`` says which picture somebody approved: a figure that shows
another one is not approved any more. The files stand beside the figure's pictures, so that branches
which decide about different figures merge. Anyone may have written them: they are read strictly.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import time
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Generic, TypeVar

from pbfigure.figure.limits import parsed_json
from pbfigure.figure.notice import printable
from pbfigure.store.files import read_bounded, refuse_link, write_whole
from pbfigure.store.picture import SHA256

LIMIT = 10_000
"""Bytes of a decision."""
APPROVER_LIMIT = 200
"""Characters of who approved; ours."""
UNREADABLE = "-"
"""What no digest begins with."""
_AT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(Z|\+00:00)")


@dataclass(frozen=True, slots=True)
class Decision:
    """One decision."""

    path: Path
    """Its file."""
    figure: str = ""
    """The figure's name; empty if the file cannot be read."""


@dataclass(frozen=True, slots=True)
class Choice(Decision):
    """The picture that an author chose."""

    request_digest: str = ""
    """Of the figure as it was: so that a figure that moves takes its choice along."""
    picture: str = UNREADABLE
    """The picture's sha256."""

    @property
    def is_readable(self) -> bool:
        """Whether the file says which picture it is."""
        return self.picture != UNREADABLE


@dataclass(frozen=True, slots=True)
class Approval(Decision):
    """One approval."""

    picture: str = ""
    """The picture's sha256; empty if the file cannot be read."""
    by: str = ""
    """Who, as they name themselves; printable."""
    at: str = ""
    """When: UTC, ISO 8601."""


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


class Choices(Decisions[Choice]):
    """The choices of one project."""

    ending = ".pin"

    def read(self, path: Path, words: Mapping[str, str]) -> Choice:
        """Return the choice that a file's words are."""
        if not SHA256.fullmatch(words.get("picture", "")):
            return Choice(path)
        figure, digest = words.get("figure", ""), words.get("request_digest", "")
        return Choice(path, figure, digest, words["picture"])

    def choose(self, slug: str, figure: str, request_digest: str, picture: str) -> Path:
        """Write a choice. Raises ``OSError``."""
        words = {"figure": figure, "picture": picture, "request_digest": request_digest}
        return self.put(slug, words)


class Approvals(Decisions[Approval]):
    """The approvals of one project."""

    ending = ".approved"

    def read(self, path: Path, words: Mapping[str, str]) -> Approval:
        """Return the approval that a file's words are; all of them are needed."""
        figure, picture, by, at = (words.get(n, "") for n in ("figure", "picture", "by", "at"))
        is_whole = SHA256.fullmatch(picture) and _AT.fullmatch(at) and 0 < len(by) <= APPROVER_LIMIT
        return Approval(path, figure, picture, printable(by), at) if is_whole else Approval(path)

    def approve(self, slug: str, figure: str, picture: str, by: str) -> Path:
        """Write an approval, of this moment. Raises ``OSError``."""
        at = time.strftime("%Y-%m-%dT%H:%M:%S+00:00", time.gmtime())
        return self.put(slug, {"figure": figure, "picture": picture, "by": by, "at": at})


def _words(path: Path) -> dict[str, str]:
    """Return the words of a file; none if it cannot be read."""
    with contextlib.suppress(OSError, ValueError):
        document = parsed_json(read_bounded(path, limit=LIMIT), LIMIT)
        if isinstance(document, dict):
            return {name: word for name, word in document.items() if isinstance(word, str)}
    return {}
