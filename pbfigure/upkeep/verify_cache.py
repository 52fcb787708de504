"""Verifies the files of the machine's cache: records, pictures and unfinished downloads."""

from __future__ import annotations

import contextlib
import os
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from functools import cached_property
from pathlib import Path

from pbfigure.store.cache_dir import CacheDir
from pbfigure.store.errors import BadPicture
from pbfigure.store.files import write_whole
from pbfigure.store.picture import EXTENSIONS, SHA256, Picture, glance
from pbfigure.store.record import Record, write_record
from pbfigure.upkeep.verify_findings import Verification

_PICTURE_NAME = re.compile(f"({SHA256.pattern})({'|'.join(map(re.escape, EXTENSIONS.values()))})")


class CacheVerifier:
    """Verifies the records, pictures and downloads of one cache."""

    def __init__(self, cache: CacheDir, found: Verification, copies: Iterable[Path]) -> None:
        """``copies``: files that may have a picture that is lost."""
        self._cache = cache
        self._root = cache.root
        self._found = found
        self._copies = copies
        self._checked: dict[bytes, tuple[int, int] | None] = {}
        """Pictures that records name: their real size in pixels, or None if missing or damaged."""
        self._lost: list[tuple[str, Picture, str]] = []
        """Task, picture and problem of each missing or damaged picture that a record names."""

    def check(self, recover: Callable[[str, bool], bool]) -> None:
        """Verify every file.

        ``recover`` is called with the key of a lost record, and whether the record certainly
        existed, so that the journal remembers it.
        """
        self._recover = recover
        self._links()
        for path in _below(self._root / "records"):
            record = self._record(path)
            if record is not None:
                self._found.records += 1
                self._pictures_of(record, path)
        for path in _below(self._root / "pictures"):
            self._picture(path)
        for path in within(self._root / "incoming"):
            self._is_unfinished(path)
        self._heal()
        self._set_aside()

    def _links(self) -> None:
        for name in ("records", "pictures", "texts", "incoming", "locks", "quarantine"):
            if (folder := self._root / name).is_symlink():
                advice = "find out who made it, and replace it by a folder with its content"
                self._found.link(folder, advice)

    # -- records --------------------------------------------------------------------------------

    def _record(self, path: Path) -> Record | None:
        """Return the record at ``path`` if it is valid."""
        key = path.name.removesuffix(".json")
        if self._is_unfinished(path) or path.suffix != ".json" or not SHA256.fullmatch(key):
            return None
        record = self._found.record(
            path,
            "--repair sets it aside, and has the next build that wants its picture fetch its task"
            " again without paying; if the task is unknown, 'pbfigure settle' asks you",
            lambda: self._recover(key, True) and self._cache.set_aside(path),
        )
        if record is not None and self._cache.record_path(record.key) != path:
            self._found.fault(
                "record",
                path,
                f"it is the record of another key, {record.key}",
                "--repair moves it to its place, or sets it aside where there is one already",
                lambda: self._move_home(record, path),
            )
            return None
        return record

    def _move_home(self, record: Record, path: Path) -> bool:
        if not self._recover(path.stem, False):
            return False
        if self._cache.record(record.key) is not None:
            return self._cache.set_aside(path)
        home = self._cache.record_path(record.key)
        if os.path.lexists(home):  # the file there is not a valid record
            self._cache.set_aside(home)
        write_whole(home, write_record(record))
        path.unlink()
        return True

    def _pictures_of(self, record: Record, path: Path) -> None:
        wrong = False
        for picture in record.pictures:
            name = bytes.fromhex(picture.sha256)
            if name not in self._checked:
                self._checked[name] = self._whole(record, picture)
            real = self._checked[name]
            wrong = wrong or (real is not None and real != (picture.width, picture.height))
        if wrong:
            self._found.fault(
                "record",
                path,
                "it does not describe its picture, which is whole",
                "--repair writes the right size",
                lambda: self._describe(record, path),
            )

    def _describe(self, record: Record, path: Path) -> None:
        pictures = tuple(glance(self._cache.path_of(picture)) for picture in record.pictures)
        write_whole(path, write_record(record._replace(pictures=pictures)))

    def _whole(self, record: Record, picture: Picture) -> tuple[int, int] | None:
        """Check a picture that a record names; return its real width and height, or None."""
        path = self._cache.path_of(picture)
        real = self._found.picture(path, picture.sha256)
        if isinstance(real, Picture):
            return real.width, real.height
        self._lost.append((record.task_id, picture, real))
        if self._found.repair and (path.is_symlink() or path.exists()):
            self._cache.set_aside(path)
        return None

    def _heal(self) -> None:
        """Report lost pictures, and restore those that have a replacement."""
        for task_id, picture, problem in self._lost:
            self._found.fault(
                "picture",
                self._cache.path_of(picture),
                problem,
                f"the next build that wants it fetches task {task_id} again without paying"
                " (--repair sets a damaged file aside, and heals it from figures_dir where it can)",
                lambda picture=picture: self._heal_one(picture),  # type: ignore[misc]
            )

    def _heal_one(self, picture: Picture) -> bool:
        return any(
            self._cache.heal(picture, path) for path in self._copies_of.get(picture.sha256, ())
        )

    @cached_property
    def _copies_of(self) -> dict[str, list[Path]]:
        """Undamaged pictures in other places, by sha256; they are read only if one is needed."""
        found: dict[str, list[Path]] = defaultdict(list)
        for path in self._copies:
            with contextlib.suppress(OSError, BadPicture):
                found[glance(path).sha256].append(path)
        return found

    # -- other files ---------------------------------------------------------------------------

    def _picture(self, path: Path) -> None:
        match = _PICTURE_NAME.fullmatch(path.name)
        if self._is_unfinished(path) or match is None or bytes.fromhex(match[1]) in self._checked:
            return
        if isinstance(self._found.picture(path, match[1]), str):
            self._found.fault(
                "picture",
                path,
                "the picture is damaged, and no record names it",
                "--repair sets it aside",
                lambda: self._cache.set_aside(path),
            )
            return
        self._found.note(
            "picture",
            path,
            "no record names this whole picture",
            "nothing needs to be done; it was paid for, and is kept",
        )

    def _is_unfinished(self, path: Path) -> bool:
        advice = "--repair removes it; a whole picture that is nowhere else is set aside"
        return self._found.is_unfinished(path, advice, lambda: self._remove(path))

    def _remove(self, path: Path) -> bool:
        try:
            picture = glance(path)
        except (OSError, BadPicture):
            path.unlink()
            return True
        if self._cache.path_of(picture).exists():
            path.unlink()
            return True
        return self._cache.set_aside(path)

    def _set_aside(self) -> None:
        count = sum(1 for _ in within(self._root / "quarantine"))
        if count:
            self._found.note(
                "leftover",
                self._root / "quarantine",
                f"{count} file(s) were set aside as damaged",
                "look at them, and delete what you do not need",
            )


def within(folder: Path) -> Iterator[Path]:
    """Yield a folder's entries, sorted; nothing if it is missing or a link."""
    if not folder.is_symlink():
        with contextlib.suppress(OSError):
            yield from sorted(folder.iterdir())


def _below(folder: Path) -> Iterator[Path]:
    """Yield the entries of a folder's subfolders, and its other entries."""
    for inner in within(folder):
        if inner.is_dir() and not inner.is_symlink():
            yield from within(inner)
        else:
            yield inner
