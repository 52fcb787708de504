"""What people decided about figures: one small file for each figure and kind, to be committed.

``SLUG.pin`` says which picture its author wants; one that cannot be read is reported, and nothing
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
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Generic, TypeVar

from pbfigure.figure import json_fields as take
from pbfigure.figure.notice import printable
from pbfigure.store.files import read_bounded, refuse_link, write_whole

LIMIT = 10_000
"""Bytes of a decision."""
APPROVER_LIMIT = 200
"""Characters of who approved; ours."""
UNREADABLE = "-"
"""In place of a digest that cannot be read; no digest begins with it."""
_BY = re.compile(rf"(?s).{{1,{APPROVER_LIMIT}}}")
_AT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(Z|\+00:00)")


@dataclass(frozen=True, slots=True)
class Decision:
    """One decision."""

    path: Path
    """Its file."""
    figure: str = ""
    """The figure's name; empty if the file cannot be read."""


@dataclass(frozen=True, slots=True)
class Pin(Decision):
    """The picture that an author pinned."""

    request_digest: str = ""
    """The request's digest when it was pinned: so a figure that moves takes its pin along."""
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


class Decisions(Generic[D]):
    """The decisions of one kind in one project's folder."""

    ending: ClassVar[str]
    form: ClassVar[take.Form]
    kind: type[D]

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._read: dict[str, D] | None = None

    def of(self, slug: str) -> D | None:
        """Return the decision about a figure, or None."""
        return self._all().get(slug)

    def all(self) -> list[D]:
        """Return every decision, in the order of the files' names."""
        return [decision for _, decision in sorted(self._all().items())]

    def path_of(self, slug: str) -> Path:
        """Return where the decision about a figure is, or would be."""
        return self.folder / f"{slug}{self.ending}"

    def _put(self, slug: str, words: Mapping[str, str]) -> Path:
        """Write a decision. Raises ``OSError``."""
        refuse_link(self.folder)
        path = self.path_of(slug)
        text = json.dumps(words, ensure_ascii=False, sort_keys=True, indent=1) + "\n"
        write_whole(path, text.encode("utf-8", "replace"))
        self._read = None
        return path

    def rename(self, old: str, slug: str, figure: str) -> None:
        """Move a decision from an old slug to a figure's new slug and name. Raises ``OSError``."""
        if decision := self.of(old):
            words = {name: getattr(decision, name) for name in self.form}
            self._put(slug, {**words, "figure": figure})

    def remove(self, decision: D) -> None:
        """Remove a decision. Raises ``OSError``."""
        decision.path.unlink()
        self._read = None

    def _decision(self, path: Path) -> D:
        """Return the decision in a file; without words, if it cannot be read."""
        with contextlib.suppress(OSError, take.BadField):
            words = take.read_object(read_bounded(path, limit=LIMIT), self.form, limit=LIMIT)
            return self.kind(path, **words)
        return self.kind(path)

    def _all(self) -> dict[str, D]:
        if self._read is None:
            self._read = {}
            if not self.folder.is_symlink():
                with contextlib.suppress(OSError), os.scandir(self.folder) as entries:
                    for entry in entries:
                        if entry.name.endswith(self.ending) and not entry.name.startswith("."):
                            slug = entry.name.removesuffix(self.ending)
                            path = self.folder / entry.name
                            self._read[slug] = self._decision(path)
        return self._read


class Pins(Decisions[Pin]):
    """The pins of one project."""

    ending, kind = ".pin", Pin
    form: ClassVar[take.Form] = {
        "figure": take.optional(take.text, ""),
        "picture": take.digest,
        "request_digest": take.optional(take.text, ""),
    }

    def write(self, slug: str, figure: str, request_digest: str, picture: str) -> Path:
        """Write a pin. Raises ``OSError``."""
        words = {"figure": figure, "picture": picture, "request_digest": request_digest}
        return self._put(slug, words)


class Approvals(Decisions[Approval]):
    """The approvals of one project."""

    ending, kind = ".approved", Approval
    form: ClassVar[take.Form] = {
        "figure": take.optional(take.text, ""),
        "picture": take.digest,
        "by": lambda value: printable(take.matching(_BY, "nobody")(value)),
        "at": take.matching(_AT, "no date"),
    }

    def approve(self, slug: str, figure: str, picture: str, by: str) -> Path:
        """Write an approval, of this moment. Raises ``OSError``."""
        at = time.strftime("%Y-%m-%dT%H:%M:%S+00:00", time.gmtime())
        return self._put(slug, {"figure": figure, "picture": picture, "by": by, "at": at})
