"""Where a picture came from: its record, found by its bytes, and the purchase in the ledger.

Bytes that the service sent are found by their digest. A PDF, and builders that show no WebP, keep
the pixels and not the bytes: so a picture that is found by neither store's digests is compared, as
it looks, with those of its size.
"""

from __future__ import annotations

import contextlib
import hashlib
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from pbfigure.project.project import Project
from pbfigure.project.repository import FIGURES_DIRS
from pbfigure.project.resolved_figure import ResolvedFigure
from pbfigure.provenance.published_copies import unlabelled_digests
from pbfigure.store.cache_dir import CacheDir
from pbfigure.store.errors import BadPicture
from pbfigure.store.figures_dir import FiguresDir
from pbfigure.store.picture import FORMATS, Picture, examine
from pbfigure.store.purchase import Purchase
from pbfigure.store.record import Record

BYTES, PIXELS = "bytes", "pixels"


@dataclass(slots=True)
class Origin:
    """A picture that was bought, and what is known of it."""

    record: Record
    picture: Picture
    files: list[Path] = field(default_factory=list)
    """Where it is; a file may be missing or damaged."""
    figures: list[str] = field(default_factory=list)
    """The names of the figures that it was bought or kept for."""
    purchase: Purchase | None = None

    def as_json(self) -> dict[str, Any]:
        """The origin as programs read it."""
        return {
            **self.picture.as_json(),
            **self.record.bought(),
            "adopted": self.record.adopted,
            "figures": self.figures,
            "files": [str(path) for path in self.files],
            "purchase": None if self.purchase is None else self.purchase.as_json(),
        }


class Origins:
    """Every picture of some projects and of the machine's cache."""

    def __init__(self, projects: Iterable[FiguresDir], cache: CacheDir) -> None:
        self._projects = list(projects)
        self._cache = cache

    @classmethod
    def of_project(cls, project: Project) -> Origins:
        """Return those of one project's own folder and its machine's cache."""
        return cls([] if project.figures is None else [project.figures], project.cache)

    def of_image(self, image: Path) -> tuple[list[Origin], str]:
        """Return the origins of a picture's file, and whether its :data:`BYTES` are known, with or
        without the label of a published copy, or its :data:`PIXELS` alone.

        Raises :exc:`BadPicture` if it cannot be read, and ``OSError``.
        """
        with image.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        found = self.of_digest(digest)
        for bare in unlabelled_digests(image) if not found else ():
            found = found or self.of_digest(bare)
        return (found, BYTES) if found else (self.of_pixels(image), PIXELS)

    def of_digest(self, sha256: str) -> list[Origin]:
        """Return the origins of a picture's very bytes: one for each request that they answer."""
        return self._joined(each for each in self.all if each[1].sha256 == sha256)

    def of_pixels(self, image: Path) -> list[Origin]:
        """Return the origins of pictures that look the same, whatever their files.

        Raises :exc:`BadPicture` if the image cannot be read, and ``OSError``.
        """
        size = examine(image)
        wanted = _pixels(image)
        known: dict[str, bool] = {}

        def is_alike(picture: Picture, path: Path) -> bool:
            if (picture.width, picture.height) != (size.width, size.height):
                return False
            if not known.get(picture.sha256):
                known[picture.sha256] = path.is_file() and _pixels(path) == wanted
            return known[picture.sha256]

        return self._joined((r, p, path) for r, p, path in self.all if is_alike(p, path))

    def of_figure(self, project: str, names: Collection[str]) -> list[Origin]:
        """Return all that was ever bought or kept for a figure, the newest first; it may have had
        several names.
        """
        keys = {
            purchase.key
            for purchases in self._purchases.values()
            for purchase in purchases
            if purchase.buyer.project == project and purchase.buyer.figure in names
        }
        found = self._joined(
            each for each in self.all if each[0].figure in names or each[0].key in keys
        )
        return sorted(found, key=lambda origin: origin.record.age, reverse=True)

    def of_resolved(self, project: Project, resolved: ResolvedFigure) -> list[Origin]:
        """Return all pictures of a figure of a project, the newest first, and what it shows."""
        record = resolved.record
        names = {resolved.figure.name if resolved.figure is not None else resolved.full_name}
        if record is not None and record.figure:
            names.add(record.figure)  # under a former name, if it was renamed
        found = self.of_figure(project.identity, names)
        shown = None if record is None else record.picture.sha256
        if shown is not None and all(each.picture.sha256 != shown for each in found):
            found = [*self.of_digest(shown), *found]
        return found

    @cached_property
    def _purchases(self) -> Mapping[str, Sequence[Purchase]]:
        """By key."""
        found: dict[str, list[Purchase]] = defaultdict(list)
        for purchase in self._cache.ledger.purchases():
            found[purchase.key].append(purchase)
        return dict(found)

    @cached_property
    def all(self) -> list[tuple[Record, Picture, Path]]:
        """Every picture with its record and a file, the projects' own first."""
        found = [
            (kept.record, picture, path)
            for figures in self._projects
            for kept in figures.all()
            for path, picture in figures.files(kept)
        ]
        found += [
            (record, picture, self._cache.path_of(picture))
            for record in self._cache.records()
            for picture in record.pictures
        ]
        return found

    def _joined(self, found: Iterable[tuple[Record, Picture, Path]]) -> list[Origin]:
        """Return one origin a request and picture, with all that the stores know of it."""
        origins: dict[tuple[str, str], Origin] = {}
        for record, picture, path in found:
            origin = origins.setdefault((record.key, picture.sha256), Origin(record, picture))
            origin.files.append(path)
            bought = self._purchases.get(record.key, [])
            if origin.purchase is None:
                same = (each for each in bought if each.task_id == record.task_id)
                origin.purchase = next(same, None)
            names = [record.figure, *(each.buyer.figure for each in bought)]
            origin.figures = list(dict.fromkeys([*origin.figures, *filter(None, names)]))
        return list(origins.values())


def folders_above(image: Path) -> list[Path]:
    """Return the folders of figures that stand beside an image, or above it."""
    folder = image.absolute().parent
    above = [parent / name for parent in (folder, *folder.parents) for name in FIGURES_DIRS]
    return [folder, *(each for each in above if each.is_dir())]


def _pixels(path: Path) -> bytes | None:
    """Return what a picture looks like, without its transparency: a PDF keeps that apart."""
    from PIL import Image

    with contextlib.suppress(OSError, BadPicture, ValueError):
        examine(path)  # what would take too much memory is refused
        with Image.open(path, formats=FORMATS) as image:
            return image.convert("RGB").tobytes()
    return None
