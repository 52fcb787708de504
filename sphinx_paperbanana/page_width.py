"""How wide a picture is on a page of HTML, as far as its options and the theme tell."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

COLUMNS = {
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


def shown_width(options: Mapping[str, Any], room: float) -> float | None:
    """Return the width in CSS pixels that a figure's options give its picture in a column.

    None: they give none, and it is as wide as its file, if there is room.
    """
    for name in ("figwidth", "width"):
        length = _LENGTH.fullmatch(str(options.get(name, "")))
        if length and length[2] == "%":
            room *= float(length[1]) / 100
        elif length and length[2] in _PIXELS:
            room = min(room, float(length[1]) * _PIXELS[length[2]])
        elif name == "width":
            return None
    return room
