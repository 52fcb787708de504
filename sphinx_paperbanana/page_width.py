"""How wide a picture is on a page of HTML, as far as its options and the theme tell."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING

from pbfigure.figure.block import Appearance

if TYPE_CHECKING:
    from sphinx.config import Config

_COLUMNS = {
    "alabaster": 660.0,
    "furo": 736.0,
    "pydata_sphinx_theme": 680.0,
    "sphinx_book_theme": 740.0,
    "sphinx_rtd_theme": 700.0,
}
"""CSS pixels of the widest column of text, by theme."""
_PIXELS = {"": 1, "px": 1, "pt": 4 / 3, "pc": 16, "in": 96, "cm": 96 / 2.54, "mm": 9.6 / 2.54}
_PIXELS |= {"em": 16, "rem": 16}
_LENGTH = re.compile(r"([0-9]{1,6}(?:\.[0-9]{1,6})?)\s*(%|[a-z]*)")


def column_of(config: Config) -> Appearance:
    """Return how a figure without a size of its own stands on its page, for the figure check."""
    room = _COLUMNS.get(config.html_theme, Appearance().room)
    return Appearance(room=room, language=config.language or "en")


def with_size(column: Appearance, shown: Mapping[str, str]) -> Appearance:
    """Return how a figure stands in its column, of the size that its author gave it."""
    if shown.keys().isdisjoint(("figwidth", "width", "scale")):
        return column
    room = _length(shown.get("figwidth", ""), column.room) or column.room
    width = _length(shown.get("width", ""), room)
    return column._replace(width=width, room=room, scale=float(shown.get("scale", 100)) / 100)


def _length(text: str, room: float) -> float | None:
    """Return a length in CSS pixels, within the room there is; None if it says none."""
    length = _LENGTH.fullmatch(text)
    if length and length[2] == "%":
        return room * float(length[1]) / 100
    if length and length[2] in _PIXELS:
        return min(room, float(length[1]) * _PIXELS[length[2]])
    return None
