"""When all documents are read: every figure gets its picture, and what is missing is made."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import TYPE_CHECKING

from sphinx.util import logging

from pbfigure.project.repository import REPORT
from sphinx_paperbanana.build_cache import BuildCache
from sphinx_paperbanana.builders import PLAN, shows_pictures
from sphinx_paperbanana.config import read_settings
from sphinx_paperbanana.pages_to_write import pages_to_write
from sphinx_paperbanana.registry import registry_of
from sphinx_paperbanana.unexpected_errors import in_one_line

if TYPE_CHECKING:
    from sphinx.application import Sphinx
    from sphinx.environment import BuildEnvironment

    from sphinx_paperbanana.registry import FigureRegistry

logger = logging.getLogger(__name__)


def make_figures(app: Sphinx, env: BuildEnvironment) -> None:
    """Give every figure of this build its picture."""
    registry = registry_of(env)
    if registry.is_for_translation:
        registry.translates = read_settings(app).translate
    read_label_texts(app, env, registry)
    if app.builder.name != PLAN:  # it shows nothing
        registry.is_complete, registry.pages = False, ({}, None)
        with in_one_line():
            _show(app, registry)
            registry.is_complete = True
        if not registry.is_complete:  # whether the settings make that a failure is not known
            app.statuscode = 1


def outdated_pages(app: Sphinx, env: BuildEnvironment) -> list[str]:
    """Return the documents to be written for their pictures, once figures are numbered."""
    registry = registry_of(env)
    if registry.is_complete:
        with in_one_line():
            return pages_to_write(app.builder, registry)
    return []


def _show(app: Sphinx, registry: FigureRegistry) -> None:
    """Show what the last build showed if nothing changed since; otherwise look all figures up."""
    registry.show(dict, {})
    cache = BuildCache(app, registry) if registry.pickled else None
    if cache is not None and (summary := cache.recall()) is not None:
        logger.info("paperbanana: %s", summary)
        return
    figures = dict(registry.in_build(app))
    if cache is None or not figures:  # what an earlier build said of figures is no longer true
        with contextlib.suppress(OSError):
            Path(app.doctreedir, REPORT).unlink()
        return
    from sphinx_paperbanana import show_figures
    from sphinx_paperbanana.figures import image_names

    if shows_pictures(app.builder):
        show_figures.show_pictures(app, registry, figures, cache)
    else:
        show_figures.show_words(app, registry, figures)
    registry.image_names = image_names(registry.shown)


def read_label_texts(app: Sphinx, env: BuildEnvironment, registry: FigureRegistry) -> None:
    """Read the text of every labelled section that a figure asks for, on any page.

    Only the first time that a label is asked for is its page read again; from then on its text
    is taken whenever the page is read.
    """
    known = registry.labels
    missing = [each for each in sorted(registry.wanted) if registry.label_text(each, known) is None]
    labels = env.domains.standard_domain.anonlabels
    pages = {labels[label][0] for label in missing if label in labels}
    for docname in sorted(pages & env.found_docs):  # the index and the search are no documents
        with logging.suppress_logging():  # its warnings were shown when it was read first
            app.events.emit("env-purge-doc", env, docname)
            env.clear_doc(docname)
            app.builder.read_doc(docname)
