"""When all documents are read: every figure is looked up, and what is missing made."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from sphinx.util import logging

from pbfigure.project.resolution import Resolution, Standing, resolve
from sphinx_paperbanana.build_copy import FOLDER, for_builder
from sphinx_paperbanana.config import open_project
from sphinx_paperbanana.directive import location_of
from sphinx_paperbanana.domain import PaperbananaDomain, Shown, Written, paperbanana_domain
from sphinx_paperbanana.written import pages_to_write

if TYPE_CHECKING:
    from sphinx.application import Sphinx
    from sphinx.environment import BuildEnvironment

    from pbfigure.figure.notice import Notice
    from pbfigure.scheduler.progress import Progress

logger = logging.getLogger(__name__)


def make_figures(app: Sphinx, env: BuildEnvironment) -> list[str]:
    """Give every figure of this build its picture; return the documents to be written for it."""
    domain = paperbanana_domain(env)
    builder = app.builder
    domain.builder, domain.shown = builder, {}
    read_label_texts(app, env, domain)
    figures = dict(domain.in_build(builder.tags))
    if not builder.supported_image_types:
        _show_words(app, domain, figures)
    elif figures:
        _show_pictures(app, domain, figures)
    return pages_to_write(builder, domain)


def look_up(app: Sphinx, figures: dict[str, Written], *, mode: str | None = None) -> Resolution:
    """Return what stands for each figure, in their order; ``mode`` in the setting's stead."""
    project = open_project(app, mode=mode)
    try:
        blocks = [written.block for written in figures.values()]
        return resolve(project, blocks, report=_tell_progress, announce=_announce)
    finally:
        project.close()  # writing may fork, and SQLite does not survive that


def read_label_texts(app: Sphinx, env: BuildEnvironment, domain: PaperbananaDomain) -> None:
    """Have the text of every labelled section that a figure asks for, whichever page it is on.

    Only the first time that a label is asked for is its page read again; from then on its text
    is taken whenever the page is read.
    """
    missing = [label for label in sorted(domain.wanted) if domain.label_text(label) is None]
    labels = env.domains.standard_domain.anonlabels
    pages = {labels[label][0] for label in missing if label in labels}
    for docname in sorted(pages):
        with logging.suppress_logging():  # its warnings were shown when it was read first
            app.events.emit("env-purge-doc", env, docname)
            env.clear_doc(docname)
            app.builder.read_doc(docname)


def _show_pictures(app: Sphinx, domain: PaperbananaDomain, figures: dict[str, Written]) -> None:
    resolution = look_up(app, figures)
    for (mark, written), standing in zip(figures.items(), resolution.standings, strict=True):
        domain.shown[mark] = _shown(app, written, standing)
        for notice in standing.notices:
            tell(app, notice, written)
    for notice in resolution.notices:
        tell(app, notice, None)
    logger.info("paperbanana: %s", resolution.summary())
    if resolution.must_fail:
        app.statuscode = 1


def _show_words(app: Sphinx, domain: PaperbananaDomain, figures: dict[str, Written]) -> None:
    """For a builder without images: words alone, and what is known already for a table of them."""
    known: list[Standing | None] = [None] * len(figures)
    if domain.lists and figures:
        known = list(look_up(app, figures, mode="offline").standings)
    for (mark, written), standing in zip(figures.items(), known, strict=True):
        record = standing.record if standing is not None else None
        domain.shown[mark] = Shown(None, _one_line(written.block.prompt), record)


def _shown(app: Sphinx, written: Written, standing: Standing) -> Shown:
    builder = app.builder
    block = written.block
    alt = _one_line(block.prompt)
    if standing.path is not None and standing.record is not None:
        path = for_builder(builder, standing.path, standing.record)
        return Shown(path, alt, standing.record)
    from sphinx_paperbanana.placeholder import placeholder

    path = placeholder(
        Path(builder.doctreedir) / FOLDER,
        name=standing.figure.name if standing.figure else block.name or str(block.place),
        prompt=block.prompt,
        why=standing.why,
        vector="image/svg+xml" in builder.supported_image_types,
    )
    return Shown(path, alt)


def _one_line(text: str) -> str:
    return " ".join(text.split())


def tell(app: Sphinx, notice: Notice, written: Written | None) -> None:
    """Pass a notice on to Sphinx's log, with the place of the figure that it is about."""
    location = None if written is None else location_of(written.block.place, app.srcdir)
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


def _announce(notice: Notice) -> None:
    logger.info("paperbanana: %s", notice.text)


def _tell_progress(progress: Progress) -> None:
    logger.info("paperbanana: %s", progress)
