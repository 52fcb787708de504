"""Lays out a draft's text: chooses a font that has its characters, and breaks it into lines.

Pillow's own font has little more than ASCII. Other text is set in the installed font that has most
of its characters; a character in no font is an empty box.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from functools import cache
from typing import NamedTuple

from PIL import ImageDraw, ImageFont

_SYSTEM_FONTS = (
    "DejaVuSans.ttf", "NotoSansCJK-Regular.ttc", "wqy-zenhei.ttc", "Arial.ttf", "Arial Unicode.ttf",
    "msyh.ttc", "YuGothM.ttc", "malgun.ttf",
)  # fmt: skip
"""Fonts of Linux, macOS and Windows, by the file name that Pillow finds them by."""
_LONGEST = 4000
"""Characters of a text that are used: no card holds more."""
_WIDE = "\u2e80-\u2fff\u3040-\ud7ff\uf900-\ufaff"
_TOKEN = re.compile(rf"[{_WIDE}][\u3000-\u303f\uff00-\uff60]*|[^ {_WIDE}]+| ")
"""An ideograph with its punctuation, after which a line may end; a word; or a space."""
_MEASURE = 100
"""Font size in pixels at which widths are measured."""
_LEADING = 1.28
_MISSING = "\uffff"


class Layout(NamedTuple):
    """A text in lines, with its font."""

    font: ImageFont.FreeTypeFont
    lines: tuple[str, ...]

    @property
    def height(self) -> float:
        """Pixels of all lines."""
        return self.font.size * _LEADING * len(self.lines)

    def write(self, pen: ImageDraw.ImageDraw, x: float, y: float, colour: str) -> None:
        """Draw the lines below and to the right of a point."""
        for number, line in enumerate(self.lines):
            middle = y + (number + 0.5) * self.font.size * _LEADING
            pen.text((x, middle), line, colour, self.font, anchor="lm")


def fit(text: str, width: float, height: float, largest: float, smallest: float) -> Layout:
    """Fit ``text`` into a width and a height, as large as possible; a cut text ends in "…"."""
    text = re.sub(r"[^\S\u00a0]+", " ", unicodedata.normalize("NFC", text[:_LONGEST])).strip()
    name = max(_fonts(), key=lambda font: sum(_has(font, each) for each in set(text)))
    text = "".join(each if _has(name, each) else _MISSING for each in text)
    measure = _font(name, _MEASURE)
    tokens = [(token, measure.getlength(token)) for token in _TOKEN.findall(text)]
    widest = max((length for _, length in tokens), default=0.0)
    size = largest
    while True:
        font = _font(name, max(6, round(size)))
        limit = width * _MEASURE / font.size
        room = max(1, int(height / (font.size * _LEADING)))
        lines = _lines(tokens, limit)
        if (len(lines) <= room and widest <= limit) or size <= smallest:
            break
        size = max(smallest, size * 0.94)
    if widest > limit:  # a word that is wider than the card, such as an address
        lines = _lines([(each, measure.getlength(each)) for each in text], limit)
    if len(lines) > room:
        lines = [*lines[: room - 1], _cut(lines[room - 1], measure, limit)]
    return Layout(font, tuple(line.replace("\u00a0", " ") for line in lines))


def _lines(tokens: Sequence[tuple[str, float]], limit: float) -> list[str]:
    lines: list[str] = []
    line, length = "", 0.0
    for text, width in tokens:
        if line and length + width > limit:
            lines.append(line.rstrip())
            line, length = "", 0.0
        if line or text != " ":
            line, length = line + text, length + width
    return [*lines, line.rstrip()] if line else lines


def _cut(line: str, measure: ImageFont.FreeTypeFont, limit: float) -> str:
    while line and measure.getlength(line + "…") > limit:
        line = line.rpartition(" ")[0] or line[:-1]
    return line.rstrip(" ,;:") + "…"


@cache
def _font(name: str, pixels: int) -> ImageFont.FreeTypeFont:
    font = ImageFont.truetype(name, pixels) if name else ImageFont.load_default(pixels)
    if not isinstance(font, ImageFont.FreeTypeFont):
        raise RuntimeError("the sandbox cannot draw: this Pillow is built without FreeType")
    return font


@cache
def _fonts() -> tuple[str, ...]:
    found = [""]
    for name in _SYSTEM_FONTS:
        try:
            _font(name, _MEASURE)
        except OSError:
            continue
        found.append(name)
    return tuple(found)


@cache
def _has(name: str, character: str) -> bool:
    font = _font(name, _MEASURE)
    return character in " \u00a0" or bytes(font.getmask(character)) != bytes(font.getmask(_MISSING))
