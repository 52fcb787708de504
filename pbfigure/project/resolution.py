"""The one service of both front ends: given a document's figure blocks, what stands for each.

Looked up first, all of them; what is missing is made together; what cannot be made is said. A
front end shows each standing's picture, or a placeholder, and passes its notices on.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from pbfigure.figure.block import FigureBlock
from pbfigure.figure.figure import Figure, InvalidFigure, compose
from pbfigure.figure.notice import FigureError, Notice
from pbfigure.project.project import Project
from pbfigure.project.resolved_figure import (
    DRIFTED,
    INVALID,
    MADE,
    MISSING,
    OUTDATED,
    PENDING,
    PINNED,
    PRESENT,
    Resolution,
    ResolvedFigure,
)
from pbfigure.project.shelf import Found, Lost, Shelf

if TYPE_CHECKING:
    from pbfigure.scheduler.clock import Clock
    from pbfigure.scheduler.jobs import Order, Outcome
    from pbfigure.scheduler.progress import Progress, Report

PLACES = 5
"""Figures that one message names, at the most."""


def resolve(
    project: Project,
    blocks: Iterable[FigureBlock],
    *,
    report: Report | None = None,
    announce: Callable[[Notice], None] | None = None,
    clock: Clock | None = None,
) -> Resolution:
    """Return what stands for each block, making what is missing where the settings say so.

    ``report`` is called as the making goes on, ``announce`` with what is to be said before it.

    Nothing is left running or open but the project itself. An interrupt leaves all that was paid
    for in the machine's cache or the journal.
    """
    return _Resolver(project, clock, report, announce).resolve(list(blocks))


class _Resolver:
    def __init__(
        self,
        project: Project,
        clock: Clock | None,
        report: Report | None,
        announce: Callable[[Notice], None] | None,
    ) -> None:
        self._project = project
        self._settings = project.settings
        self._clock = clock
        self._report = report
        self._shelf = Shelf(project)
        self._notices: list[Notice] = []
        self._spent = 0.0
        self._announce = announce or self._notices.append

    def resolve(self, blocks: list[FigureBlock]) -> Resolution:
        standings = [self._composed(block) for block in blocks]
        _reject_collisions(standings)
        wanted: dict[str, list[ResolvedFigure]] = defaultdict(list)
        lost: dict[str, Lost] = {}
        for standing in standings:
            if standing.figure is not None:
                self._look_up(standing, standing.figure, lost)
                if standing.state == MISSING and standing.figure.pin is None:
                    wanted[standing.figure.key.digest].append(standing)
        if wanted:
            self._make(wanted, lost)
        for standing in standings:
            if standing.figure is not None and standing.path is None:
                self._fall_back(standing, standing.figure)
            if standing.record is not None and standing.record.draft:
                self._mark_draft(standing)
        must_fail = self._must_fail(standings)
        notices = [*self._notices, *self._shelf.notices]
        return Resolution(standings, notices, self._spent, must_fail)

    def _composed(self, block: FigureBlock) -> ResolvedFigure:
        try:
            figure = compose(block, self._settings.defaults)
        except InvalidFigure as error:
            standing = ResolvedFigure(block, None, INVALID, why=str(error))
            for problem in error.problems:
                standing.tell("option", problem)
            return standing
        return ResolvedFigure(block, figure)

    def _look_up(self, standing: ResolvedFigure, figure: Figure, lost: dict[str, Lost]) -> None:
        if figure.pin is not None:
            pinned = self._shelf.pinned(figure, figure.pin)
            if pinned is not None:
                standing.show(PINNED, pinned)
            else:
                standing.why = (
                    f"no picture here begins with the pinned sha256 {figure.pin}; nothing is"
                    " bought in its place: correct the pin, or remove it"
                )
                standing.tell("pin", standing.why)
            return
        found = self._shelf.exact(figure)
        if isinstance(found, Found):
            standing.show(PRESENT, found)
            return
        if isinstance(found, Lost):
            lost[figure.key.digest] = found
            standing.why = f"its picture was bought before, but {found.why}"
            if not found.in_cache:
                standing.why += (
                    "; it is not bought again: restore the file (git checkout, git lfs pull), or"
                    " delete its .json to have it made anew"
                )
        if (figure.on_text_change or self._settings.on_text_change) == "keep":
            drifted = self._shelf.accepted(figure, same_request=True)
            if drifted is not None:
                standing.show(DRIFTED, drifted)
                standing.tell(
                    "text_changed",
                    "the text around this figure changed since its picture was made; the picture"
                    " is kept (on-text-change: regenerate has it made anew)",
                    info=True,
                )

    # -- making -------------------------------------------------------------------------------

    def _make(self, wanted: dict[str, list[ResolvedFigure]], lost: dict[str, Lost]) -> None:
        """Have every wanted key made that may be; give each of its standings its outcome."""
        for key in [key for key, known in lost.items() if not known.in_cache and key in wanted]:
            for standing in wanted.pop(key):
                standing.tell("picture", standing.why)
        if self._settings.mode != "generate":
            self._mark_ordered(wanted)
            return
        if not wanted:
            return
        refusal = self._refusal()
        if refusal is None:
            try:
                self._run_batch(wanted, lost)
            except FigureError as error:
                advice = "; set cache_dir to a folder with room" if error.subtype == "cache" else ""
                refusal = Notice(error.subtype, f"no more figures can be made: {error}{advice}")
        if refusal is not None:
            self._refuse(refusal, [s for each in wanted.values() for s in each if s.path is None])

    def _mark_ordered(self, wanted: dict[str, list[ResolvedFigure]]) -> None:
        """Have it known what an earlier build ordered, and is still to be fetched."""
        from pbfigure.scheduler.journal_entry import SUBMITTED

        for standings in wanted.values():
            figure = standings[0].figure
            assert figure is not None  # noqa: S101
            try:
                entry = self._project.journal.entry(figure.key.digest)
            except FigureError:
                return  # what it takes to know is told of where it is needed
            if entry is not None and entry.state == SUBMITTED:
                for standing in standings:
                    standing.state = PENDING
                    standing.why = standing.why or (
                        f"it was ordered as task {entry.task_id}, which a build that may ask the"
                        " service fetches without paying again"
                    )

    def _refusal(self) -> Notice | None:
        """Return why the build may not go to the network, or None."""
        if self._project.credential is not None:
            return None
        problem = self._project.credential_problem or "PAPERBANANA_API_KEY is not set"
        return Notice("no_key", f"no figure can be made: {problem}")

    def _refuse(self, refusal: Notice, standings: list[ResolvedFigure]) -> None:
        """Say once, for all of ``standings``, why none of them is made."""
        places = [str(standing.block.place) for standing in standings]
        named = ", ".join(places[:PLACES]) + (", …" if len(places) > PLACES else "")
        count = f"{len(places)} figure{'' if len(places) == 1 else 's'} missing"
        self._notices.append(Notice(refusal.subtype, f"{refusal.text} ({count}: {named})"))
        for standing in standings:
            standing.why = standing.why or refusal.text
            standing.told = True

    def _run_batch(self, wanted: dict[str, list[ResolvedFigure]], lost: dict[str, Lost]) -> None:
        from pbfigure.scheduler.batch import run_batch
        from pbfigure.scheduler.errors import NotOrdered
        from pbfigure.scheduler.jobs import NotMade, Order

        orders: list[Order] = []
        not_ordered: dict[tuple[str, str], list[ResolvedFigure]] = defaultdict(list)
        for key, standings in wanted.items():
            figure = standings[0].figure
            assert figure is not None  # noqa: S101
            bought = lost[key].record if key in lost else None
            orders.append(Order(figure.key, figure.request, bought))

        def on_outcome(order: Order, outcome: Outcome) -> None:
            if isinstance(outcome, NotMade) and isinstance(outcome.error, NotOrdered):
                why = outcome.error.subtype, str(outcome.error)
                not_ordered[why] += wanted[order.key.digest]
            else:
                self._decided(wanted[order.key.digest], outcome)

        def report(progress: Progress) -> None:
            self._spent = progress.credits  # also for what is still under way in the end
            if self._report is not None:
                self._report(progress)

        services = self._project.services(self._clock)
        self._say_what_leaves()
        try:
            run_batch(orders, services, on_outcome=on_outcome, report=report)
        except KeyboardInterrupt:
            self._announce(
                Notice(
                    "interrupted", "interrupted: the next build fetches what was ordered", "info"
                )
            )
            raise
        for (subtype, text), standings in not_ordered.items():
            self._refuse(Notice(subtype, text), standings)

    def _say_what_leaves(self) -> None:
        """Say once in a project, before its first figure is made, what is sent where."""
        host = urlsplit(self._settings.base_url).netloc
        state, name = self._project.cache.state, f"told:{self._project.identity}:{host}"
        if state.get(name) is None:
            self._announce(
                Notice(
                    "sent",
                    f"figures are made by {host}: prompts, options and, for pipeline figures, the"
                    " text around them are sent there",
                    "info",
                )
            )
            state.put(name, {"what": "sent"})

    def _decided(self, standings: list[ResolvedFigure], outcome: Outcome) -> None:
        from pbfigure.scheduler.jobs import Made

        for number, standing in enumerate(standings):
            figure = standing.figure
            assert figure is not None  # noqa: S101
            if not isinstance(outcome, Made):
                standing.why = str(outcome.error)
                standing.state = PENDING if outcome.error.subtype == "pending" else MISSING
                standing.tell(outcome.error.subtype, f"it could not be made: {outcome.error}")
                continue
            path = self._shelf.take(figure, outcome.record, outcome.path)
            standing.show(MADE, Found(outcome.record, path))
            standing.credits = outcome.credits if number == 0 else 0
            _tell_of_new(standing, figure, resumed=outcome.resumed, reordered=outcome.reordered)

    # -- what is left ---------------------------------------------------------------------------

    def _fall_back(self, standing: ResolvedFigure, figure: Figure) -> None:
        """Show the last accepted picture for want of the figure's own, and say so once."""
        if figure.pin is None and (last := self._shelf.accepted(figure, same_request=False)):
            standing.show(PENDING if standing.state == PENDING else OUTDATED, last)
        standing.why = standing.why or (
            f"it has no picture of its own yet, and mode is {self._settings.mode}"
        )
        shown = "a placeholder is shown"
        if standing.record is not None:
            origin = "a draft of the sandbox" if standing.record.draft else "of an earlier request"
            shown = f"until it has one, its last picture is shown, {origin}"
        if not standing.told:
            standing.tell("missing", f"{standing.why}; {shown}")
        elif standing.record is not None:
            standing.tell("missing", shown, info=True)

    def _mark_draft(self, standing: ResolvedFigure) -> None:
        if not self._settings.allow_drafts:
            standing.tell("draft", "its picture is a draft of the sandbox, not of the service")

    def _must_fail(self, standings: list[ResolvedFigure]) -> bool:
        bad = [s for s in standings if s.is_miss or s.state == INVALID]
        if not bad:
            return False
        count = f"{len(bad)} figure{'' if len(bad) == 1 else 's'}"
        if self._settings.mode == "frozen":
            subtype, why = "frozen", f"{count} without a picture, and mode is frozen"
        elif self._settings.on_failure == "error" and self._settings.mode == "generate":
            subtype, why = "on_failure", f"{count} could not be made, and on_failure is error"
        else:
            return False
        self._notices.append(Notice(subtype, why, "error"))
        return True


