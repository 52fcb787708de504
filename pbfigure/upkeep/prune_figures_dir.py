"""Removing files that no figure uses, and giving those of a moved figure its new name.

What the machine's cache does not have is not removed unless its owner says so: it would have to be
bought again. A record goes before its pictures, so that an interrupt never leaves a record whose
pictures are gone.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from pbfigure.project.project import Project
from pbfigure.store.pins_and_approvals import Approvals, Pins
from pbfigure.upkeep.figures_dir_files import StoredFiles, Use
from pbfigure.upkeep.unused_files import FolderUse


@dataclass(frozen=True, slots=True)
class Pruning:
    """The changes to make in one folder."""

    folder: FolderUse
    remove: Sequence[StoredFiles]
    spare: Sequence[StoredFiles]
    """Unused, and left because the machine's cache does not have them."""
    rename: Sequence[StoredFiles]

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to do."""
        return not (self.remove or self.rename)

    @property
    def project(self) -> Project:
        """A project that the folder is of."""
        return self.folder.documents[0].project


def pruning_of(folder: FolderUse, *, keep: int, rename: bool, only_copies: bool) -> Pruning:
    """Return what pruning changes in a folder; the newest ``keep`` unused pictures of each figure
    stay.
    """
    by_figure: dict[str, list[StoredFiles]] = defaultdict(list)
    unused = folder.of(Use.UNUSED)
    for each in unused:
        if each.record is not None:
            by_figure[each.record.figure or ""].append(each)
    stays = set()
    for pictures in by_figure.values():
        pictures.sort(key=lambda kept: kept.record.age if kept.record else ("", ""))
        stays |= {id(each) for each in pictures[len(pictures) - keep :]} if keep else set()
    goes = [each for each in unused if id(each) not in stays]
    return Pruning(
        folder,
        remove=[each for each in goes if only_copies or not each.is_only_copy],
        spare=[each for each in goes if not only_copies and each.is_only_copy],
        rename=[each for each in folder.of(Use.USED) if rename and each.was_moved],
    )


def remove(pruning: Pruning, *, only_copies: bool) -> list[StoredFiles]:
    """Remove the files; return those that were left, for the cache's copy proved not to be whole.

    Raises ``OSError``.
    """
    left = []
    for each in pruning.remove:
        record = each.record
        if not only_copies and record is not None:
            cached = pruning.project.cache.find(record.key)  # its bytes are read now
            if cached is None or not set(record.pictures) <= set(cached.record.pictures):
                left.append(each)
                continue
        for path in each.paths:
            path.unlink(missing_ok=True)
    return left


def rename(pruning: Pruning) -> None:
    """Give the files of moved figures their new names. Raises ``OSError``."""
    figures = pruning.folder.figures
    for each in pruning.rename:
        figure = each.shown_by[0].resolved.figure
        if figure is None:
            continue
        if each.is_decision:
            folder = pruning.folder.folder
            is_approval = each.paths[0].suffix == Approvals.ending
            decisions = Approvals(folder) if is_approval else Pins(folder)
            decisions.rename(each.stem, figure.slug, figure.name)
        elif each.record is not None:
            kept = figures.stored(each.stem, each.record)
            sources = [path for path, _ in figures.files(kept)]
            figures.keep(figure.slug, each.record.for_figure(figure.name), sources)
        for path in each.paths:
            path.unlink(missing_ok=True)
