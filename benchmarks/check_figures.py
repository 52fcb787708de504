"""Figures with known labels, drawn for ``check.py``: layouts, fonts, sizes and colours vary.

Everything follows from a figure's number, so that each run draws the same set, as far as the
machine has the same fonts.
"""

from __future__ import annotations

import io
import itertools
import math
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

TOPICS = Path(__file__).with_name("check_topics.txt")
FONT_FOLDERS = ("/usr/share/fonts", "/usr/share/texmf/fonts/opentype")
FONT_NAMES = (
    *("DejaVuSans", "DejaVuSans-Bold", "DejaVuSerif", "DejaVuSansMono", "DejaVuSansCondensed"),
    *("lmsans10-regular", "lmroman10-regular", "lmsans10-oblique", "lmmono10-regular"),
    *("NimbusSans-Regular", "NimbusSans-Bold", "NimbusSansNarrow-Regular", "NimbusRoman-Regular"),
    *("URWGothic-Book", "URWBookman-Light", "C059-Roman", "P052-Italic"),
)
FORMATS = (("PNG", {}), ("JPEG", {"quality": 72}), ("WEBP", {"quality": 80}), ("PNG", {}))
SIZES = ((1376, 768), (1024, 1024), (1200, 896), (2048, 1152))
PALETTES = (  # background, boxes, text on boxes, other text
    ("#ffffff", ("#dbe9f6", "#fde2cf", "#e2f0d9", "#f5e6f7"), "#1a1a1a", "#222222"),
    ("#fbfaf6", ("#2f5d8a", "#8a3b2f", "#3f7d58", "#5b4a8a"), "#ffffff", "#333333"),
    ("#ffffff", ("#ffffff",), "#000000", "#000000"),
    ("#1e2430", ("#32405a", "#4a3552"), "#f2f2f2", "#e6e6e6"),
    ("#f4f7fb", ("#fff4c2", "#cfe8ff", "#ffd6d6"), "#40384a", "#5a6270"),
)
Box = tuple[float, float, float, float]


@dataclass(frozen=True)
class Topic:
    """What a figure is about."""

    title: str
    labels: tuple[str, ...]

    def prompt(self) -> str:
        """The prompt that a figure of it would be bought with."""
        first, second, third = self.labels[:3]
        return f"A diagram of the {self.title.lower()}: from {first} by way of {second} to {third}"

    def text(self, rng: random.Random) -> str:
        """The section around it: prose that has most of its labels, in other forms at times."""
        verbs = ("is followed by", "leads to", "depends on", "is coupled with", "receives from")
        told = [label for label in self.labels if rng.random() < 0.8]
        forms = [label.lower() + "s" if rng.random() < 0.15 else label for label in told]
        pairs = itertools.pairwise(forms)
        sentences = [f"Here {one} {rng.choice(verbs)} {other}." for one, other in pairs]
        return f"{self.title}. This section explains how it works. " + " ".join(sentences)


def topics() -> list[Topic]:
    """Return all topics."""
    lines = TOPICS.read_text(encoding="utf-8").splitlines()
    parts = (line.split(" | ") for line in lines)
    return [Topic(title, tuple(each.strip() for each in rest.split(";"))) for title, rest in parts]


@cache
def fonts() -> tuple[Path, ...]:
    """Return the fonts of the list that this machine has."""
    found = {path.stem: path for folder in FONT_FOLDERS for path in Path(folder).rglob("*.[ot]tf")}
    return tuple(found[name] for name in FONT_NAMES if name in found)


@dataclass
class Canvas:
    """One figure being drawn."""

    image: Image.Image
    draw: ImageDraw.ImageDraw
    font: Path
    size: int
    """Of most labels, in pixels."""
    boxes: Sequence[str]
    on_box: str
    on_page: str
    rng: random.Random

    def text(self, label: str, box: Box, colour: str, size: int | None = None) -> None:
        """Write a label in the middle of a box: on two lines, or smaller, if it has to be."""
        width, height = box[2] - box[0] - 8, box[3] - box[1] - 4
        for pixels in range(size or self.size, 9, -1):
            font = ImageFont.truetype(self.font, pixels)
            for lines in ([label], _halves(label)):
                fits = all(font.getlength(line) <= width for line in lines)
                if fits and len(lines) * pixels * 1.25 <= height:
                    self._lines(lines, box, font, colour)
                    return
        raise ValueError(f"{label} does not fit")

    def _lines(
        self, lines: Sequence[str], box: Box, font: ImageFont.FreeTypeFont, colour: str
    ) -> None:
        x = (box[0] + box[2]) / 2
        y = (box[1] + box[3]) / 2 - (len(lines) - 1) * font.size * 0.62
        for line in lines:
            self.draw.text((x, y), line, fill=colour, font=font, anchor="mm")
            y += font.size * 1.24

    def node(self, label: str, box: Box) -> None:
        """Draw a label in a box of its own."""
        self.draw.rounded_rectangle(
            box, radius=8, fill=self.rng.choice(self.boxes), outline=self.on_page, width=2
        )
        self.text(label, box, self.on_box)

    def arrow(self, start: tuple[float, float], end: tuple[float, float]) -> None:
        """Draw an arrow."""
        self.draw.line((*start, *end), fill=self.on_page, width=2)
        angle = math.atan2(end[1] - start[1], end[0] - start[0])
        tips = [
            (end[0] - 11 * math.cos(angle + d), end[1] - 11 * math.sin(angle + d))
            for d in (0.4, -0.4)
        ]
        self.draw.polygon([end, *tips], fill=self.on_page)


