"""Heals missing and damaged pictures: the project's from the machine's cache, the cache's from the
project. Only bytes that are those of the record count.
"""

from __future__ import annotations

from collections.abc import Callable

from pbfigure.project.committed_pictures import LostPicture
from pbfigure.project.project import Project
from pbfigure.store.figures_dir import FiguresDir
from pbfigure.store.record import Record, StoredPicture


class Healing:
    """The pictures of a project's folder and of the machine's cache, each healed from the other."""

    def __init__(
        self, project: Project, files: FiguresDir, report: Callable[[str, str], None]
    ) -> None:
        self._project = project
        self._files = files
        self._report = report

    def of_project(self, kept: StoredPicture) -> StoredPicture | None:
        """Return a damaged picture of the project from the machine's cache, put in its place."""
        cached = self.of_cache(kept.record.key)
        if not isinstance(cached, StoredPicture) or not _same(cached.record, kept.record):
            return None
        cache = self._project.cache
        if self._project.read_only or not self._project.keeps_figures:
            self._report("picture", f"{kept.path} is damaged; the cache's copy is shown")
            return StoredPicture(kept.record, cache.path_of(kept.record.picture))
        try:
            self._files.heal(kept, [cache.path_of(each) for each in kept.record.pictures])
        except OSError:
            return None
        self._report("picture", f"{kept.path} was damaged and is healed from the cache")
        return kept

    def of_cache(self, key: str) -> StoredPicture | LostPicture | None:
        """Return the picture that the machine's cache has of a key, healed if it has to be."""
        cache = self._project.cache
        record = cache.record(key)
        if record is None:
            damage = cache.damage(key)
            return None if damage is None else LostPicture(None, in_cache=True, why=damage)
        if not self._project.accepts_record(record):
            return None
        if cache.find(key) is not None or self._heal_cache(record):
            return StoredPicture(record, cache.path_of(record.picture))
        why = f"{cache.path_of(record.picture)} is missing or damaged"
        return LostPicture(record, in_cache=True, why=why)

    def _heal_cache(self, record: Record) -> bool:
        """Take back from the project pictures whose bytes are those of the cache's record."""
        kept = self._files.of_key(record.key)
        if kept is None or not _same(kept.record, record) or self._project.read_only:
            return False
        cache = self._project.cache
        healed = [cache.heal(picture, path) for path, picture in self._files.files(kept)]
        if all(healed):
            self._report("picture", "a damaged picture of the machine's cache is healed")
        return all(healed)


def _same(one: Record, other: Record) -> bool:
    """Whether two records have the same pictures, whichever is shown."""
    return set(one.pictures) == set(other.pictures)
