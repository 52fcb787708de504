"""Several rolls of one figure, to choose from: its variants from 0 on, looked up and bought.

Rolls are bought as every build buys, and stay in the machine's cache: only the one that its author
chooses enters the project's folder.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from pbfigure.figure.block import FigureBlock
from pbfigure.figure.cost import estimate
from pbfigure.figure.figure import Figure, compose
from pbfigure.figure.notice import Notice
from pbfigure.figure.states import State
from pbfigure.project.committed_pictures import LostPicture
from pbfigure.project.generation import Composed, FigureGenerator
from pbfigure.project.picture_store import PictureStore
from pbfigure.project.project import Project
from pbfigure.project.resolved_figure import ResolvedFigure
from pbfigure.store.record import StoredPicture

if TYPE_CHECKING:
    from pbfigure.scheduler.clock import Clock
    from pbfigure.scheduler.progress import Report


class Roll(NamedTuple):
    """One variant of a figure, and its picture if it has one."""

    figure: Figure
    resolved: ResolvedFigure

    @property
    def variant(self) -> int:
        """Its number."""
        return self.figure.request.variant

    @property
    def credits(self) -> int:
        """What it costs by the price list; 0 if it has its picture, or was bought and lost."""
        is_bought = self.is_there or self.resolved.lost is not None
        return 0 if is_bought else estimate(self.figure.request)

    @property
    def is_there(self) -> bool:
        """Whether it has its picture: also one that only the text around it changed since."""
        return self.resolved.state in (State.PRESENT, State.KEPT)


class Rolls:
    """The first variants of one figure of a project."""

    def __init__(self, project: Project, block: FigureBlock, count: int) -> None:
        """Look them up. Raises :exc:`pbfigure.figure.figure.InvalidFigure`."""
        self._project = project
        # what is looked up here stays where it is: the project's folder has what it shows
        self._pictures = PictureStore(replace(project, read_only=True, _opened=[]))
        self.rolls = [self._look_up(block, variant) for variant in range(count)]

    @property
    def credits(self) -> int:
        """What the missing ones cost, by the price list."""
        return sum(roll.credits for roll in self.rolls)

    @property
    def missing(self) -> Sequence[Roll]:
        """Those without a picture."""
        return [roll for roll in self.rolls if not roll.is_there]

    def make(
        self,
        announce: Callable[[Notice], None],
        report: Report | None,
        clock: Clock | None = None,
    ) -> list[Notice]:
        """Make the missing ones for at most what they cost by the price list; return why some
        could not be made, where several have one cause.
        """
        project, missing = self._project, self.missing
        settings = replace(project.settings, max_credits=float(self.credits))
        project.settings = replace(settings, mode="generate")
        generator = FigureGenerator(project, self._pictures, announce, report=report, clock=clock)
        losses = {roll.figure.key.digest: roll.resolved.lost for roll in missing}
        bought = {key: lost.record for key, lost in losses.items() if lost is not None}
        wanted = {
            roll.figure.key.digest: [Composed(roll.resolved, roll.figure)] for roll in missing
        }
        generator.make(wanted, bought)
        return [notice for notice, _ in generator.refused]

    def _look_up(self, block: FigureBlock, variant: int) -> Roll:
        options = {**block.options, "variant": str(variant)}
        options.pop("pin", None)
        block = block._replace(options=options)
        figure = compose(block, self._project.settings.defaults)
        resolved = ResolvedFigure(block, figure)
        found = self._pictures.exact(figure)
        if isinstance(found, StoredPicture):
            resolved.show(State.PRESENT, found)
        elif isinstance(found, LostPicture):
            resolved.lost, resolved.why = found, f"it was bought before, but {found.why}"
        elif (figure.on_text_change or self._project.settings.on_text_change) == "keep":
            kept = self._pictures.last(figure, same_request=True)
            if isinstance(kept, StoredPicture):
                resolved.show(State.KEPT, kept)
        return Roll(figure, resolved)
