"""The one service of both front ends: given a project's figure blocks, what to show for each.

All figures are looked up first; the missing ones are made together; the reason is reported for
each that cannot be made. A front end shows each figure's picture or a placeholder, and passes the
notices on.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urlsplit

from pbfigure.figure.block import FigureBlock
from pbfigure.figure.figure import Figure, InvalidFigure, compose
from pbfigure.figure.notice import FigureError, Notice
from pbfigure.project.own_figures import LostPicture
from pbfigure.project.project import Project
from pbfigure.project.report import (
    fold,
    one_cause,
    report_drafts,
    report_failure,
    report_misses,
)
from pbfigure.project.resolved_figure import Resolution, ResolvedFigure, State
from pbfigure.project.shelf import Shelf
from pbfigure.store.record import StoredPicture

if TYPE_CHECKING:
    from pbfigure.scheduler.clock import Clock
    from pbfigure.scheduler.job import Made, Order, Outcome
    from pbfigure.scheduler.progress import Progress, Report


def resolve(  # noqa: PLR0913 - one entrance for both front ends
    project: Project,
    blocks: Iterable[FigureBlock],
    *,
    documents: Collection[str] | None = None,
    look_up_only: bool = False,
    hold: str | None = None,
    report: Report | None = None,
    announce: Callable[[Notice], None] | None = None,
    clock: Clock | None = None,
) -> Resolution:
    """Return what to show for each block, and make what is missing if the settings say so.

    ``documents`` names all documents that the project has now: the pictures of a named figure
    whose document is not among them are found by its name and request. None: no document is gone.

    ``look_up_only`` asks nothing of the service and judges nothing: no warning says that a figure
    has no picture of its own. ``hold`` orders nothing new: what would be ordered is held, with
    this sentence as its ``why``, and what was ordered before is still fetched.

    ``report`` is called with the progress, ``announce`` with what to say before the first order.

    Nothing is left running, and nothing but the project is left open. An interrupt leaves all that
    was paid for in the machine's cache or the journal.
    """
    project.read_only = project.settings.mode != "generate"
    announced: list[Notice] = []
    resolver = _Resolver(project, clock, report, announce or announced.append, hold)
    figures = resolver.resolve(blocks, documents, make=not look_up_only)
    notices = [*announced, *resolver.notices, *resolver.shelf.notices]
    failure = None
    if not look_up_only:
        report_misses(figures)
        report_drafts([] if project.settings.allow_drafts else figures)
        failure = report_failure(figures, project.settings)
    notices += [*fold(figures), *([failure] if failure is not None else [])]
    return Resolution(figures, notices, resolver.spent, must_fail=failure is not None)


class _Composed(NamedTuple):
    """A valid figure, and what is known of it so far."""

    resolved: ResolvedFigure
    figure: Figure


class _Resolver:
    def __init__(
        self,
        project: Project,
        clock: Clock | None,
        report: Report | None,
        announce: Callable[[Notice], None],
        hold: str | None,
    ) -> None:
        self._project = project
        self._settings = project.settings
        self._clock = clock
        self._report = report
        self._announce = announce
        self._hold = hold
        self._lost: dict[str, LostPicture] = {}
        """By key, pictures that were bought and are not whole."""
        self.shelf = Shelf(project)
        self.notices: list[Notice] = []
        self.spent = 0.0

    def resolve(
        self, blocks: Iterable[FigureBlock], documents: Collection[str] | None, *, make: bool
    ) -> list[ResolvedFigure]:
        figures = [self._compose(block) for block in blocks]
        composed = _without_collisions(figures)
        self.shelf.note_project(documents, {figure.name for _, figure in composed})
        for resolved, figure in composed:
            self._look_up(resolved, figure)
        wanted: dict[str, list[_Composed]] = defaultdict(list)
        for each in composed:
            if each.resolved.state == State.MISSING and each.figure.pin is None:
                wanted[each.figure.key.digest].append(each)
        self._leave_to_author(wanted)
        if wanted and make and self._settings.mode == "generate":
            self._make(wanted)
        elif wanted:
            self._mark_ordered(wanted)
        for resolved, figure in composed:
            if resolved.path is None:
                self._fall_back(resolved, figure)
        return figures

    def _compose(self, block: FigureBlock) -> ResolvedFigure:
        try:
            return ResolvedFigure(block, compose(block, self._settings.defaults))
        except InvalidFigure as error:
            resolved = ResolvedFigure(block, None, State.INVALID, why=str(error))
            for problem in error.problems:
                resolved.warn("option", problem)
            return resolved

    def _look_up(self, resolved: ResolvedFigure, figure: Figure) -> None:
        if figure.pin is not None:
            pinned = self.shelf.pinned(figure, figure.pin)
            if pinned is not None:
                resolved.show(State.PRESENT, pinned)
            else:
                resolved.why = (
                    f"no picture here has a sha256 or a key that begins with the pin {figure.pin};"
                    " nothing is bought in its place: correct the pin, or remove it"
                )
                resolved.warn("pin", resolved.why)
            return
        found = self.shelf.exact(figure)
        if isinstance(found, StoredPicture):
            resolved.show(State.PRESENT, found)
            return
        if isinstance(found, LostPicture):
            self._lost[figure.key.digest] = found
            resolved.why = f"its picture was bought before, but {found.why}"
        if (figure.on_text_change or self._settings.on_text_change) == "keep":
            kept = self.shelf.last(figure, same_request=True)
            if kept is not None:
                resolved.show(State.KEPT, kept)
                resolved.warn(
                    "text_changed",
                    "the text around this figure changed since its picture was made; the picture"
                    " is kept (on-text-change: regenerate has it made anew)",
                    "info",
                )

    # -- making -------------------------------------------------------------------------------

    def _leave_to_author(self, wanted: dict[str, list[_Composed]]) -> None:
        """Take out what only the project's folder knows, damaged: the author restores the file."""
        for key in [k for k in wanted if k in self._lost and not self._lost[k].in_cache]:
            for resolved, _ in wanted.pop(key):
                resolved.why += (
                    "; it is not bought again: restore the file (git checkout, git lfs pull), or"
                    " delete its .json to have it made anew"
                )
                resolved.warn("picture", resolved.why)

    def _make(self, wanted: dict[str, list[_Composed]]) -> None:
        """Have every wanted key made if that is possible, and give its figures the outcome."""
        refusal = self._refusal()
        if refusal is None:
            try:
                self._run_batch(wanted)
            except FigureError as error:
                advice = "; set cache_dir to a folder with room" if error.subtype == "cache" else ""
                refusal = Notice(error.subtype, f"no more figures can be made: {error}{advice}")
        if refusal is not None:
            left = [c for each in wanted.values() for c in each if c.resolved.path is None]
            self._refuse(refusal, left)

    def _mark_ordered(self, wanted: dict[str, list[_Composed]]) -> None:
        """Find out what an earlier build ordered and nobody fetched yet."""
        from pbfigure.scheduler.journal import SUBMITTED

        for key, composed in wanted.items():
            try:
                entry = self._project.journal.open_under((key,))
            except FigureError:
                return  # the state cannot be read: a build that needs it reports that
            if entry is not None and entry.state == SUBMITTED:
                for resolved, _ in composed:
                    resolved.state = State.PENDING
                    resolved.why = resolved.why or (
                        f"it was ordered as task {entry.task_id}, which a build that may ask the"
                        " service fetches without paying again"
                    )

    def _refusal(self) -> Notice | None:
        """Return why the build may not go to the network, or None."""
        if self._project.credential is not None:
            return None
        problem = self._project.credential_problem or "PAPERBANANA_API_KEY is not set"
        return Notice("no_key", f"no figure can be made: {problem}")

    def _refuse(self, refusal: Notice, composed: Sequence[_Composed]) -> None:
        """Report once, for all these figures, why none of them is made."""
        for resolved, figure in composed:
            self._fall_back(resolved, figure)
        self.notices.append(one_cause(refusal, [resolved for resolved, _ in composed]))

    def _run_batch(self, wanted: dict[str, list[_Composed]]) -> None:
        from pbfigure.scheduler.batch import make
        from pbfigure.scheduler.job import Made, NotMade, Order, OverEstimate

        orders = []
        for key, composed in wanted.items():
            bought = self._lost[key].record if key in self._lost else None
            figure = composed[0].figure
            orders.append(Order(figure.key, figure.request, bought))
        held: list[_Composed] = []
        estimate = ""

        def on_outcome(order: Order, outcome: Outcome) -> None:
            nonlocal estimate
            composed = wanted[order.key.digest]
            if isinstance(outcome, Made):
                self._take(composed, outcome)
            elif isinstance(outcome, NotMade) and isinstance(outcome.error, OverEstimate):
                held.extend(composed)
                estimate = str(outcome.error)
            else:
                self._not_made(composed, outcome.error)

        def report(progress: Progress) -> None:
            self.spent = progress.credits  # also for what is still under way in the end
            if self._report is not None:
                self._report(progress)

        services = self._project.workshop(self._clock)
        if self._hold is None:
            self._say_what_leaves()
        else:
            services = replace(services, limits=replace(services.limits, max_credits=0))
        try:
            make(orders, services, on_outcome=on_outcome, report=report)
        except KeyboardInterrupt:
            self._announce(
                Notice(
                    "interrupted", "interrupted: the next build fetches what was ordered", "info"
                )
            )
            raise
        if held:
            for resolved, _ in held:
                resolved.state = State.HELD
            self._refuse(Notice("budget", self._hold or estimate), held)

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

    def _take(self, composed: list[_Composed], made: Made) -> None:
        for number, (resolved, figure) in enumerate(composed):
            why = resolved.why
            taken = self.shelf.take(figure, StoredPicture(made.record, made.path))
            resolved.show(State.PRESENT, taken)
            resolved.made, resolved.why = True, ""
            resolved.credits = made.credits if number == 0 else 0
            if made.resumed:
                reason = f", without paying again: {why}" if why else ""
                text = f"fetched task {made.record.task_id} of an earlier build{reason}"
                resolved.warn("resumed", text, "info")
            _report_new(resolved, figure, made)

    def _not_made(self, composed: list[_Composed], error: FigureError) -> None:
        from pbfigure.api.errors import REFUSES_FIGURE
        from pbfigure.scheduler.job import Failed

        state = _STATES.get(error.subtype, State.MISSING)
        if isinstance(error, (Failed, *REFUSES_FIGURE)):
            state = State.FAILED
        for resolved, _ in composed:
            resolved.state, resolved.why = state, str(error)

    def _fall_back(self, resolved: ResolvedFigure, figure: Figure) -> None:
        """Show the figure's last picture, if it has one."""
        last = None if figure.pin is not None else self.shelf.last(figure, same_request=False)
        if last is not None:
            missing = resolved.state == State.MISSING
            resolved.show(State.OUTDATED if missing else resolved.state, last)
        mode = self._settings.mode
        if not resolved.why and mode != "generate":
            resolved.why = f"it has no picture of its own, and mode is {mode}"