def _halves(label: str) -> list[str]:
    words = label.split(" ")
    middle = (len(words) + 1) // 2
    return [" ".join(words[:middle]), " ".join(words[middle:])] if len(words) > 1 else [label]


def _grid(canvas: Canvas, labels: Sequence[str], columns: int) -> None:
    """Boxes in rows, with arrows between them."""
    width, height = canvas.image.size
    rows = math.ceil(len(labels) / columns)
    w, h = width / columns, (height - 90) / rows
    for number, label in enumerate(labels):
        row, column = divmod(number, columns)
        x, y = column * w + w * 0.1, 80 + row * h + h * 0.2
        canvas.node(label, (x, y, x + w * 0.8, y + h * 0.6))
        if column + 1 < columns and number + 1 < len(labels):
            canvas.arrow((x + w * 0.8, y + h * 0.3), (x + w - 2, y + h * 0.3))


def _wide(canvas: Canvas, labels: Sequence[str]) -> None:
    _grid(canvas, labels, 4)


def _tall(canvas: Canvas, labels: Sequence[str]) -> None:
    _grid(canvas, labels, 3)


def _ring(canvas: Canvas, labels: Sequence[str]) -> None:
    """Boxes around a circle."""
    width, height = canvas.image.size
    for number, label in enumerate(labels):
        angle = 2 * math.pi * number / len(labels)
        x = width / 2 + width * 0.385 * math.cos(angle)
        y = height / 2 + 30 + (height / 2 - 85) * math.sin(angle)
        half = width * 0.085
        canvas.node(label, (x - half, y - 30, x + half, y + 30))


def _axes(canvas: Canvas, labels: Sequence[str]) -> None:
    """A plot: curves, ticks, a legend, names at the curves, one axis' name turned."""
    width, height = canvas.image.size
    left, top, right, bottom = 110, 90, width - 270, height - 80
    draw, colour = canvas.draw, canvas.on_page
    draw.line((left, top, left, bottom, right, bottom), fill=colour, width=2)
    for tick in range(6):
        y = bottom - (bottom - top) * tick / 6
        canvas.text(f"{tick * 0.2:.1f}", (left - 62, y - 14, left - 4, y + 14), colour)
    canvas.text(labels[0], (left, bottom + 20, right, height - 4), colour)
    turned = Image.new("RGB", (bottom - top, 44), canvas.image.getpixel((2, 2)))
    image, canvas.draw = canvas.image, ImageDraw.Draw(turned)
    canvas.text(labels[1], (0, 0, bottom - top, 44), colour)
    canvas.draw = draw
    image.paste(turned.rotate(90, expand=True), (4, top))
    for number, label in enumerate(labels[2:]):
        y = top + (bottom - top) * (number + 0.5) / len(labels[2:])
        if number % 2:
            draw.line((left, bottom - 20, right, y), fill=colour, width=2)
            draw.rectangle((right + 10, y - 8, right + 26, y + 8), fill=canvas.boxes[0])
            canvas.text(label, (right + 30, y - 18, width - 4, y + 18), colour)
        else:
            x = left + (right - left) * canvas.rng.uniform(0.12, 0.62)
            canvas.text(label, (x, y - 18, x + 250, y + 18), colour)


def _layers(canvas: Canvas, labels: Sequence[str]) -> None:
    """Layers on one another, with words beside them."""
    width, height = canvas.image.size
    half = math.ceil(len(labels) / 2)
    step = (height - 100) / half
    for number, label in enumerate(labels[:half]):
        y = 85 + number * step
        canvas.draw.rectangle(
            (60, y, width * 0.6, y + step), fill=canvas.rng.choice(canvas.boxes), outline="#777777"
        )
        canvas.text(label, (60, y, width * 0.6, y + step), canvas.on_box)
    for number, label in enumerate(labels[half:]):
        y = 85 + number * step + step * 0.25
        canvas.text(label, (width * 0.66, y, width - 10, y + step * 0.5), canvas.on_page)
        canvas.arrow((width * 0.66, y + step * 0.25), (width * 0.61, y + step * 0.25))


LAYOUTS: tuple[Callable[[Canvas, Sequence[str]], None], ...] = (
    *(_wide, _ring, _axes, _layers, _tall),
)


def draw(number: int, title: str, labels: Sequence[str]) -> bytes:
    """Return figure ``number`` with these words in it, as a file."""
    rng = random.Random(number)
    size = SIZES[(number // 2) % len(SIZES)]
    background, boxes, on_box, on_page = PALETTES[number % len(PALETTES)]
    image = Image.new("RGB", size, background)
    font = fonts()[(number * 7) % len(fonts())]
    pixels = rng.choice((15, 17, 20, 23, 27)) * size[0] // 1200
    canvas = Canvas(image, ImageDraw.Draw(image), font, pixels, boxes, on_box, on_page, rng)
    canvas.text(title, (20, 10, size[0] - 20, 70), on_page, round(pixels * 1.3))
    LAYOUTS[(number + number // 5) % len(LAYOUTS)](canvas, labels)
    kind, options = FORMATS[number % len(FORMATS)]
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()
