"""The variants of one figure, from 0 on, to choose from: looked up, and bought where missing.

They are bought as every build buys, and stay in the machine's cache: only the one that its author
pins enters the project's folder.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from pbfigure.figure.block import FigureBlock
from pbfigure.figure.figure import Figure, compose
from pbfigure.figure.notice import Notice
from pbfigure.figure.states import State
from pbfigure.project.generation import Composed, FigureGenerator
from pbfigure.project.look_up import look_up
from pbfigure.project.picture_store import PictureStore
from pbfigure.project.project import Project
from pbfigure.project.resolved_figure import ResolvedFigure

if TYPE_CHECKING:
    from pbfigure.scheduler.clock import Clock
    from pbfigure.scheduler.jobs import Report


VARIANTS_LIMIT = 50
"""Most variants of one figure; nobody compares more."""


class Variant(NamedTuple):
    """One variant of a figure, and its picture if it has one."""

    figure: Figure
    resolved: ResolvedFigure

    @property
    def number(self) -> int:
        """Which one it is: the option ``variant``."""
        return self.figure.request.variant

    @property
    def credits(self) -> int:
        """What it costs by the price list; 0 if it has its picture, or was bought and lost."""
        return self.resolved.missing_versions[-1].credits if self.resolved.missing_versions else 0

    @property
    def is_there(self) -> bool:
        """Whether it has its picture: also one that only the text around it changed since."""
        return self.resolved.state in (State.PRESENT, State.KEPT)


class Variants:
    """The first variants of one figure of a project."""

    def __init__(self, project: Project, block: FigureBlock, count: int) -> None:
        """Look them up. Raises :exc:`pbfigure.figure.figure.InvalidFigure`."""
        self._project = project
        # what is looked up here stays where it is: the project's folder has what it shows
        self._pictures = PictureStore(replace(project, read_only=True))
        self.all = [self._look_up(block, number) for number in range(count)]

    @property
    def credits(self) -> int:
        """What the missing ones cost, by the price list."""
        versions = [version for each in self.all for version in each.resolved.missing_versions]
        costs = {version.figure.key: version.credits for version in versions}
        return sum(costs.values())

    @property
    def missing(self) -> Sequence[Variant]:
        """Those without a picture."""
        return [variant for variant in self.all if not variant.is_there]

    def make(
        self, announce: Callable[[Notice], None], report: Report | None, clock: Clock | None = None
    ) -> list[Notice]:
        """Make the missing ones for at most what they cost by the price list; return why some
        could not be made, where several have one cause.
        """
        project, missing = self._project, self.missing
        project.settings = project.settings.replace(max_credits=float(self.credits))
        generator = FigureGenerator(project, self._pictures, announce, report=report, clock=clock)
        wanted = {
            variant.figure.key.digest: [Composed(variant.resolved, variant.figure)]
            for variant in missing
        }
        generator.make(wanted)
        return [notice for notice, _ in generator.refused]

    def _look_up(self, block: FigureBlock, number: int) -> Variant:
        before = block.options.get("variant", "").split()[:-1]  # those of what it revises
        options = {**block.options, "variant": " ".join([*before, str(number)])}
        options.pop("pin", None)
        block = block._replace(options=options)
        figure = compose(block, self._project.settings.defaults)
        resolved = ResolvedFigure(block, figure)
        look_up(resolved, figure, self._project, self._pictures)
        return Variant(resolved.figure or figure, resolved)
