"""The one service of both front ends: given a project's figure blocks, what to show for each.

All figures are looked up first; the missing ones are made together; the reason is reported for
each that cannot be made. A front end shows each figure's picture or a placeholder, and passes the
notices on.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pbfigure.figure.block import FigureBlock
from pbfigure.figure.figure import Figure, InvalidFigure, compose
from pbfigure.figure.figure_name import written_name
from pbfigure.figure.notice import FigureError, Notice
from pbfigure.figure.states import State
from pbfigure.project.failed_build import report_failures
from pbfigure.project.generation import Composed, FigureGenerator, by_version
from pbfigure.project.look_up import look_up
from pbfigure.project.picture_store import PictureStore
from pbfigure.project.project import Project
from pbfigure.project.renamed_figures import Hidden
from pbfigure.project.repeated_messages import fold, one_cause
from pbfigure.project.resolved_figure import Resolution, ResolvedFigure
from pbfigure.project.same_name import without_collisions
from pbfigure.project.settings import Settings
from pbfigure.store.record import StoredPicture

if TYPE_CHECKING:
    from pbfigure.scheduler.clock import Clock
    from pbfigure.scheduler.jobs import Report
    from pbfigure.scheduler.journal_entry import Entry


def resolve(  # noqa: PLR0913 - one entrance for both front ends
    project: Project,
    blocks: Iterable[FigureBlock],
    *,
    hidden: Hidden | None = None,
    look_up_only: bool = False,
    hold: str | None = None,
    only: Collection[str] | None = None,
    report: Report | None = None,
    announce: Callable[[Notice], None] | None = None,
    clock: Clock | None = None,
) -> Resolution:
    """Return what to show for each block, and make what is missing if the settings say so.

    ``hidden`` has the figures of the project that are not among the blocks. With it, a figure that
    is neither is gone, and what it left is found by its request, under whichever name it stands
    now. None: there may be others, and no figure is gone.

    ``look_up_only`` asks nothing of the service and judges nothing: no warning says that a figure
    has no picture of its own. ``hold`` orders nothing new: what would be ordered is held, with
    this sentence as its ``why``, and what was ordered before is still fetched.

    ``only`` has the keys that may be made, where the others are looked up alone.

    ``report`` is called with the progress, ``announce`` with what to say before the first order.

    Nothing is left running, and nothing but the project is left open. An interrupt leaves all that
    was paid for in the machine's cache or the journal.
    """
    project.read_only = project.read_only or project.settings.mode != "generate"
    announced: list[Notice] = []
    pictures = PictureStore(project)
    generator = FigureGenerator(
        project, pictures, announce or announced.append, hold=hold, report=report, clock=clock
    )
    resolver = _Resolver(project, pictures, None if look_up_only else generator, only, clock)
    figures = resolver.resolve(blocks, hidden)
    notices = [
        *announced,
        *(one_cause(*refused) for refused in generator.refused),
        *pictures.notices,
    ]
    failures: list[Notice] = []
    if not look_up_only:
        asked = [each for each in figures if only is None or each.key in only]
        _report_misses(asked, on_a_page=only is None)
        _report_drafts([] if project.settings.allow_drafts else asked)
        failures = report_failures(asked, project.settings)
    notices += [*fold(figures), *failures]
    drawn = [each for each in figures if each.made]
    return Resolution(
        figures,
        notices,
        generator.spent,
        must_fail=bool(failures),
        from_sandbox=project.is_local and all(each.draft for each in drawn),
    )


@dataclass(frozen=True)
class _Resolver:
    project: Project
    pictures: PictureStore
    generator: FigureGenerator | None
    """None: nothing is made."""
    only: Collection[str] | None
    clock: Clock | None

    @property
    def settings(self) -> Settings:
        return self.project.settings

    def resolve(self, blocks: Iterable[FigureBlock], hidden: Hidden | None) -> list[ResolvedFigure]:
        figures = [self._compose(block) for block in blocks]
        if hidden is not None:
            self._note_figures(figures, hidden)
        composed = without_collisions(figures)
        composed = [self._chosen(each) for each in composed]
        for resolved, figure in composed:
            with resolved.failing_alone():
                self._look_up(resolved, figure)
        composed = [
            Composed(resolved, resolved.figure)  # which may have the key of an open order now
            for resolved, _ in composed
            if resolved.figure is not None
        ]
        wanted: dict[str, list[Composed]] = defaultdict(list)
        for each in composed:
            if each.resolved.state == State.MISSING and each.figure.pin is None:
                wanted[each.figure.key.digest].append(each)
        self._leave_to_author(wanted)
        made = {}
        if self.generator is not None and self.settings.mode == "generate":
            made = {k: v for k, v in wanted.items() if self.only is None or k in self.only}
        if made and self.generator is not None:
            self.generator.make(made)
            for each in composed:
                if each.resolved.state == State.KEPT and each.figure.key.digest in made:
                    self._look_again(*each)
        self._recall_orders({key: same for key, same in wanted.items() if key not in made})
        for resolved, figure in composed:
            if resolved.path is None and resolved.state != State.INVALID:
                with resolved.failing_alone():
                    self._fall_back(resolved, figure)
            with resolved.failing_alone():
                resolved.approval = self.pictures.approval(figure)
        return figures

    def _note_figures(self, shown: Iterable[ResolvedFigure], hidden: Hidden) -> None:
        shown = list(shown)
        figures = [each.figure for each in shown if each.figure is not None]
        figures += hidden.figures(self.settings.defaults)
        blocks = (*(each.block for each in shown), *hidden.blocks)
        names = {*(figure.name for figure in figures), *map(written_name, blocks)}
        self.pictures.note_figures(figures, names, hidden.document)

    def _compose(self, block: FigureBlock) -> ResolvedFigure:
        resolved = ResolvedFigure(block, None, State.INVALID)
        try:
            with resolved.failing_alone():
                return ResolvedFigure(block, compose(block, self.settings.defaults))
        except InvalidFigure as error:
            resolved.why = str(error)
            for problem in error.problems:
                resolved.warn("option", problem)
        return resolved

    def _chosen(self, composed: Composed) -> Composed:
        """Pin a figure to the picture that its author chose, unless its source says another."""
        resolved, figure = composed
        pin = None
        with resolved.failing_alone():
            pin = None if figure.pin is not None else self.pictures.pin(figure)
        if pin is None:
            return composed
        resolved.pin = pin
        resolved.figure = figure = figure._replace(pin=pin.picture)
        return Composed(resolved, figure)

    def _look_up(self, resolved: ResolvedFigure, figure: Figure) -> None:
        if figure.pin is not None:
            pinned = self.pictures.pinned(figure, figure.pin)
            if pinned is not None:
                resolved.show(State.PRESENT, pinned)
            else:
                resolved.why = _without_pinned(resolved, figure.pin)
                resolved.warn("pin", resolved.why)
            return
        look_up(resolved, figure, self.project, self.pictures)
        if resolved.state == State.KEPT:
            resolved.warn(
                "text_changed",
                "the text around this figure changed since its picture was made; the picture is"
                " kept ('pbfigure refresh' makes it anew)",
                "info",
            )

    def _look_again(self, resolved: ResolvedFigure, figure: Figure) -> None:
        """Show a kept figure what was just bought for another one that asks for the very same, as
        the next build would: nothing changes in a build for which nothing was changed.
        """
        with resolved.failing_alone():
            found = self.pictures.exact(figure)
            if isinstance(found, StoredPicture):
                resolved.show(State.PRESENT, found)
                resolved.notices = [n for n in resolved.notices if n.subtype != "text_changed"]

    def _leave_to_author(self, wanted: dict[str, list[Composed]]) -> None:
        """Take out what only the project's folder knows, damaged: the author restores the file."""
        for key, same in list(wanted.items()):
            lost = same[0].resolved.lost
            if lost is None or lost.in_cache:
                continue
            is_own = lost.record is None or lost.record.key == key
            cure = "delete its .json" if is_own else "set on-text-change to regenerate"
            for resolved, _ in wanted.pop(key):
                resolved.why += (
                    "; it is not bought again: restore the file (git checkout, git lfs pull), or"
                    f" {cure} to buy a new one"
                )
                resolved.warn("picture", resolved.why)

    def _recall_orders(self, wanted: Mapping[str, Sequence[Composed]]) -> None:
        """Find the state of earlier orders for figures that are not made now."""
        if not wanted:
            return
        from pbfigure.scheduler.clock import SystemClock

        now = (self.clock or SystemClock()).time()
        for key, composed in by_version(wanted).items():
            try:
                entry = self.project.journal.entry(key)
            except FigureError:
                return  # the state cannot be read: a build that needs it reports that
            if entry is not None:
                for resolved, _ in composed:
                    self._recall(resolved, entry, now)

    def _recall(self, resolved: ResolvedFigure, entry: Entry, now: float) -> None:
        from pbfigure.scheduler.errors import base_not_made, task_failed, unanswered, unknown
        from pbfigure.scheduler.journal_entry import OrderState
        from pbfigure.scheduler.retry_wait import failed_lately

        is_own = entry.key == resolved.key
        error: FigureError | None = None
        if entry.has_task and is_own:
            resolved.state = State.PENDING
            resolved.why = resolved.why or (
                f"it was ordered as task {entry.task_id}, which a build that may ask the"
                " service fetches without paying again"
            )
        elif entry.state == OrderState.UNKNOWN:
            resolved.state, error = State.UNKNOWN, unknown(entry)
        elif failed_lately(entry, now, self.settings.retry_failed_after):
            resolved.state, error = State.FAILED, task_failed(entry.error)
        elif entry.state == OrderState.INTENT and is_own:
            error = unanswered()
            resolved.subtype = error.subtype
        if error is not None:
            resolved.why = str(error if is_own else base_not_made(error))

    def _fall_back(self, resolved: ResolvedFigure, figure: Figure) -> None:
        """Show the figure's last picture, if it has one."""
        last = None if figure.pin is not None else self.pictures.last(figure, same_request=False)
        if isinstance(last, StoredPicture):
            missing = resolved.state == State.MISSING
            resolved.show(State.OUTDATED if missing else resolved.state, last)
        mode = self.settings.mode
        if not resolved.why and mode != "generate":
            resolved.why = f"it has no picture of its own, and mode is {mode}"