_STATES = {"pending": State.PENDING, "unknown": State.UNKNOWN, "budget": State.HELD}
"""The state of a figure by the subtype of the error that its order ended with."""


def _without_collisions(figures: Iterable[ResolvedFigure]) -> list[_Composed]:
    """Return the valid figures. Figures of one name with different keys become invalid."""
    by_name: dict[str, list[_Composed]] = defaultdict(list)
    for resolved in figures:
        if resolved.figure is not None:
            by_name[resolved.figure.name].append(_Composed(resolved, resolved.figure))
    valid: list[_Composed] = []
    for name, same in by_name.items():
        if len({figure.key.digest for _, figure in same}) == 1:
            valid += same
            continue
        for resolved, _ in same:
            others = sorted({str(r.block.place) for r, _ in same if r is not resolved})
            resolved.figure, resolved.state = None, State.INVALID
            resolved.why = (
                f"it has the same name as the figure at {', '.join(others)} but asks for another"
                " picture; give each an id of its own"
            )
            resolved.warn("name", f"{resolved.why} ({name})")
    return valid


def _report_new(resolved: ResolvedFigure, figure: Figure, made: Made) -> None:
    """Report what is worth a look about a picture that came just now."""
    record = made.record
    if record.adopted:
        resolved.warn(
            "adopted",
            f"the answer to its order was lost; task {record.task_id} was taken for it, being the"
            " only one that fits: look whether it is the right picture",
        )
    if made.again:
        resolved.warn(
            "reordered",
            "the answer to its first order was lost and no task for it was listed, so it was"
            " ordered again: 'pbfigure tasks' shows whether both were charged",
        )
    if record.picture.format != figure.request.image_format:
        resolved.warn(
            "format",
            f"{figure.request.output_format} was asked for, and {record.picture.format} came",
        )
    content = figure.request.content
    if content is not None and content.is_cut:
        resolved.warn(
            "text_cut",
            "the text around it is over the API's limit: what is nearest the figure was sent",
            "info",
        )
