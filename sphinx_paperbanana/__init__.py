"""AI-drawn figures in Sphinx: a prompt in the source, a picture in every builder's output.

The way of a figure: the directive makes ordinary figure nodes and notes what was written; an
early transform adds the text around it, before translation and substitutions, and registers it;
once all documents are read, every figure that is shown is looked up and the missing ones are made
together; a post-transform puts each picture's path on its image.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from pbfigure import __version__

if TYPE_CHECKING:
    from sphinx.application import Sphinx
    from sphinx.util.typing import ExtensionMetadata

__all__ = ["setup"]


def setup(app: Sphinx) -> ExtensionMetadata:
    """Connect the extension to a Sphinx application."""
    from sphinx_paperbanana.config import add_settings, check_settings
    from sphinx_paperbanana.env_updated import make_figures, outdated_pages
    from sphinx_paperbanana.event_handlers import (
        FigureListDirective,
        FillLists,
        PaperbananaDirective,
        RemoveWords,
        ShowPictures,
        TakeText,
        TakeTranslations,
        TranslateAlt,
        finish_page,
        forget_document,
        import_readers,
        merge_documents,
        note_document,
        set_builder,
        show_copies,
    )
    from sphinx_paperbanana.localized_words import CATALOG, LOCALE_DIR
    from sphinx_paperbanana.pages_to_write import remember_written, remove_stale
    from sphinx_paperbanana.plan_builder import PlanBuilder
    from sphinx_paperbanana.registry import DATA_VERSION
    from sphinx_paperbanana.unexpected_errors import going_on

    app.add_message_catalog(CATALOG, os.fspath(LOCALE_DIR))
    add_settings(app)
    app.add_directive("paperbanana", PaperbananaDirective)
    app.add_directive("paperbanana-list", FigureListDirective)
    app.add_transform(TakeText)
    app.add_transform(TranslateAlt)
    app.add_transform(TakeTranslations)
    app.add_post_transform(RemoveWords)
    app.add_post_transform(ShowPictures)
    app.add_post_transform(FillLists)
    app.add_builder(PlanBuilder)
    app.connect("config-inited", check_settings)
    app.connect("builder-inited", going_on(set_builder))
    app.connect("env-before-read-docs", going_on(import_readers))
    app.connect("env-purge-doc", forget_document)
    app.connect("env-merge-info", merge_documents)
    app.connect("doctree-read", going_on(note_document), priority=900)  # after what removes nodes
    app.connect("env-updated", going_on(make_figures))
    app.connect("env-get-updated", outdated_pages, priority=900)  # after what numbers figures
    app.connect("write-started", going_on(remove_stale))
    app.connect("doctree-resolved", going_on(show_copies), priority=900)
    app.connect("html-page-context", going_on(finish_page))
    app.connect("build-finished", going_on(remember_written))
    return {
        "version": __version__,
        "env_version": DATA_VERSION,
        "parallel_read_safe": True,
        "parallel_write_safe": True,
    }
