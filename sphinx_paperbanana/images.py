"""Putting each figure's picture on its image node, just before Sphinx looks for image files."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, cast

from docutils import nodes
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.transforms.post_transforms.images import ImageDownloader

from sphinx_paperbanana.domain import PaperbananaDomain


class ShowPictures(SphinxPostTransform):
    """Resolve the images of generated figures."""

    default_priority = ImageDownloader.default_priority - 1
    """Before anything fetches or converts images: from here on ours are files like any other."""

    def run(self, **kwargs: Any) -> None:  # noqa: ANN401
        """Give every generated figure's image its file and its alternative text."""
        domain = cast("PaperbananaDomain", self.env.get_domain("paperbanana"))
        for image in self.document.findall(nodes.image):
            mark = image.get("paperbanana")
            if mark is None:
                continue
            shown = domain.shown.get(mark)
            if not image.get("alt"):
                image["alt"] = _caption(image) or (shown.alt if shown else "")
            image["candidates"] = {}
            if shown is None or shown.path is None:
                image["uri"] = ""
                continue
            uri = _relative(shown.path, Path(self.env.srcdir))
            image["uri"] = uri
            # "*": whatever its type; what this builder cannot show was converted before
            image["candidates"]["*"] = uri
            self.env.images.add_file(mark.rpartition("#")[0], uri)


def _caption(image: nodes.image) -> str:
    node: nodes.Node | None = image
    while node is not None and not isinstance(node, nodes.figure):
        node = node.parent
    captions = [] if node is None else [c for c in node.children if isinstance(c, nodes.caption)]
    return " ".join(captions[0].astext().split()) if captions else ""


def _relative(path: Path, srcdir: Path) -> str:
    """Return a path as Sphinx keeps image files: from the source folder, with slashes."""
    try:
        return Path(os.path.relpath(path, srcdir)).as_posix()
    except ValueError:  # another drive
        return path.as_posix()
