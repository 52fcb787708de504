"""Once all documents are read: every figure looked up, the missing ones made, in the main process."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, cast

from sphinx.util import logging

from pbfigure.figure.notice import Notice
from pbfigure.project.resolution import Resolution, Standing, resolve
from sphinx_paperbanana.build_copy import FOLDER, for_builder
from sphinx_paperbanana.config import open_project
from sphinx_paperbanana.domain import PaperbananaDomain, Shown, Written
from sphinx_paperbanana.placeholder import placeholder
from sphinx_paperbanana.written import names_shown, pages_to_write

if TYPE_CHECKING:
    from sphinx.application import Sphinx
    from sphinx.environment import BuildEnvironment

    from pbfigure.scheduler.progress import Progress

logger = logging.getLogger(__name__)


def make_figures(app: Sphinx, env: BuildEnvironment) -> list[str]:
    """Give every figure of this build its picture; return the documents to be written for it."""
    domain = cast("PaperbananaDomain", env.get_domain("paperbanana"))
    domain.shown = {}
    builder = app.builder
    read_label_texts(app, env, domain)
    figures = dict(domain.in_build(builder.tags))
    if not figures:
        return []
    if not builder.supported_image_types:
        domain.shown = {mark: Shown(None, w.block.prompt) for mark, w in figures.items()}
        return []
    project = open_project(app)
    try:
        blocks = [written.block for written in figures.values()]
        resolution = resolve(project, blocks, report=_tell_progress)
    finally:
        project.close()  # writing may fork, and SQLite does not survive that
    for (mark, written), standing in zip(figures.items(), resolution.standings, strict=True):
        domain.shown[mark] = _shown(app, written, standing)
        for notice in standing.notices:
            _tell(app, notice, written)
    for notice in resolution.notices:
        _tell(app, notice, None)
    _sum_up(resolution)
    if resolution.must_fail:
        app.statuscode = 1
    return pages_to_write(builder, names_shown(domain))


def read_label_texts(app: Sphinx, env: BuildEnvironment, domain: PaperbananaDomain) -> None:
    """Have the text of every labelled section that a figure asks for, whichever page it is on.

    Only the first time that a label is asked for is its page read again; from then on its text
    is taken whenever the page is read.
    """
    labels = env.domains.standard_domain.anonlabels
    missing = [label for label in domain.wanted_labels() if domain.label_text(label) is None]
    pages = {labels[label][0] for label in missing if label in labels}
    for docname in sorted(pages):
        with logging.suppress_logging():  # its warnings were shown when it was read first
            app.events.emit("env-purge-doc", env, docname)
            env.clear_doc(docname)
            app.builder.read_doc(docname)


def _shown(app: Sphinx, written: Written, standing: Standing) -> Shown:
    builder = app.builder
    block = written.block
    if standing.path is not None and standing.record is not None:
        path = for_builder(builder, standing.path, standing.record)
    else:
        name = standing.figure.name if standing.figure else block.name or str(block.place)
        path = placeholder(
            Path(builder.doctreedir) / FOLDER,
            name=name,
            prompt=block.prompt,
            why=standing.why,
            vector="image/svg+xml" in builder.supported_image_types,
        )
    return Shown(path, " ".join(block.prompt.split()))


def _tell(app: Sphinx, notice: Notice, written: Written | None) -> None:
    location = None
    if written is not None:
        place = written.block.place
        location = f"{Path(app.srcdir) / place.file}:{place.line}"
    if notice.level == "info":
        where = f"{location}: " if location else ""
        logger.info("%spaperbanana: %s", where, notice.text)
        return
    tell = logger.error if notice.level == "error" else logger.warning
    tell(
        "paperbanana: %s",
        notice.text,
        location=location,
        type="paperbanana",
        subtype=notice.subtype,
    )


def _tell_progress(progress: Progress) -> None:
    logger.info("paperbanana: %s", progress)


def _sum_up(resolution: Resolution) -> None:
    logger.info("paperbanana: %s", resolution.summary())
