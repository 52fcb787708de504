"""Verifies a project's figures folder: records and pictures against each other."""

from __future__ import annotations

import time
from pathlib import Path

from pbfigure.store.cache_dir import CacheDir
from pbfigure.store.errors import BadPicture, BadRecord
from pbfigure.store.figures_dir import FiguresDir
from pbfigure.store.file_names import DAMAGED, KEY_DIGITS, is_stem_of
from pbfigure.store.files import TEMPORARY, read_bounded
from pbfigure.store.picture import EXTENSIONS, glance
from pbfigure.store.record import RECORD_LIMIT, StoredPicture, read_record
from pbfigure.upkeep.findings import Verification
from pbfigure.upkeep.verify_cache import STALE_AFTER, within

_FROM_GIT = "restore it from version control (git checkout, git lfs pull)"


class FiguresDirVerifier:
    """Verifies one project's ``figures_dir``."""

    def __init__(self, figures: FiguresDir, cache: CacheDir, found: Verification) -> None:
        self._figures = figures
        self._cache = cache
        self._found = found
        self._named: set[str] = set()

    def check(self) -> None:
        """Verify every file."""
        folder = self._figures.folder
        if folder.is_symlink():
            self._found.fault(
                "link", folder, "is a symbolic link, and not followed", "name the folder itself"
            )
            return
        paths = list(within(folder))
        for path in paths:
            if path.suffix == ".json":
                self._record(path)
        for path in paths:
            if path.name not in self._named:
                self._other(path)

    def _record(self, path: Path) -> None:
        self._named.add(path.name)
        try:
            record = read_record(read_bounded(path, limit=RECORD_LIMIT))
        except (OSError, BadRecord) as error:
            self._found.fault("record", path, f"the record cannot be read: {error}", _FROM_GIT)
            return
        if not is_stem_of(path.stem, record.key):
            self._found.fault(
                "record",
                path,
                f"its name is not of its key, which begins with {record.key[:KEY_DIGITS]}",
                "rename it to match",
            )
            return
        self._found.records += 1
        kept = self._figures.stored(path.stem, record)
        for picture_path, picture in self._figures.files(kept):
            self._named.add(picture_path.name)
            try:
                real = glance(picture_path)
            except OSError:
                problem = "the picture is missing"
            except BadPicture as error:
                problem = f"the picture is damaged: {error}"
            else:
                self._found.pictures += 1
                self._found.size += real.size
                if real == picture:
                    continue
                problem = "the picture is damaged: it is not the one its record names"
            self._found.fault(
                "picture",
                picture_path,
                problem,
                f"{_FROM_GIT}; the next build heals it from the machine's cache where that has"
                " it, and so does --repair",
                lambda: self._heal(kept),
            )

    def _heal(self, kept: StoredPicture) -> bool:
        cached = self._cache.find(kept.record.key)
        if cached is None or cached.record.pictures != kept.record.pictures:
            return False
        sources = [self._cache.path_of(picture) for picture in kept.record.pictures]
        self._figures.heal(kept, sources)
        return True

    def _other(self, path: Path) -> None:
        """Report a file that no record names."""
        if TEMPORARY.fullmatch(path.name):
            if time.time() - path.lstat().st_mtime > STALE_AFTER:
                self._found.note(
                    "leftover",
                    path,
                    "it was never finished: its writer was killed",
                    "--repair removes it",
                    path.unlink,
                )
        elif path.is_symlink():
            self._found.fault("link", path, "is a symbolic link, and not followed", "remove it")
        elif path.suffix == DAMAGED:
            self._found.note(
                "leftover", path, "was set aside as damaged", "delete it once you looked at it"
            )
        elif path.suffix in EXTENSIONS.values():
            self._found.note(
                "picture", path, "no record names this picture", "remove it if nobody needs it"
            )
