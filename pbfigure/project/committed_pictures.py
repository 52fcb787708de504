"""Finds the pictures in the project's own folder: by key, by figure, by pin.

A figure's last picture is derived from the committed files alone, so that every clone shows the
same; FORMAT.md has the rule.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

from pbfigure.figure.figure import Figure
from pbfigure.project.renamed_figures import FormerNames, Trace
from pbfigure.store.errors import BadPicture
from pbfigure.store.figures_dir import FiguresDir
from pbfigure.store.file_names import figure_stem
from pbfigure.store.pins_and_approvals import Approval, Approvals, D, Decisions, Pin, Pins
from pbfigure.store.record import Record, StoredPicture


class LostPicture(NamedTuple):
    """A picture that was bought, and is not whole; only its record is left, or not even that."""

    record: Record | None
    """None if the record cannot be read."""
    in_cache: bool
    """Whether the machine's cache knows of it as the figure's own: then it can be fetched again."""
    why: str


class CommittedPictures:
    """What a project's folder holds for its figures."""

    def __init__(
        self,
        files: FiguresDir,
        accepts_record: Callable[[Record], bool],
        heal: Callable[[StoredPicture], StoredPicture | None],
        *,
        writes: bool,
    ) -> None:
        self.files = files
        self._pins = Pins(files.folder)
        self._approvals = Approvals(files.folder)
        self._accepts_record = accepts_record
        self._heal = heal
        self._writes = writes
        self.former: FormerNames | None = None
        """None: no figure is gone."""

    def exact(self, figure: Figure) -> StoredPicture | LostPicture | None:
        """Return the picture of the figure's exact key."""
        key = figure.key.digest
        stem = figure_stem(figure.slug, key)
        kept = self.files.kept(stem)
        if not self._is_of(kept, key):
            kept = self.files.of_key(key)
        if kept is not None and self._is_of(kept, key):
            found = self.whole(kept)
            return self._as_own(figure, found) if isinstance(found, StoredPicture) else found
        damage = self.files.damage(stem)
        return None if damage is None else LostPicture(None, in_cache=False, why=damage)

    def last(
        self, figure: Figure, fits: Callable[[Record], bool]
    ) -> StoredPicture | LostPicture | None:
        """Return the last picture of the figure that ``fits``, a whole one if there is any."""
        lost = None
        for kept in self._all_of(figure):
            found = self.whole(kept) if fits(kept.record) else None
            if isinstance(found, StoredPicture):
                return found
            lost = lost or found
        return lost

    def pin(self, figure: Figure) -> Pin | None:
        """Return what the author pinned for a figure, under its name or a former one."""
        return self._decision(self._pins, figure)

    def approval(self, figure: Figure) -> Approval | None:
        """Return the figure's last approval, of any picture."""
        return self._decision(self._approvals, figure)

    def _decision(self, decisions: Decisions[D], figure: Figure) -> D | None:
        own = decisions.of(figure.slug)
        if own is not None or self.former is None or not decisions.all():
            return own
        names = self.former.gone_of(figure)
        return next((each for each in decisions.all() if each.figure in names), None)

    def pinned(self, digits: str) -> StoredPicture | None:
        """Return the picture that the digits of a pin name."""
        for kept in self.files.all():
            picture = kept.record.named_by(digits)
            if picture is not None and isinstance(self.whole(kept), StoredPicture):
                path = next(path for path, each in self.files.files(kept) if each == picture)
                return StoredPicture(kept.record.showing(picture), path)
        return None

    def whole(self, kept: StoredPicture) -> StoredPicture | LostPicture:
        """Return a picture if it is whole, or can be healed."""
        try:
            if self.files.whole(kept):
                return kept
            why = "is missing"
        except BadPicture as error:
            why = f"is damaged: {error}"
        lost = LostPicture(kept.record, in_cache=False, why=f"{kept.path} {why}")
        return self._heal(kept) or lost

    def keep(self, figure: Figure, record: Record, sources: list[Path]) -> StoredPicture:
        """Keep pictures as the figure's own. Raises ``OSError``."""
        return self.files.keep(figure.slug, record.for_figure(figure.name), sources)

    def _is_of(self, kept: StoredPicture | None, key: str) -> bool:
        return kept is not None and kept.record.key == key and self._accepts_record(kept.record)

    def _as_own(self, figure: Figure, found: StoredPicture) -> StoredPicture:
        """Give a figure files of its own if another figure's have its picture.

        They are its last picture when the other one is gone or changed. What moved or was renamed
        keeps its files.
        """
        if found.record.figure == figure.name or not self._writes:
            return found
        if self.former is not None and found.record.figure in self.former.gone_of(figure):
            return found
        try:
            return self.keep(figure, found.record, [path for path, _ in self.files.files(found)])
        except OSError:
            return found  # a folder that cannot be written is shown all the same

    def traces(self) -> Iterator[Trace]:
        """Yield what shows which figures there were."""
        for kept in self.files.all():
            yield Trace(kept.record.figure or "", kept.record.request_digest, kept.record.key)
        for pin in self._pins.all():
            yield Trace(pin.figure, pin.request_digest)

    def _all_of(self, figure: Figure) -> Iterator[StoredPicture]:
        """Yield the pictures of a figure, the newest first, and behind them those that it has under
        former names.
        """
        yield from self.files.of_figure(figure.slug, figure.name)
        if names := () if self.former is None else self.former.of(figure):
            yield from self.files.newest_first(
                kept
                for kept in self.files.all()
                if kept.record.figure in names and kept.record.request_digest == figure.key.request
            )
