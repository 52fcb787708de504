"""What stands for every figure of a build, and what the author is told of it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from sphinx.util import logging

from pbfigure.project.resolution import resolve
from pbfigure.project.resolved_figure import Resolution, ResolvedFigure, State
from sphinx_paperbanana.build_copy import FOLDER, for_builder
from sphinx_paperbanana.config import open_project
from sphinx_paperbanana.directive import location_of
from sphinx_paperbanana.domain import (
    Facts,
    PaperbananaDomain,
    RegisteredFigure,
    RenderedFigure,
    alt_of,
)

if TYPE_CHECKING:
    from sphinx.application import Sphinx

    from pbfigure.figure.notice import Notice
    from pbfigure.scheduler.progress import Progress
    from pbfigure.store.record import Record
    from sphinx_paperbanana.build_cache import BuildCache

logger = logging.getLogger(__name__)


def look_up(
    app: Sphinx, figures: dict[str, RegisteredFigure], *, mode: str | None = None
) -> Resolution:
    """Return what stands for each figure, in their order; ``mode`` in the setting's stead."""
    project = open_project(app, mode=mode)
    try:
        blocks = [written.block for written in figures.values()]
        documents = app.env.found_docs
        return resolve(
            project, blocks, documents=documents, report=_tell_progress, announce=_announce
        )
    finally:
        project.close()  # writing may fork, and SQLite does not survive that


def show(
    app: Sphinx,
    domain: PaperbananaDomain,
    figures: dict[str, RegisteredFigure],
    unchanged: BuildCache,
) -> None:
    """Have every figure's picture made that is missing, and show what there is."""
    if app.builder.supported_image_types:
        _show_pictures(app, domain, figures, unchanged)
    else:
        _show_words(app, domain, figures)


def _show_pictures(
    app: Sphinx,
    domain: PaperbananaDomain,
    figures: dict[str, RegisteredFigure],
    unchanged: BuildCache,
) -> None:
    resolution = look_up(app, figures)
    for (mark, written), standing in zip(figures.items(), resolution.figures, strict=True):
        domain.shown[mark] = _shown(app, written, standing)
        for notice in standing.notices:
            tell(app, notice, written)
    for notice in resolution.notices:
        tell(app, notice, None)
    logger.info("paperbanana: %s", resolution.summary())
    if resolution.must_fail:
        app.statuscode = 1
    if _is_quiet(resolution):
        unchanged.remember(domain.shown, resolution.summary())


def _is_quiet(resolution: Resolution) -> bool:
    """Whether every figure has its own picture, and there is nothing to tell."""
    return not resolution.notices and all(
        standing.state == State.PRESENT and not standing.notices for standing in resolution.figures
    )


def _show_words(
    app: Sphinx, domain: PaperbananaDomain, figures: dict[str, RegisteredFigure]
) -> None:
    """For a builder without images: words alone, and what is known already for a table of them."""
    known: list[ResolvedFigure | None] = [None] * len(figures)
    if domain.lists and figures:
        known = list(look_up(app, figures, mode="offline").figures)
    for (mark, written), standing in zip(figures.items(), known, strict=True):
        facts = _facts(standing.record) if standing is not None else None
        domain.shown[mark] = RenderedFigure(None, alt_of(written), facts)


def _shown(app: Sphinx, written: RegisteredFigure, standing: ResolvedFigure) -> RenderedFigure:
    builder = app.builder
    block = written.block
    alt = alt_of(written)
    if standing.path is not None and standing.record is not None:
        path = for_builder(builder, standing.path, standing.record)
        return RenderedFigure(path, alt, _facts(standing.record))
    from sphinx_paperbanana.placeholder import CORRECT, MAKE, Missing, placeholder

    missing = Missing(
        name=standing.figure.name if standing.figure else block.name or "A figure",
        place=str(block.place),
        prompt=block.prompt,
        why=standing.why,
        how=MAKE if standing.figure else CORRECT,
    )
    vector = "image/svg+xml" in builder.supported_image_types
    path = placeholder(Path(builder.doctreedir) / FOLDER, missing, vector=vector)
    return RenderedFigure(path, alt)


def _facts(record: Record | None) -> Facts | None:
    if record is None:
        return None
    return Facts(
        prompt=" ".join(record.request["prompt"].split()),
        model=record.model,
        date=record.created_at[:10],
        credits=record.cost_credits,
        width=record.picture.width,
        draft=record.draft,
    )


def tell(app: Sphinx, notice: Notice, written: RegisteredFigure | None) -> None:
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
