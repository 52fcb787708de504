"""The files of a project's folder, one entry a picture: its record, its pictures, TeX's copies.

Files that belong to no record are entries of their own: pictures without one, decisions, and what
was set aside as damaged.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

from pbfigure.documents.document import DocumentFigure
from pbfigure.figure.input_limits import SIZE_LIMIT
from pbfigure.store.cache_dir import CacheDir
from pbfigure.store.figures_dir import FiguresDir
from pbfigure.store.file_names import COPY_FOR_TEX, DAMAGED
from pbfigure.store.files import read_bounded, refuse_link
from pbfigure.store.picture import EXTENSIONS
from pbfigure.store.pins_and_approvals import Approvals, Pins
from pbfigure.store.record import Record

DECISIONS = (Pins.ending, Approvals.ending)
_COPY = re.compile(rf"(?:[.-][0-9]{{1,2}})?{COPY_FOR_TEX}\.png")
"""What follows the stem in the name of a copy that TeX can read."""


class Use(StrEnum):
    """Whether the files of a picture are used."""

    USED = "used"
    UNUSED = "unused"
    OTHER = "not judged"
    """Something that was not looked at may use them."""


@dataclass(slots=True)
class StoredFiles:
    """The files of one picture, or one file that belongs to none, and what uses them."""

    stem: str
    record: Record | None
    """None if there is none that can be read."""
    paths: tuple[Path, ...]
    """The record's first."""
    is_only_copy: bool = False
    """Whether the machine's cache does not have it, so that it would have to be bought again."""
    damage: str = ""
    """Why its record cannot be read."""
    use: Use = Use.UNUSED
    why: str = ""
    """Why it is not used, or not judged."""
    shown_by: list[DocumentFigure] = field(default_factory=list)
    was_moved: bool = False
    """Whether the one figure that shows it has another name now."""

    @property
    def name(self) -> str:
        """The name of the picture's file, or of the only one."""
        pictures = [path.name for path in self.paths if path.suffix in EXTENSIONS.values()]
        return pictures[0] if pictures else self.paths[0].name

    @property
    def is_decision(self) -> bool:
        """Whether it is what somebody decided about a figure: a pin, or an approval."""
        return self.paths[0].suffix in DECISIONS

    @property
    def size(self) -> int:
        """Bytes of all files."""
        return sum(path.stat().st_size for path in self.paths if path.is_file())

    @property
    def is_draft(self) -> bool:
        """Whether the sandbox drew it."""
        return self.record is not None and self.record.draft

    @property
    def credits(self) -> float:
        """What the picture cost."""
        return 0.0 if self.record is None else self.record.cost_credits

    def as_json(self) -> dict[str, Any]:
        """The files as programs read it."""
        record = self.record
        return {
            "files": [str(path) for path in self.paths],
            "use": self.use.value,
            "why": self.why,
            "figure": None if record is None else record.figure,
            "shown_by": [each.resolved.full_name for each in self.shown_by],
            "key": None if record is None else record.key,
            "picture": None if record is None else record.picture.sha256,
            "credits": self.credits,
            "draft": self.is_draft,
            "bytes": self.size,
            "only_copy": self.is_only_copy,
        }


def stored_files(figures: FiguresDir, cache: CacheDir) -> list[StoredFiles]:
    """Return all that a folder of figures holds, in the order of names; of a link, nothing, for no
    figure is looked up behind one.
    """
    try:
        refuse_link(figures.folder)
        names = set(os.listdir(figures.folder))  # noqa: PTH208 - names are what is looked at
    except OSError:
        return []
    found = []
    copies = [name for name in names if name.endswith(f"{COPY_FOR_TEX}.png")]
    for stem in sorted(name[:-5] for name in names if name.endswith(".json")):
        if kept := figures.kept(stem):
            pictures = [path.name for path, _ in figures.files(kept)]
            own = [f"{stem}.json", *pictures, *_copies(stem, copies)]
            paths = tuple(figures.folder / name for name in own if name in names)
            is_only = not _is_cached(kept.record, cache)
            found.append(StoredFiles(stem, kept.record, paths, is_only))
            names.difference_update(own)
        elif damage := figures.damage(stem):
            own = [name for name in names if name.partition(".")[0] == stem]
            paths = tuple(figures.folder / name for name in sorted(own))
            found.append(StoredFiles(stem, None, paths, damage=damage))
            names.difference_update(own)
    found += _strays(figures.folder, names, cache)
    return sorted(found, key=lambda each: each.paths[0].name)


def _copies(stem: str, copies: Sequence[str]) -> list[str]:
    """Return the names of the copies that TeX reads in place of a picture."""
    return [name for name in copies if name.startswith(stem) and _COPY.fullmatch(name, len(stem))]


def _is_cached(record: Record, cache: CacheDir) -> bool:
    """Whether the machine's cache has the same pictures, as far as names tell: their bytes are read
    before anything is removed.
    """
    cached = cache.record(record.key)
    return (
        cached is not None
        and {each.sha256 for each in record.pictures} <= {each.sha256 for each in cached.pictures}
        and all(cache.path_of(each).is_file() for each in record.pictures)
    )


def _strays(folder: Path, names: set[str], cache: CacheDir) -> Iterator[StoredFiles]:
    """Yield decisions, and pictures without a record; all else is not ours."""
    for name in names:
        path = folder / name
        if path.is_symlink() or not path.is_file() or name.startswith("."):
            continue
        if path.suffix in DECISIONS:
            yield StoredFiles(path.stem, None, (path,))
        elif path.suffix in EXTENSIONS.values() or name.endswith(DAMAGED):
            is_only = not name.endswith(DAMAGED) and not _has_bytes(path, cache)
            yield StoredFiles(path.stem, None, (path,), is_only)


def _has_bytes(path: Path, cache: CacheDir) -> bool:
    """Whether the machine's cache has a picture of these very bytes, read now."""
    with contextlib.suppress(OSError):
        data = read_bounded(path, limit=SIZE_LIMIT)
        digest = hashlib.sha256(data).hexdigest()
        copies = (cache.root / "pictures" / digest[:2]).glob(f"{digest}.*")
        return any(read_bounded(copy, limit=SIZE_LIMIT) == data for copy in copies)
    return False
