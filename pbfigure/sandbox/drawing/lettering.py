"""Letters: which font shows a text, and how the text is broken into lines that fit.

Pillow's own font knows ASCII and little else. A text with other characters is set in the font of
this machine that shows most of them. What no font shows loses its accents, or is an empty box.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from functools import cache
from typing import NamedTuple

from PIL import ImageDraw, ImageFont

_MACHINE_FONTS = (
    "DejaVuSans.ttf", "NotoSansCJK-Regular.ttc", "wqy-zenhei.ttc", "Arial.ttf", "Arial Unicode.ttf",
    "msyh.ttc", "YuGothM.ttc", "malgun.ttf",
)  # fmt: skip
"""Fonts that Linux, macOS and Windows bring, by the file name that Pillow finds them by."""
_LONGEST = 4000
"""Characters of a text that are looked at: no card holds more."""
_WIDE = "\u2e80-\u2fff\u3040-\ud7ff\uf900-\ufaff"
_TOKEN = re.compile(rf"[{_WIDE}][\u3000-\u303f\uff00-\uff60]*|[^ {_WIDE}]+| ")
"""An ideograph with its punctuation, which a line may end after; a word; or a space."""
_MEASURE = 100
"""Pixels of the letters that widths are measured by."""
_LEADING = 1.28
_MISSING = "\uffff"


class Setting(NamedTuple):
    """A text in lines, with the font that it is set in."""

    font: ImageFont.FreeTypeFont
    lines: tuple[str, ...]

    @property
    def height(self) -> float:
        """Pixels of all lines."""
        return self.font.size * _LEADING * len(self.lines)

    def write(
        self, pen: ImageDraw.ImageDraw, x: float, y: float, colour: str, stroke: float = 0
    ) -> None:
        """Draw the lines below and to the right of a point; ``stroke`` pixels make them bold."""
        for number, line in enumerate(self.lines):
            middle = y + (number + 0.5) * self.font.size * _LEADING
            pen.text((x, middle), line, colour, self.font, anchor="lm", stroke_width=stroke)


def fit(text: str, width: float, height: float, largest: float, smallest: float) -> Setting:
    """Set ``text`` into a width and a height, as large as it fits; what is cut ends in "…"."""
    text = re.sub(r"[^\S\u00a0]+", " ", unicodedata.normalize("NFC", text[:_LONGEST])).strip()
    name = max(_fonts(), key=lambda font: sum(_shows(font, each) for each in set(text)))
    text = "".join(_shown(name, each) for each in text)
    measure = _font(name, _MEASURE)
    tokens = [(token, measure.getlength(token)) for token in _TOKEN.findall(text)]
    widest = max((length for _, length in tokens), default=0.0)
    size = largest
    while True:
        font = _font(name, max(6, round(size)))
        limit = width * _MEASURE / font.size
        room = max(1, int(height / (font.size * _LEADING)))
        lines = _broken(tokens, limit)
        if (len(lines) <= room and widest <= limit) or size <= smallest:
            break
        size = max(smallest, size * 0.94)
    if widest > limit:  # a word that is wider than the card, such as an address
        tokens = [(each, measure.getlength(each)) for each in text]
        lines = _broken(tokens, limit)
    if len(lines) > room:
        lines = [*lines[: room - 1], _cut(lines[room - 1], measure, limit)]
    else:
        lines = _balanced(tokens, len(lines), limit)
    return Setting(font, tuple(line.replace("\u00a0", " ") for line in lines))


def _broken(tokens: Sequence[tuple[str, float]], limit: float) -> list[str]:
    lines: list[str] = []
    line, length = "", 0.0
    for text, width in tokens:
        if line and length + width > limit:
            lines.append(line.rstrip())
            line, length = "", 0.0
        if line or text != " ":
            line, length = line + text, length + width
    return [*lines, line.rstrip()] if line else lines


def _balanced(tokens: Sequence[tuple[str, float]], lines: int, limit: float) -> list[str]:
    """Break into as many lines of about the same width."""
    low, high = limit / 2, limit
    while high - low > limit / 100:
        middle = (low + high) / 2
        low, high = (low, middle) if len(_broken(tokens, middle)) <= lines else (middle, high)
    return _broken(tokens, high)


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
    for name in _MACHINE_FONTS:
        try:
            _font(name, _MEASURE)
        except OSError:
            continue
        found.append(name)
    return tuple(found)


@cache
def _shows(name: str, character: str) -> bool:
    font = _font(name, _MEASURE)
    return character in " \u00a0" or bytes(font.getmask(character)) != bytes(font.getmask(_MISSING))


def _shown(name: str, character: str) -> str:
    if _shows(name, character):
        return character
    parts = unicodedata.normalize("NFKD", character)
    return "".join(
        each if _shows(name, each) else _MISSING
        for each in parts
        if not unicodedata.combining(each)
    )