def _without_pinned(resolved: ResolvedFigure, digits: str) -> str:
    """Return why a pinned figure has no picture."""
    pin, nothing = resolved.pin, "nothing is bought in its place"
    if pin is None:
        return (
            f"no picture here has a sha256 or a key that begins with the pin {digits}; {nothing}:"
            " correct the pin, or remove it"
        )
    if not pin.is_readable:
        return f"{pin.path} cannot be read; {nothing}: restore it, or delete it"
    return (
        f"the picture that {pin.path} names is not here; {nothing}: restore the picture's file,"
        " or delete the pin ('pbfigure unpin')"
    )


def _report_misses(figures: Iterable[ResolvedFigure], *, on_a_page: bool) -> None:
    """Report every figure that has no picture of its own, unless its reason was reported.

    ``on_a_page``: say what its page shows instead.
    """
    for figure in figures:
        if figure.is_miss and not figure.was_reported:
            was_tried = figure.subtype and figure.state not in (State.PENDING, State.HELD)
            why = f"it could not be made: {figure.why}" if was_tried else figure.why
            instead = f"; {_shown_instead(figure)}" if on_a_page else ""
            figure.warn(figure.subtype or figure.state, f"{figure.state}: {why}{instead}")


def _shown_instead(figure: ResolvedFigure) -> str:
    if figure.path is None:
        return "a placeholder is shown"
    return f"its last picture is shown{', a draft of the sandbox' if figure.draft else ''}"


def _report_drafts(figures: Iterable[ResolvedFigure]) -> None:
    """Report every figure that shows a draft of the sandbox, unless it is reported as a miss."""
    for figure in figures:
        if figure.draft and not figure.is_miss:
            figure.warn("draft", "its picture is a draft of the sandbox, not of the service")
