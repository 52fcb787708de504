"""Putting each figure's picture on its image node, just before Sphinx looks for image files."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from docutils import nodes
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.transforms.post_transforms.images import ImageDownloader

from sphinx_paperbanana.domain import RenderedFigure, docname_of, paperbanana_domain

if TYPE_CHECKING:
    from pathlib import Path


class ShowPictures(SphinxPostTransform):
    """Resolve the images of generated figures."""

    default_priority = ImageDownloader.default_priority - 1
    """Before anything fetches or converts images: from here on ours are files like any other."""

    def run(self, **kwargs: Any) -> None:  # noqa: ANN401
        """Give every generated figure's image its file and its alternative text."""
        domain = paperbanana_domain(self.env)
        if not domain.shown:
            return
        for image in self.document.findall(nodes.image):
            mark = image.get("paperbanana")
            if mark is None:
                continue
            shown = domain.shown.get(mark)
            if shown is not None:
                self._show(image, mark, shown)

    def _show(self, image: nodes.image, mark: str, shown: RenderedFigure) -> None:
        figure = _figure_of(image)
        if not image.get("alt"):
            image["alt"] = _caption(figure) or shown.alt
        image["candidates"], image["uri"] = {}, ""
        if shown.path is None:
            return
        image["uri"] = _relative(shown.path, os.fspath(self.env.srcdir))
        # "*": whatever its type; what this builder cannot show was converted before
        image["candidates"]["*"] = image["uri"]
        self.env.images.add_file(docname_of(mark), image["uri"])
        if "paperbanana-figwidth" in image and shown.facts is not None:
            figure["width"] = f"{shown.facts.width}px"


def _figure_of(image: nodes.image) -> nodes.figure:
    node = image.parent
    while not isinstance(node, nodes.figure):
        node = node.parent
    return node


def _caption(figure: nodes.figure) -> str:
    captions = [child for child in figure.children if isinstance(child, nodes.caption)]
    return " ".join(captions[0].astext().split()) if captions else ""


def _relative(path: Path, srcdir: str) -> str:
    """Return a path as Sphinx keeps image files: from the source folder, with slashes."""
    whole = os.fspath(path)
    if whole.startswith(srcdir + os.sep):  # as nearly always, and relpath takes its time
        return whole[len(srcdir) + 1 :].replace(os.sep, "/")
    try:
        return os.path.relpath(whole, srcdir).replace(os.sep, "/")
    except ValueError:  # another drive
        return path.as_posix()
