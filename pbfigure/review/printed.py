r"""How large a figure is in print, as far as its document says.

Sphinx writes ``80%``, ``300px`` or ``12 cm``, LaTeX ``.8\linewidth`` or ``12cm``. What a line is
wide in print, the review's column is here.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

_LENGTH = re.compile(r"\s*([0-9]*\.?[0-9]+)\s*(\\[a-z]+|%|[a-z]*)\s*")
_LINES = ("\\linewidth", "\\textwidth", "\\columnwidth", "\\hsize")
_PIXELS = {
    "": 1.0,
    "px": 1.0,
    "pt": 96 / 72.27,
    "bp": 96 / 72,
    "pc": 16.0,
    "in": 96.0,
    "cm": 96 / 2.54,
    "mm": 96 / 25.4,
    "em": 16.0,
    "ex": 8.0,
}
"""Of the web: 96 to the inch."""


def printed_width(shown: Mapping[str, str], pixels: tuple[int, int]) -> str:
    """Return a picture's width as HTML has it, ``80%`` or pixels; empty if nothing is said of it.

    ``pixels`` are its own width and height.
    """
    width, height = pixels
    if found := _length(shown.get("width", "")):
        amount, unit = found
        return f"{100 * amount:.0f}%" if unit == "line" else f"{amount:.0f}"
    found = _length(shown.get("height", ""))
    if found and found[1] == "px" and height:
        return f"{found[0] * width / height:.0f}"
    found = _length(shown.get("scale", ""))
    if found and found[1] == "px":  # Sphinx counts in hundredths
        factor = found[0] / 100 if found[0] > 10 else found[0]
        return f"{width * factor:.0f}"
    return ""


def _length(text: str) -> tuple[float, str] | None:
    """Return a length of lines (``line``) or of pixels (``px``); None if it cannot be read."""
    if text.strip() in _LINES:
        return 1.0, "line"
    match = _LENGTH.fullmatch(text)
    if match is None:
        return None
    amount, unit = float(match[1]), match[2]
    if unit in _LINES:
        return min(amount, 1.0), "line"
    if unit == "%":
        return min(amount, 100.0) / 100, "line"
    return (min(amount * _PIXELS[unit], 10_000.0), "px") if unit in _PIXELS else None