def _reject_collisions(standings: list[ResolvedFigure]) -> None:
    """Make figures of one name but different keys errors: whose picture is it?"""
    by_name: dict[str, list[ResolvedFigure]] = defaultdict(list)
    for standing in standings:
        if standing.figure is not None:
            by_name[standing.figure.name].append(standing)
    for same in by_name.values():
        keys = {standing.figure.key.digest for standing in same if standing.figure is not None}
        if len(keys) < 2:
            continue
        for standing in same:
            others = sorted({str(s.block.place) for s in same if s is not standing})
            figure, standing.figure, standing.state = standing.figure, None, INVALID
            standing.why = (
                f"it has the same name as the figure at {', '.join(others)} but asks for another"
                " picture; give each an id of its own"
            )
            name = figure.name if figure is not None else ""
            standing.tell("name", f"{standing.why} ({name})")


def _tell_of_new(
    standing: ResolvedFigure, figure: Figure, *, resumed: bool, reordered: bool
) -> None:
    """Tell what is worth a look about a picture that came just now."""
    record = standing.record
    assert record is not None  # noqa: S101
    if resumed:
        why = f", without paying again: {standing.why}" if standing.why else ""
        told = f"fetched task {record.task_id} of an earlier build{why}"
        standing.tell("resumed", told, info=True)
    if record.adopted:
        standing.tell(
            "adopted",
            f"the answer to its order was lost; task {record.task_id} was taken for it, being the"
            " only one that fits: look whether it is the right picture",
        )
    if reordered:
        standing.tell(
            "reordered",
            "the answer to its first order was lost and no task for it was listed, so it was"
            " ordered again: 'pbfigure tasks' shows whether both were charged",
        )
    if record.picture.format != figure.request.image_format:
        standing.tell(
            "format",
            f"{figure.request.output_format} was asked for, and {record.picture.format} came",
        )
    content = figure.request.content
    if content is not None and content.is_cut:
        standing.tell(
            "text_cut",
            "the text around it is over the API's limit: what is nearest the figure was sent",
            info=True,
        )
