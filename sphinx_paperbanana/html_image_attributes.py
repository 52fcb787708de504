"""What images of generated figures have in HTML: width, height and ``loading="lazy"``."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, Any

from docutils import nodes

from sphinx_paperbanana.builders import is_web_page

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sphinx.builders import Builder

    from sphinx_paperbanana.figures import RenderedFigure


def load_late(image: nodes.image, builder: Builder) -> None:
    """Let browsers load a picture only when a reader comes near it, unless the author decides: by
    its option ``loading``, or by docutils' setting ``image_loading`` for all.
    """
    if is_web_page(builder) and builder.docsettings.image_loading == "link":
        image.attributes.setdefault("loading", "lazy")


def set_width(image: nodes.image, shown: RenderedFigure, *, fits_image: bool) -> None:
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
