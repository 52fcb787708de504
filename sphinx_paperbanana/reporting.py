"""What a build tells the author of figures, in Sphinx's log."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from sphinx.util import logging

from pbfigure.figure.notice import printable
from pbfigure.project.progress_display import LiveBar, ProgressDisplay, is_live
from sphinx_paperbanana.directive import location_of

if TYPE_CHECKING:
    from sphinx.application import Sphinx

    from pbfigure.figure.notice import Notice, Place
    from pbfigure.project.project import Project
    from pbfigure.scheduler.jobs import Progress

logger = logging.getLogger(__name__)


def report(app: Sphinx, notice: Notice, place: Place | None) -> None:
    """Pass a notice on to Sphinx's log, with the place of the figure that it is about."""
    location = None if place is None else location_of(place, app.srcdir)
    if notice.level == "info":
        where = f"{location}: " if location else ""
        logger.info("%spaperbanana: %s", where, notice.text)
    elif notice.level == "error":  # what fails the build is never suppressed
        logger.error("paperbanana: %s", notice.text, location=location)
    else:
        logger.warning(
            "paperbanana: %s",
            notice.text,
            location=location,
            type="paperbanana",
            subtype=notice.subtype,
        )


def announce(notice: Notice) -> None:
    """Tell what is to be said before the first order."""
    logger.info("paperbanana: %s", notice.text)


def progress_display(app: Sphinx, project: Project) -> ProgressDisplay:
    """Return the progress display: live on a terminal, else in Sphinx's log."""
    if is_live(sys.stdout) and not app.quiet:
        return LiveBar(project.service_name, sys.stdout)
    return _LoggedProgress()


class _LoggedProgress(ProgressDisplay):
    def progress(self, progress: Progress) -> None:
        logger.info("paperbanana: %s", printable(str(progress)))
