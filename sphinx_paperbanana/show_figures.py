"""What a build shows for every figure: its picture, a placeholder, or words alone."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from sphinx.util import logging

from pbfigure.figure.alt_text import NO_ALT, alt_text, page_text
from pbfigure.figure.states import State
from pbfigure.project.build_report import write_build_report
from pbfigure.project.repeated_messages import fold
from pbfigure.project.repository import REPORT
from pbfigure.project.resolution import resolve
from pbfigure.project.resolved_figure import Resolution, ResolvedFigure
from sphinx_paperbanana.builders import FOLDER, buys_pictures
from sphinx_paperbanana.config import open_project, read_settings
from sphinx_paperbanana.directive import location_of
from sphinx_paperbanana.figures import Facts, RenderedFigure
from sphinx_paperbanana.published_images import PublishedPictures
from sphinx_paperbanana.registry import registry_of
from sphinx_paperbanana.reporting import announce, progress_display, report
from sphinx_paperbanana.unexpected_errors import in_one_line

if TYPE_CHECKING:
    from sphinx.application import Sphinx

    from sphinx_paperbanana.build_cache import BuildCache
    from sphinx_paperbanana.figures import RegisteredFigure
    from sphinx_paperbanana.registry import FigureRegistry

logger = logging.getLogger(__name__)


def look_up(app: Sphinx, figures: dict[str, RegisteredFigure], *, make: bool) -> Resolution:
    """Return what to show for each figure, once if it is shown at several places.

    ``make``: also make what is missing. Otherwise nothing is asked of the service, and no notice
    says that a figure has no picture.
    """
    project = open_project(app, mode=None if make else "offline")
    try:
        with progress_display(app, project) as display:
            resolution = resolve(
                project,
                {id(written.block): written.block for written in figures.values()}.values(),
                hidden=registry_of(app.env).hidden(figures),
                look_up_only=not make,
                report=display.progress,
                announce=announce,
            )
        if resolution.made:
            from pbfigure.checking import check_new

            check_new(project, resolution.figures)
        return resolution
    finally:
        project.close()  # writing may fork, and SQLite does not survive that


def show_pictures(
    app: Sphinx,
    registry: FigureRegistry,
    figures: dict[str, RegisteredFigure],
    cache: BuildCache,
) -> None:
    """Make every missing picture, and show what there is."""
    settings = read_settings(app)
    buys = buys_pictures(app.builder, settings)
    resolution = look_up(app, figures, make=buys)
    notices = [*resolution.notices]
    if settings.require_alt:
        for resolved in resolution.figures:
            if "alt" not in resolved.block.shown:
                resolved.warn("alt", NO_ALT)
        notices += fold(resolution.figures)
    published = PublishedPictures(
        app.builder, labels=settings.label, html_max_width=settings.html_max_width
    )
    found = {id(resolved.block): resolved for resolved in resolution.figures}
    for mark, written in figures.items():
        # what cannot be shown is left out
        with in_one_line(location_of(written.block.place, app.srcdir)):
            registry.shown[mark] = _rendered(app, written, found[id(written.block)], published)
    for resolved in resolution.figures:
        for notice in resolved.notices:
            report(app, notice, resolved.block.place)
    notices += published.notices()
    for notice in notices:
        report(app, notice, None)
    nothing = "" if buys else f"; nothing is bought for {app.builder.name} (picture_builders)"
    logger.info("paperbanana: %s%s", resolution.summary(), nothing)
    write_build_report(Path(app.doctreedir, REPORT), resolution, builder=app.builder.name)
    if resolution.must_fail:
        app.statuscode = 1
    if not notices and _is_quiet(resolution):
        cache.remember(resolution.summary())


def _is_quiet(resolution: Resolution) -> bool:
    """Return whether every figure has its own picture, and there is nothing to say of it."""
    return all(
        resolved.state == State.PRESENT and not resolved.notices for resolved in resolution.figures
    )


def show_words(app: Sphinx, registry: FigureRegistry, figures: dict[str, RegisteredFigure]) -> None:
    """Show words alone, and what is known already if there is a table of figures."""
    known = look_up(app, figures, make=False).figures if registry.lists else ()
    found = {id(resolved.block): _facts(resolved) for resolved in known}
    for mark, written in figures.items():
        facts = found.get(id(written.block))
        registry.shown[mark] = RenderedFigure(None, alt_text(written.spoken_prompt), facts=facts)


def _rendered(
    app: Sphinx,
    written: RegisteredFigure,
    resolved: ResolvedFigure,
    published: PublishedPictures,
) -> RenderedFigure:
    builder, block, facts = app.builder, written.block, _facts(resolved)
    record = resolved.record
    drawn = None if record is None else record.request.prompt
    alt = alt_text(block.prompt, drawn=drawn, spoken=written.spoken_prompt)
    if resolved.path is not None and record is not None:
        label = alt if written.alt is None else written.alt
        shown = published.file_of(resolved.path, record, label)
        return RenderedFigure(shown.path, alt, shown.size, facts, shown.whole)
    from sphinx_paperbanana import placeholder

    missing = placeholder.Missing(
        name=resolved.figure.name if resolved.figure else block.name or "",
        place=str(block.place),
        prompt=block.prompt,
        state=resolved.state,
        why=resolved.why,
    )
    vector = "image/svg+xml" in builder.supported_image_types
    path = placeholder.placeholder(Path(builder.doctreedir) / FOLDER, missing, vector=vector)
    return RenderedFigure(path, alt, placeholder.SIZE, facts)


def _facts(resolved: ResolvedFigure) -> Facts | None:
    """Return what the table of figures says: of the shown picture, or of the request."""
    record, figure = resolved.record, resolved.figure
    if record is not None:
        return Facts(
            identity=record.picture.sha256,
            prompt=page_text(record.listed_prompt),
            model=page_text(record.model),
            date=page_text(record.created_at[:10]),
            credits=record.cost_credits,
            draft=record.draft,
        )
    if figure is None:
        return None
    return Facts(
        identity=figure.key.digest,
        prompt=page_text(figure.request.prompt),
        model=figure.request.model or figure.request.type,
    )
