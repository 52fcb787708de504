"""Puts each figure's picture on its image node, just before Sphinx looks for image files."""

from __future__ import annotations

import os
import posixpath
import re
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from docutils import nodes
from sphinx.util.osutil import relative_uri

from pbfigure.store.files import name_from
from sphinx_paperbanana.builders import is_web_page
from sphinx_paperbanana.failures import in_one_line
from sphinx_paperbanana.figures import docname_of
from sphinx_paperbanana.localized_words import _
from sphinx_paperbanana.registry import is_within, registry_of

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from sphinx.builders import Builder
    from sphinx.environment import BuildEnvironment

    from sphinx_paperbanana.figures import RenderedFigure


class PicturesOfPage:
    """The images of generated figures on one page that is about to be written."""

    def __init__(self, document: nodes.document, env: BuildEnvironment, docname: str) -> None:
        self.document = document
        self.env = env
        self.docname = docname

    def show(self) -> None:
        """Give every generated figure's image its file and its alternative text."""
        registry = registry_of(self.env)
        is_first = True
        for image in list(self.document.findall(nodes.image)):
            mark = image.attributes.pop("paperbanana", None)
            if (asked := image.attributes.pop("paperbanana-pending", None)) is not None:
                mark = asked.mark  # a copy that a plugin made before the text was taken
            if mark in registry.shown:
                if docname_of(mark) != self.docname:
                    registry.copies.setdefault(self.docname, set()).add(docname_of(mark))
                with in_one_line():
                    self._show(image, mark, registry.shown[mark])
                    if not is_first:
                        load_late(image, registry.builder)
                is_first = False
            elif mark is not None:  # it stands in what the writer leaves out
                image.parent.remove(image)

    def _show(self, image: nodes.image, mark: str, shown: RenderedFigure) -> None:
        image.attributes.setdefault("alt", shown.alt)  # an empty one marks a decoration
        image["candidates"], image["uri"] = {}, ""
        fits_image = image.attributes.pop("paperbanana-figwidth", None) is not None
        if shown.path is None:
            return
        image["uri"] = name_from(shown.path, self.env.srcdir)
        # "*": whatever its type; what this builder cannot show was converted before
        image["candidates"]["*"] = image["uri"]
        name = self.env.images.add_file(docname_of(mark), image["uri"])
        registry = registry_of(self.env)
        if shown.size is not None and registry.builder.format == "html":
            registry.sizes[name] = shown.size
            _set_width(image, shown, fits_image=fits_image)
            if shown.whole is not None and shown.whole.path is not None:
                self._link(image, registry.builder, shown.whole.path, shown.whole.size)
            elif not image["alt"]:  # if Sphinx linked it to its file, the link would have no name
                image["classes"].append("no-scaled-link")

    def _link(
        self, image: nodes.image, builder: Builder, whole: Path, size: tuple[int, int]
    ) -> None:
        """Link a smaller copy to the whole picture, unless its author links it elsewhere or
        nowhere. (Sphinx would link a scaled image to the copy.)
        """
        if is_within(image, nodes.reference) or "no-scaled-link" in image["classes"]:
            return
        uri = name_from(whole, self.env.srcdir)
        name = self.env.images.add_file(self.docname, uri)
        builder.images[uri] = name  # so that it is copied
        folder = relative_uri(builder.get_target_uri(self.docname), builder.imagedir)
        title = _("Whole picture, %s × %s pixels") % size
        address = posixpath.join(folder, quote(name))
        link = nodes.reference("", "", internal=True, refuri=address, reftitle=title)
        image.replace_self(link)
        link += image


def load_late(image: nodes.image, builder: Builder) -> None:
    """Let browsers load a picture only when a reader comes near it, unless the author decides: by
    its option ``loading``, or by docutils' setting ``image_loading`` for all.
    """
    if is_web_page(builder) and builder.docsettings.image_loading == "link":
        image.attributes.setdefault("loading", "lazy")


def _set_width(image: nodes.image, shown: RenderedFigure, *, fits_image: bool) -> None:
    """Let an image and its figure shrink with a narrow column, as themes expect.

    Sphinx sets a scaled image's width and height, of which the theme could reduce only the width;
    a share of a smaller copy is that of the whole. ``figwidth: image`` is the width of the file in
    docutils, however narrow the column is.
    """
    pixels = (shown.size or (0, 0))[0]
    if "scale" in image and not ("width" in image or "height" in image):
        whole = shown.whole.size[0] if shown.whole else pixels
        pixels = round(whole * image.attributes.pop("scale") / 100)
        image["width"] = f"{pixels}px"
    if fits_image and isinstance(figure := image.parent, nodes.Element):
        while figure is not None and not isinstance(figure, nodes.figure):
            figure = figure.parent
        if figure is not None:
            # Sphinx's own style sheet gives a figure a padding of half an em
            figure["width"] = f"min(100% - 1em, {image.get('width', f'{pixels}px')})"


def set_image_sizes(context: dict[str, Any], sizes: Mapping[str, tuple[int, int]]) -> None:
    """Write the size of every generated picture into a page, so that it does not jump.

    Browsers keep room in the proportion of ``width`` and ``height``. ``height: auto`` leaves it to
    the theme how wide the image is shown.
    """

    def sized(match: re.Match[str]) -> str:
        size = sizes.get(os.path.basename(match[1]))  # noqa: PTH119 - of an address
        return match[0] if size is None else _sized(match[0], *size)

    if "<img " in context.get("body", ""):
        context["body"] = re.sub(r'<img [^>]*?src="([^"]*)"[^>]*>', sized, context["body"])


def _sized(tag: str, width: int, height: int) -> str:
    """Return an ``img`` with its width and height; what its author gave decides."""
    given = {name: int(value) for name, value in re.findall(r' (width|height)="(\d+)"', tag)}
    if len(given) == 2:
        return tag
    tag = re.sub(r' (?:width|height)="\d+"', "", tag)
    if "width" in given:
        width, height = given["width"], round(given["width"] * height / width)
    elif "height" in given:
        width, height = round(given["height"] * width / height), given["height"]
    styled = re.findall(r"[\s;\"](width|height):", tag)
    free = "width: auto" if "height" in styled else "height: auto"
    size = f'<img width="{width}" height="{height}"'
    if not styled:
        size += f' style="{free}"'
    elif len(styled) == 1:
        tag = re.sub(r' style="([^"]*?);?\s*"', rf' style="\1; {free}"', tag, count=1)
    return tag.replace("<img", size, 1)
