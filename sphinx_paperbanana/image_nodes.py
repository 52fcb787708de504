"""Puts each figure's picture on its image node, just before Sphinx looks for image files."""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING
from urllib.parse import quote

from docutils import nodes
from sphinx.util.osutil import relative_uri

from pbfigure.store.files import name_from
from sphinx_paperbanana.figures import docname_of
from sphinx_paperbanana.html_image_attributes import load_late, set_width
from sphinx_paperbanana.localized_words import _
from sphinx_paperbanana.registry import is_within, registry_of
from sphinx_paperbanana.unexpected_errors import in_one_line

if TYPE_CHECKING:
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
            set_width(image, shown, fits_image=fits_image)
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
