"""Generates the figures that no store has: one batch, its outcomes, and their messages."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, NamedTuple

from pbfigure.figure.cost import estimate
from pbfigure.figure.figure import Figure
from pbfigure.figure.notice import FigureError, Notice
from pbfigure.figure.states import State
from pbfigure.figure.unexpected import boundary
from pbfigure.project.picture_store import PictureStore
from pbfigure.project.project import Project
from pbfigure.project.resolved_figure import ResolvedFigure

if TYPE_CHECKING:
    from pbfigure.scheduler.clock import Clock
    from pbfigure.scheduler.jobs import Made, Order, Outcome, Progress, Report


class Composed(NamedTuple):
    """A valid figure, and what is known of it so far."""

    resolved: ResolvedFigure
    figure: Figure


Wanted = Mapping[str, Sequence[Composed]]
"""The figures to be made, by key."""


@dataclass
class FigureGenerator:
    """Generates the missing figures of one build together."""

    project: Project
    pictures: PictureStore
    announce: Callable[[Notice], None]
    hold: str | None = None
    """Why nothing new is ordered."""
    report: Report | None = None
    clock: Clock | None = None
    spent: float = 0.0
    """Credits."""
    refused: list[tuple[Notice, list[ResolvedFigure]]] = field(default_factory=list)
    """Why figures were not ordered, if one cause concerns several."""

    def make(self, wanted: Wanted) -> None:
        """Make every wanted key if possible, and set the outcome on its figures."""
        try:
            with boundary():
                wanted = self._take_shared(wanted)
                if wanted:
                    self._run_batch(wanted)
        except FigureError as error:
            advice = "; set cache_dir to a folder with room" if error.subtype == "cache" else ""
            every = [each.resolved for same in wanted.values() for each in same]
            more = "more " if any(resolved.made for resolved in every) else ""
            text = f"no {more}figure can be made: {error}{advice}"
            left = [resolved for resolved in every if resolved.path is None]
            self.refused.append((Notice(error.subtype, text), left))
        self.pictures.team.close()

    def _take_shared(self, wanted: Wanted) -> Wanted:
        """Take what the team's store has; return what is left."""
        if self.project.settings.shared_cache is None:
            return wanted
        from pbfigure.scheduler.jobs import Made

        takers = by_version(wanted)
        is_ordered = self.project.is_ordered if self.project.has_credential else lambda key: False
        asked = [same[0].figure.key for key, same in takers.items() if not is_ordered(key)]
        found = self.pictures.team.fetch(asked)
        for key, stored in found.items():
            self._take(takers[key], Made(stored))
        self.project.journal.ledger.note_tasks(stored.record for stored in found.values())
        return {key: same for key, same in wanted.items() if key not in found}

    def _run_batch(self, wanted: Wanted) -> None:
        from pbfigure.scheduler.batch import run_batch
        from pbfigure.scheduler.errors import OverEstimate
        from pbfigure.scheduler.jobs import Made

        takers = by_version(wanted)
        orders = [*self._orders(takers, wanted)]
        held: list[Composed] = []
        over_estimate = Notice("budget", "")

        def on_outcome(order: Order, outcome: Outcome) -> None:
            nonlocal over_estimate
            composed = takers[order.key.digest]
            if isinstance(outcome, Made):
                self._take(composed, outcome)
                self.pictures.team.share(outcome)
            elif isinstance(outcome, OverEstimate):
                held.extend(composed)
                over_estimate = Notice("budget", str(outcome))
            else:
                self._not_made(composed, outcome)

        def report(progress: Progress) -> None:
            self.spent = progress.credits  # also for what is still under way in the end
            if self.report is not None:
                drawing = tuple(
                    (takers[key][0].resolved.short_name, stage) for key, stage in progress.drawing
                )
                sandbox = self.project.is_local
                self.report(replace(progress, drawing=drawing, sandbox=sandbox))

        services = replace(self.project.services(self.clock), shared=self.pictures.team.store)
        if self.hold is None:
            self._announce_what_is_sent()
        else:
            services = replace(services, limits=replace(services.limits, max_credits=0))
        try:
            run_batch(orders, services, on_outcome=on_outcome, report=report)
        except KeyboardInterrupt:
            text = "interrupted: the next build fetches what was ordered"
            self.announce(Notice("interrupted", text, "info"))
            raise
        finally:
            if services.journal.damage_notice:
                self.pictures.notices.append(Notice("cache", services.journal.damage_notice))
        if held:
            self._mark_held(held, over_estimate)

    def _orders(self, takers: Wanted, wanted: Wanted) -> Iterator[Order]:
        from pbfigure.scheduler.jobs import Order

        for key, composed in takers.items():
            _, figure = composed[0]
            bases = [
                each.resolved.base
                for each in composed
                if each.resolved.missing_versions[0].figure.key == figure.key
            ]
            # where another figure has the version before made, this one is drawn from that
            base = bases[0] if len(bases) == len(composed) else None
            lost = wanted[key][0].resolved.lost if key in wanted else None
            bought, buyer = lost and lost.record, self.project.buyer(figure)
            yield Order(figure.key, figure.request, bought, buyer, base)

    def _mark_held(self, held: Sequence[Composed], over_estimate: Notice) -> None:
        notice = over_estimate
        if self.hold is not None:
            requests = {figure.key.digest: figure.request for _, figure in held}
            cost = sum(map(estimate, requests.values()))
            notice = Notice("held", f"{self.hold}; that would cost {cost} credits")
        figures = [resolved for resolved, figure in held if figure.key.digest == resolved.key]
        for resolved in figures:
            resolved.state, resolved.why = State.HELD, self.hold or over_estimate.text
        self.refused.append((notice, figures))

    def _announce_what_is_sent(self) -> None:
        """Announce once in a project, before its first figure is made, what is sent where."""
        state = self.project.cache.state
        name = f"sent:{self.project.identity}:{self.project.api}"
        if state.get(name) is None:
            self.announce(
                Notice(
                    "sent",
                    f"figures are made by {self.project.service_name}: prompts, options and, for"
                    " pipeline figures, the text around them are sent there",
                    "info",
                )
            )
            state.put(name, {"what": "sent"})

    def _take(self, composed: Sequence[Composed], made: Made) -> None:
        for number, (resolved, figure) in enumerate(composed):
            resolved.credits += made.credits if number == 0 else 0
            with resolved.failing_alone():
                self._take_for(resolved, figure, made)

    def _take_for(self, resolved: ResolvedFigure, figure: Figure, made: Made) -> None:
        why = resolved.why
        taken = self.pictures.take(figure, made.picture)
        if figure.key.digest != resolved.key:  # what it revises
            resolved.base_made(made.record)
            return
        resolved.show(State.PRESENT, taken)
        resolved.made, resolved.why = True, ""
        if made.resumed:
            reason = f", without paying again: {why}" if why else ""
            text = f"fetched task {made.record.task_id} of an earlier build{reason}"
            resolved.warn("resumed", text, "info")
        _report_new(resolved, figure, made)

    def _not_made(self, composed: Sequence[Composed], error: FigureError) -> None:
        from pbfigure.api.errors import REFUSES_FIGURE, Conflict
        from pbfigure.scheduler.errors import TaskFailed

        state = _STATES.get(error.subtype, State.MISSING)
        if isinstance(error, (TaskFailed, Conflict, *REFUSES_FIGURE)):
            state = State.FAILED
        for resolved, figure in composed:
            if figure.key.digest == resolved.key:
                resolved.state, resolved.why, resolved.subtype = state, str(error), error.subtype


def by_version(wanted: Wanted) -> dict[str, list[Composed]]:
    """Return by key what to make for some figures: what they revise, and their own pictures."""
    found: dict[str, list[Composed]] = {}
    for resolved, _ in (composed for same in wanted.values() for composed in same):
        for version in resolved.missing_versions:
            same = found.setdefault(version.figure.key.digest, [])
            same.append(Composed(resolved, version.figure))
    return found


_STATES = {"pending": State.PENDING, "unknown": State.UNKNOWN, "budget": State.HELD}
"""The state of a figure by the subtype of the error that its order ended with."""


def _report_new(resolved: ResolvedFigure, figure: Figure, made: Made) -> None:
    """Report what is worth a look about a picture that came just now."""
    record = made.record
    if record.adopted:
        resolved.warn(
            "adopted",
            f"the answer to its order was lost; task {record.task_id} was taken for it, being the"
            " only one that fits: look whether it is the right picture",
        )
    if made.reordered:
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
