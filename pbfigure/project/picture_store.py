"""The pictures of a project's figures: looked up in all tiers, and written in the project's folder.

The project's own files come first; they are what a clone has. They serve this project only and
never enter the machine's cache: everybody who can write to the repository can write them. In the
modes ``offline`` and ``frozen``, neither tier is written to. A team's store is asked together for
all that is missing, before anything is bought; what it has enters the machine's cache.
"""

from __future__ import annotations

import contextlib
import os
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path

from pbfigure.figure.figure import Figure
from pbfigure.figure.notice import FigureError, Level, Notice
from pbfigure.project.committed_pictures import CommittedPictures, LostPicture
from pbfigure.project.healing import Healing
from pbfigure.project.project import Project
from pbfigure.project.renamed_figures import FormerNames, Trace
from pbfigure.project.team_pictures import TeamPictures
from pbfigure.store.figures_dir import FiguresDir
from pbfigure.store.last_pictures import LastPicture, keep_last_picture, last_picture, last_pictures
from pbfigure.store.pins_and_approvals import Approval, Pin
from pbfigure.store.record import Record, StoredPicture

NOWHERE = Path(os.devnull) / "figures"
"""Stands for the folder of a project that keeps no files of its own."""


class PictureStore:
    """The pictures of one project, in the figures folder and in the machine's cache."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self._writes = not project.read_only
        self._keeps = self._writes and project.keeps_figures
        """Whether the project's folder is written to."""
        self._has_folder = project.figures is not None
        files = project.figures or FiguresDir(NOWHERE, project.verified)
        healing = Healing(project, files, self._report)
        self._of_cache = healing.of_cache
        self._own = CommittedPictures(
            files,
            project.accepts_record,
            healing.of_project,
            writes=self._keeps and self._has_folder,
        )
        self.notices: list[Notice] = []
        """What concerns the stores themselves."""
        self.team = TeamPictures(project, self._note)

    def note_figures(
        self, figures: Sequence[Figure], names: Collection[str], document: str
    ) -> None:
        """Note the project's current figures; without this, no figure counts as gone."""
        traces = self._own.traces if self._has_folder else self._remembered_traces
        self._own.former = FormerNames(figures, names, document, traces)

    def pin(self, figure: Figure) -> Pin | None:
        """Return what ``pbfigure pin`` wrote for a figure."""
        return self._own.pin(figure)

    def approval(self, figure: Figure) -> Approval | None:
        """Return the figure's last approval, of any picture."""
        return self._own.approval(figure)

    def exact(self, figure: Figure) -> StoredPicture | LostPicture | None:
        """Return the picture that was bought for the figure's exact key."""
        own = self._own.exact(figure)
        if isinstance(own, StoredPicture):
            return own
        cached = self._of_cache(figure.key.digest)
        if isinstance(cached, StoredPicture):
            if own is not None and own.record is None:
                self._report("picture", f"{own.why}; the record of the machine's cache is used")
            return self.take(figure, cached)
        return cached or own

    def last(self, figure: Figure, *, same_request: bool) -> StoredPicture | LostPicture | None:
        """Return the figure's last picture; with ``same_request``, the last one that differs from
        what is asked now in nothing but text taken automatically. A damaged one is returned where
        there is no whole one.
        """

        def fits(record: Record) -> bool:
            if not same_request:
                return True  # a draft too: it is better than a placeholder
            content = figure.request.content
            automatic = content is not None and content.automatic
            return (
                automatic
                and record.content_automatic
                and record.request_digest == figure.key.request
                and self._project.accepts_record(record)
            )

        own = self._own.last(figure, fits)
        if isinstance(own, StoredPicture):
            return own
        key = self._remembered(figure.name)
        if key is None and not self._has_folder and self._own.former is not None:
            keys = map(self._remembered, self._own.former.of(figure))
            key = next(filter(None, keys), None)
        candidates = [key] if key else []
        if same_request:  # a variant that was pruned from the folder was not shown last
            candidates += self._bought.get(figure.name, ())
        for each in candidates:
            cached = self._of_cache(each)
            if cached is None or cached.record is None or not fits(cached.record):
                continue
            if isinstance(cached, StoredPicture):
                return self.take(figure, cached)
            own = own or cached._replace(in_cache=False)
        return own

    def version(self, figure: Figure, *, keeps: bool) -> StoredPicture | LostPicture | None:
        """Return the picture of a figure as it was before its last revision; with ``keeps``, one
        that was drawn from an earlier text will do.
        """
        found = self.exact(figure)
        return self.last(figure, same_request=True) if found is None and keeps else found

    def pinned(self, figure: Figure, digits: str) -> StoredPicture | None:
        """Return the picture that a pin names, from either tier, as the figure's own."""
        own = self._own.pinned(digits)
        if own is not None:
            return own
        cache = self._project.cache
        for record in cache.records():
            picture = record.named_by(digits)
            if picture is not None and isinstance(self._of_cache(record.key), StoredPicture):
                shown = StoredPicture(record.showing(picture), cache.path_of(picture))
                return self.take(figure, shown)
        return None

    def take(self, figure: Figure, cached: StoredPicture) -> StoredPicture:
        """Make a picture of the machine's cache the figure's own, and return it.

        If the project's folder cannot be written, the cache's own file is as good.
        """
        if not self._writes:
            return cached
        self._remember(figure, cached.record)
        if not self._has_folder:
            return cached
        folder = self._own.files.folder
        if not self._keeps:
            self._report(
                "figures_dir",
                f"{folder} is of another checkout than the sources, and is not written to: a folder"
                f" {folder.name}/ beside the sources keeps their pictures",
                "info",
            )
            return cached
        may_stay = not cached.record.draft or self._project.settings.allow_drafts
        is_first = may_stay and self._own.files.is_empty
        sources = [self._project.cache.path_of(picture) for picture in cached.record.pictures]
        try:
            kept = self._own.keep(figure, cached.record, sources)
        except OSError as error:
            self._report(
                "figures_dir",
                f"{folder} cannot be written ({error.strerror or error}): its pictures are in the"
                " machine's cache only",
            )
            return cached
        if is_first:
            why = "every clone then shows its pictures without a key, a network or a cost"
            self._report("commit", f"commit {folder.name}/: {why}", "info")
        return kept

    # -- what this machine knows -----------------------------------------------------------------

    def _remembered(self, name: str) -> str | None:
        """Return the key of the picture that this machine showed last for a figure."""
        try:
            return last_picture(self._project.cache.state, self._project.identity, name)
        except FigureError:
            return None

    @cached_property
    def _bought(self) -> Mapping[str, Sequence[str]]:
        """The keys of what this machine bought for the project, by figure, the newest first."""
        keys: dict[str, list[str]] = defaultdict(list)
        ledger = self._project.cache.ledger
        with contextlib.suppress(FigureError):
            for purchase in reversed(ledger.purchases([self._project.identity])):
                keys[purchase.buyer.figure].append(purchase.key)
        return keys

    def _remembered_traces(self) -> Iterator[Trace]:
        """Yield what this machine remembers of figures, for a project without a folder."""
        cache = self._project.cache
        with contextlib.suppress(FigureError):
            for _, name, key in last_pictures(cache.state, self._project.identity):
                record = cache.record(key)
                yield Trace(name, record.request_digest if record else "", key)

    def _remember(self, figure: Figure, record: Record) -> None:
        try:
            if self._remembered(figure.name) != record.key:
                self._project.journal.close_stored(record)  # a killed build may have left it open
                last = LastPicture(self._project.identity, figure.name, record.key)
                keep_last_picture(self._project.cache.state, last)
        except FigureError as error:
            self._report("cache", str(error))

    def _report(self, subtype: str, text: str, level: Level = "warning") -> None:
        self._note(Notice(subtype, text, level))

    def _note(self, notice: Notice) -> None:
        if notice not in self.notices:
            self.notices.append(notice)
