"""A project as it is after the service was found dead: looked up, and nothing ordered."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pbfigure.figure.notice import FigureError
from pbfigure.project.project import Project

if TYPE_CHECKING:
    from pbfigure.scheduler.clock import Clock
    from pbfigure.scheduler.jobs import Services


@dataclass
class Stopped(Project):
    """A project of which another run, seconds ago, found that no more can be ordered."""

    why: str = ""

    def services(self, clock: Clock | None = None) -> Services:
        """Raise :exc:`FigureError` that says so: to wait for it again is a waste."""
        raise FigureError(f"{self.why}; it is not tried again before latexmk's next run")
