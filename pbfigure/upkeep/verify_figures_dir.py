"""Verifies a project's figures folder: records and pictures against each other."""

from __future__ import annotations

from pathlib import Path

from pbfigure.store.cache_dir import CacheDir
from pbfigure.store.figures_dir import FiguresDir
from pbfigure.store.file_names import DAMAGED, KEY_DIGITS, is_stem_of
from pbfigure.store.picture import EXTENSIONS
from pbfigure.store.record import StoredPicture
from pbfigure.upkeep.verify_cache import within
from pbfigure.upkeep.verify_findings import Verification

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
            self._found.link(folder, "name the folder itself")
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
        record = self._found.record(path, _FROM_GIT)
        if record is None:
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
            real = self._found.picture(picture_path, picture.sha256)
            if real == picture:
                continue
            self._found.fault(
                "picture",
                picture_path,
                real if isinstance(real, str) else "the record does not describe the picture",
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
        if self._found.is_unfinished(path, "--repair removes it", path.unlink):
            return
        if path.is_symlink():
            self._found.link(path, "remove it")
        elif path.suffix == DAMAGED:
            self._found.note(
                "leftover", path, "was set aside as damaged", "delete it once you looked at it"
            )
        elif path.suffix in EXTENSIONS.values():
            self._found.note(
                "picture", path, "no record names this picture", "remove it if nobody needs it"
            )
