"""The pictures of a project's figures: looked up in both tiers, written to both, healed by each.

The project's own files come first; they are what a clone has. What stands there serves this
project only and never enters the machine's cache, for whoever can write to the repository can
write there.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from pbfigure.figure.figure import Figure
from pbfigure.figure.notice import FigureError, Notice
from pbfigure.project.project import Project
from pbfigure.store.figures_dir import FiguresDir, Kept
from pbfigure.store.picture import BadPicture
from pbfigure.store.record import Record, iso_time


@dataclass(frozen=True, slots=True)
class Found:
    """A whole picture."""

    record: Record
    path: Path


@dataclass(frozen=True, slots=True)
class Lost:
    """A picture that was bought, and of which only the record is left, or not even that whole."""

    record: Record | None
    """None where the record cannot be read."""
    in_cache: bool
    """Whether it is the machine's cache that knows of it: then it can be fetched anew."""
    why: str


class Shelf:
    """Where a project's pictures stand."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self._figures: FiguresDir | None = project.figures
        self.notices: list[Notice] = []
        """What is to be told of the stores themselves."""

    def exact(self, figure: Figure) -> Found | Lost | None:
        """Return the picture that was bought for the figure's very key."""
        lost = None
        if self._figures is not None:
            own = self._of_project(figure)
            if own is not None:
                found = self._whole(own)
                if isinstance(found, Found):
                    return self._accepted(figure, own, found)
                lost = found
            elif (damage := self._damage(figure)) is not None:
                lost = Lost(None, in_cache=False, why=damage)
        cached = self._of_cache((figure.key.digest,))
        if isinstance(cached, Found):
            if lost is not None and lost.record is None:
                self._tell(Notice("picture", f"{lost.why}; it is written anew from the cache"))
            return Found(cached.record, self.take(figure, cached.record, cached.path))
        return cached or lost

    def accepted(self, figure: Figure, *, same_request: bool) -> Found | None:
        """Return the figure's last accepted picture; with ``same_request``, the last one that
        differs from what is asked now in nothing but text taken automatically.
        """

        def will_do(record: Record) -> bool:
            if not same_request:
                return True  # for want of anything better, a draft too
            content = figure.request.content
            automatic = content is not None and content.automatic
            return (
                automatic
                and record.content_automatic
                and record.request_digest == figure.key.request
                and self._project.will_do(record)
            )

        if self._figures is not None:
            for kept in self._figures.of_figure(figure.slug, figure.name):
                found = self._whole(kept) if will_do(kept.record) else None
                if isinstance(found, Found):
                    return found
        key = self._remembered(figure)
        cached = self._of_cache((key,)) if key else None
        if isinstance(cached, Found) and will_do(cached.record):
            return Found(cached.record, self.take(figure, cached.record, cached.path))
        return None

    def pinned(self, figure: Figure, prefix: str) -> Found | None:
        """Return the picture whose sha256 begins with ``prefix``, from either tier, as the
        figure's own.
        """
        if self._figures is not None:
            for kept in self._figures.all():
                for path, picture in self._figures.files(kept):
                    if picture.sha256.startswith(prefix) and isinstance(self._whole(kept), Found):
                        return Found(kept.record.showing(picture), path)
        for record in self._project.cache.records():
            for picture in record.pictures:
                if not picture.sha256.startswith(prefix):
                    continue
                if isinstance(self._of_cache((record.key,)), Found):
                    pinned, path = record.showing(picture), self._project.cache.path_of(picture)
                    return Found(pinned, self.take(figure, pinned, path))
        return None

    def take(self, figure: Figure, record: Record, path: Path) -> Path:
        """Make a picture of the machine's cache the figure's own; return the path to show.

        Where the project's folder cannot be written, the cache's own path is as good.
        """
        self._remember(figure, record.key)
        if self._figures is None:
            return path
        sources = [self._project.cache.path_of(picture) for picture in record.pictures]
        try:
            own = record.for_figure(figure.name, iso_time(_now()))
            kept = self._figures.keep(figure.slug, own, sources)
        except OSError as error:
            self._tell(
                Notice(
                    "figures_dir",
                    f"{self._figures.folder} cannot be written ({error.strerror or error}): its"
                    " pictures are in the machine's cache only",
                )
            )
            return path
        return self._figures.files(kept)[0][0]

    # -- the project's own files --------------------------------------------------------------

    def _of_project(self, figure: Figure) -> Kept | None:
        """Return what the project keeps under the figure's key, its own first."""
        assert self._figures is not None  # noqa: S101
        key = figure.key.digest
        kept = self._figures.kept(self._figures.stem(figure.slug, key))
        if kept is not None and kept.record.key == key and self._project.will_do(kept.record):
            return kept
        kept = self._figures.of_key(key)
        return kept if kept is not None and self._project.will_do(kept.record) else None

    def _damage(self, figure: Figure) -> str | None:
        """Return what is wrong with the record under the figure's own name and key."""
        assert self._figures is not None  # noqa: S101
        return self._figures.damage(self._figures.stem(figure.slug, figure.key.digest))

    def _whole(self, kept: Kept) -> Found | Lost:
        """Return a project's picture, healed from the machine's cache where it is damaged."""
        assert self._figures is not None  # noqa: S101
        path = self._figures.files(kept)[0][0]
        try:
            if self._figures.whole(kept):
                return Found(kept.record, path)
            why = "is missing"
        except BadPicture as error:
            why = f"is damaged: {error}"
        if self._heal(kept):
            self._tell(Notice("picture", f"{path} was damaged and is healed from the cache"))
            return Found(kept.record, path)
        return Lost(kept.record, in_cache=False, why=f"{path} {why}")

    def _heal(self, kept: Kept) -> bool:
        assert self._figures is not None  # noqa: S101
        cached = self._of_cache((kept.record.key,))
        if not isinstance(cached, Found) or not _same(cached.record, kept.record):
            return False
        sources = [self._project.cache.path_of(picture) for picture in kept.record.pictures]
        try:
            self._figures.restore(kept, sources)
        except OSError:
            return False
        return True

    def _accepted(self, figure: Figure, kept: Kept, found: Found) -> Found:
        """Note the picture as the figure's own, should it have had another since, or none."""
        assert self._figures is not None  # noqa: S101
        history = self._figures.of_figure(figure.slug, figure.name)
        if history and history[0].stem == kept.stem:
            return found
        sources = [path for path, _ in self._figures.files(kept)]
        own = kept.record.for_figure(figure.name, iso_time(_now()))
        try:
            mine = self._figures.keep(figure.slug, own, sources)
        except OSError:
            return found  # read-only: it is shown all the same
        return Found(mine.record, self._figures.files(mine)[0][0])

    # -- the machine's cache ------------------------------------------------------------------

    def _of_cache(self, keys: tuple[str, ...]) -> Found | Lost | None:
        cache = self._project.cache
        for key in keys:
            record = cache.record(key)
            if record is None or not self._project.will_do(record):
                continue
            found = cache.find((key,))
            if found is not None or self._heal_cache(record):
                return Found(record, cache.path_of(record.picture))
            why = f"{cache.path_of(record.picture)} is missing or damaged"
            return Lost(record, in_cache=True, why=why)
        damage = next(filter(None, map(cache.damage, keys)), None)
        return Lost(None, in_cache=True, why=damage) if damage is not None else None

    def _heal_cache(self, record: Record) -> bool:
        """Take back from the project what has the very bytes that the cache's own record tells."""
        if self._figures is None:
            return False
        kept = self._figures.of_key(record.key)
        if kept is None or not _same(kept.record, record):
            return False
        cache = self._project.cache
        healed = [cache.heal(picture, path) for path, picture in self._figures.files(kept)]
        if all(healed):
            self._tell(Notice("picture", "a damaged picture of the machine's cache is healed"))
        return all(healed)

    def _memory(self, figure: Figure) -> str:
        return f"accepted:{self._project.identity}:{figure.name}"

    def _remembered(self, figure: Figure) -> str | None:
        try:
            document = self._project.cache.state.get(self._memory(figure))
        except FigureError:
            return None
        return str(document["key"]) if document and "key" in document else None

    def _remember(self, figure: Figure, key: str) -> None:
        try:
            if self._remembered(figure) != key:
                self._project.cache.state.put(self._memory(figure), {"key": key})
        except FigureError as error:
            self._tell(Notice("cache", str(error)))

    def _tell(self, notice: Notice) -> None:
        if notice not in self.notices:
            self.notices.append(notice)


def _same(one: Record, other: Record) -> bool:
    """Whether two records tell of the same pictures, whichever of them is shown."""
    return set(one.pictures) == set(other.pictures)


def _now() -> float:
    import time

    return time.time()
