"""Letters: one font that comes with Pillow, so that a picture has the same bytes everywhere.

That font knows little beyond ASCII. Other characters are written as one would in a telegram:
accents dropped, Greek spelt out, signs replaced; what remains unknown gets the font's empty box.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from functools import lru_cache

from PIL import ImageFont

_PLAIN = frozenset(map(chr, range(32, 127))) | frozenset("©«°±´·»‘’“”…‹›⁄™")
_SIGNS = {
    "–": "-", "—": " - ", "−": "-", "‐": "-", "‑": "-", "×": "x", "÷": "/", "→": "->", "←": "<-",
    "↔": "<->", "⇒": "=>", "≤": "<=", "≥": ">=", "≈": "~", "∼": "~", "≠": "!=", "√": "sqrt ",
    "∑": "sum ", "∫": "integral ", "∂": "d", "∇": "grad ", "∞": "infinity", "•": "·", "⋅": "·",
    "ß": "ss", "æ": "ae", "Æ": "AE", "ø": "o", "Ø": "O", "ł": "l", "Ł": "L", "đ": "d", "ð": "d",
    "þ": "th", "Þ": "Th", "œ": "oe", "Œ": "OE", "€": "EUR", "£": "GBP", "‰": " per mille",
    "„": "“", "µ": "u", "μ": "u", "′": "'", "″": '"', "å": "a", "Å": "A",
}  # fmt: skip


def telegram(text: str) -> str:
    """Return ``text`` in the characters the font has, on one line."""
    written = "".join(_written(character) for character in text)
    return " ".join(written.split())


@lru_cache(maxsize=4096)
def _written(character: str) -> str:
    if character in _PLAIN:
        return character
    if character in _SIGNS:
        return _SIGNS[character]
    if character.isspace():
        return " "
    name = unicodedata.name(character, "")
    if name.startswith("GREEK ") and " LETTER " in name:
        letter = name.split(" LETTER ")[1].split()[-1 if "FINAL" in name else 0].lower()
        return letter.capitalize() if "CAPITAL" in name else letter
    folded = unicodedata.normalize("NFKD", character)
    if folded == character:
        return "" if unicodedata.combining(character) else "?"
    return "".join(_written(part) for part in folded)


@lru_cache(maxsize=64)
def font(pixels: int) -> ImageFont.FreeTypeFont:
    """Return the font at a size; its layout is Pillow's own, never the machine's."""
    loaded = ImageFont.load_default(pixels)
    if not isinstance(loaded, ImageFont.FreeTypeFont):  # Pillow built without FreeType
        raise RuntimeError("the sandbox draws with a scalable font: Pillow lacks FreeType")
    return loaded


_REFERENCE = 100
_LONGEST_TEXT = 4000
_LONGEST_WORD = 200


@lru_cache(maxsize=16384)
def _reference_width(text: str) -> float:
    return font(_REFERENCE).getlength(text)


def width_of(text: str, size: float) -> float:
    """Return how wide a line is; widths are measured at one size and scaled."""
    return _reference_width(text) * size / _REFERENCE


@dataclass(frozen=True, slots=True)
class Setting:
    """Text broken into lines at a size that fits."""

    lines: tuple[str, ...]
    size: float
    leading: float

    @property
    def height(self) -> float:
        """The height of all lines."""
        return self.leading * len(self.lines)

    @property
    def width(self) -> float:
        """The width of the longest line."""
        return max((width_of(line, self.size) for line in self.lines), default=0.0)


def fit(text: str, width: float, height: float, largest: float, smallest: float) -> Setting:
    """Break ``text`` into a width and a height, as large as may be; cut it where it cannot fit."""
    # No area holds more than this; a word longer than a line cannot be told from its start.
    words = [word[:_LONGEST_WORD] for word in telegram(text[:_LONGEST_TEXT]).split()]
    size = largest
    while True:
        leading = size * 1.25
        most = max(1, int(height / leading))
        lines = _broken(words, width, size)
        if len(lines) <= most and all(width_of(line, size) <= width for line in lines):
            return Setting(tuple(lines), size, leading)
        if size <= smallest:
            kept = [_cut(line, width, size) for line in lines[:most]]
            if len(lines) > most:
                kept[-1] = _cut(kept[-1] + " …", width, size, always=True)
            return Setting(tuple(kept), size, leading)
        size = max(smallest, size * 0.92)


def _broken(words: list[str], width: float, size: float) -> list[str]:
    lines: list[str] = []
    for word in words:
        if lines and width_of(f"{lines[-1]} {word}", size) <= width:
            lines[-1] += f" {word}"
        else:
            lines.append(word)
    return lines


def _cut(line: str, width: float, size: float, *, always: bool = False) -> str:
    """Cut a line to a width, at a letter, with an ellipsis."""
    if width_of(line, size) <= width:
        return line
    kept = line.removesuffix(" …") if always else line
    while kept and width_of(kept + "…", size) > width:
        kept = kept[:-1]
    return kept.rstrip() + "…"
