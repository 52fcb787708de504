"""What the builders show: for which of them pictures are bought, and in which format they show one.

A builder of Sphinx's family lists the image types that it shows. Many others list none, those
that write words alone as well as some that show pictures; the setting ``picture_builders`` names
the latter. All others show the pictures that are in the stores, and nothing is bought for them.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, TypeGuard

if TYPE_CHECKING:
    from sphinx.builders import Builder
    from sphinx.builders.html import StandaloneHTMLBuilder

    from pbfigure.project.settings import Settings

WORDS_ONLY = frozenset(
    ("changes", "coverage", "doctest", "dummy", "gettext", "linkcheck", "man", "text")
)
"""Builders of Sphinx's own that show no picture."""
PLAN = "paperbanana-plan"
"""The builder that says what a build would buy."""
FOLDER = "paperbanana"
"""In the doctree folder: what is made for builds, and can be made again."""


def shows_pictures(builder: Builder) -> bool:
    """Return whether a builder may show a picture."""
    return builder.name not in WORDS_ONLY


def buys_pictures(builder: Builder | type[Builder], settings: Settings) -> bool:
    """Return whether missing pictures are bought for a builder."""
    return bool(builder.supported_image_types) or builder.name in settings.picture_builders


def shows_format(builder: Builder, picture_format: str) -> bool:
    """Return whether a builder shows a format.

    Browsers show WebP, which Sphinx's lists leave out. A builder that lists no types takes any
    file, as it does for ``figure``; but Word shows no WebP.
    """
    from pbfigure.store.picture import MIME_TYPES  # a warm build looks at no picture

    if builder.format == "html" and "epub" not in builder.name:
        return True
    if not builder.supported_image_types:
        return builder.name != "docx" or picture_format != "webp"
    return MIME_TYPES[picture_format] in builder.supported_image_types


def is_web_page(builder: Builder) -> TypeGuard[StandaloneHTMLBuilder]:
    """Return whether a builder writes pages for browsers: no book, help file or PDF."""
    from sphinx.builders.html import StandaloneHTMLBuilder

    is_embedded = getattr(builder, "embedded", True)
    is_html = isinstance(builder, StandaloneHTMLBuilder) and not is_embedded
    return is_html and builder.name != "simplepdf"


def scaled_images_are_links(builder: Builder) -> bool:
    """Return whether a builder links a scaled image to its file (``html_scaled_image_link``)."""
    of_builder = getattr(builder, "html_scaled_image_link", False)
    return bool(of_builder and builder.config.html_scaled_image_link)


def copies_folder(builder: Builder) -> Path:
    """Return the folder of copies, in which each has a folder of its own."""
    return Path(builder.doctreedir) / FOLDER
