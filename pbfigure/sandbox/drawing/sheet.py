"""The sheet a picture is drawn on: shapes in the picture's own pixels, smooth at their edges.

Pillow draws shapes without smoothing. So a sheet of 1K or 2K is drawn at twice its size and
reduced at the end; one of 4K has pixels enough, and stays within memory.
"""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from dataclasses import dataclass

from PIL import Image, ImageDraw

from pbfigure.sandbox.drawing.lettering import Setting, font, telegram
from pbfigure.sandbox.drawing.palette import Palette

Point = tuple[float, float]
Colour = str | tuple[int, int, int] | tuple[int, int, int, int]

_LARGEST_DOUBLED = 2048


@dataclass(frozen=True, slots=True)
class Area:
    """A rectangle on the sheet."""

    x: float
    y: float
    width: float
    height: float

    @property
    def right(self) -> float:
        """Its right edge."""
        return self.x + self.width

    @property
    def bottom(self) -> float:
        """Its lower edge."""
        return self.y + self.height

    @property
    def centre(self) -> Point:
        """Its middle."""
        return self.x + self.width / 2, self.y + self.height / 2

    def inset(self, by: float, vertically: float | None = None) -> Area:
        """Return it made smaller on all sides."""
        down = by if vertically is None else vertically
        return Area(self.x + by, self.y + down, self.width - 2 * by, self.height - 2 * down)

    def at(self, across: float, down: float) -> Point:
        """Return a point in it by shares of its width and height."""
        return self.x + across * self.width, self.y + down * self.height

    def around(self, point: Point) -> Area:
        """Return it moved so that its middle is a point."""
        return Area(point[0] - self.width / 2, point[1] - self.height / 2, self.width, self.height)

    def edge_towards(self, point: Point) -> Point:
        """Return where a line from its middle to a point leaves it."""
        x, y = self.centre
        across, down = point[0] - x, point[1] - y
        shares = [
            half / abs(way)
            for half, way in ((self.width / 2, across), (self.height / 2, down))
            if way
        ]
        share = min(shares, default=0.0)
        return x + across * share, y + down * share


class Sheet:
    """A picture being drawn, with the colours and the chance it is drawn by."""

    def __init__(self, width: int, height: int, palette: Palette, dice: random.Random) -> None:
        self.palette, self.dice = palette, dice
        self.width, self.height = width, height
        self.unit = math.sqrt(width * height) / 100
        """A hundredth of the sheet's mean side: what sizes of letters and lines are given in."""
        self._scale = 2 if max(width, height) <= _LARGEST_DOUBLED else 1
        self._image = Image.new("RGB", (width * self._scale, height * self._scale), palette.ground)
        self._pen = ImageDraw.Draw(self._image, "RGBA")

    @property
    def area(self) -> Area:
        """The whole sheet."""
        return Area(0, 0, self.width, self.height)

    def finished(self) -> Image.Image:
        """Return the picture at its own size."""
        if self._scale == 1:
            return self._image
        return self._image.reduce(self._scale)

    def box(
        self, area: Area, fill: Colour, *, radius: float = 0, line: Colour | None = None,
        weight: float = 0,
    ) -> None:  # fmt: skip
        """Draw a rectangle, perhaps rounded, perhaps outlined."""
        if area.width <= 1 or area.height <= 1:
            return
        k = self._scale
        corners = (area.x * k, area.y * k, area.right * k - 1, area.bottom * k - 1)
        round_to = min(radius, area.width / 2, area.height / 2) * k
        thick = max(1, round(weight * k)) if line is not None else 0
        self._pen.rounded_rectangle(corners, round_to, fill, line, thick)

    def disc(self, centre: Point, radius: float, fill: Colour) -> None:
        """Draw a filled circle."""
        self._pen.ellipse(self._circle(centre, radius), fill)

    def ring(self, centre: Point, radius: float, colour: Colour, weight: float) -> None:
        """Draw a circle's line."""
        thick = max(1, round(weight * self._scale))
        self._pen.ellipse(self._circle(centre, radius), None, colour, thick)

    def pie(self, centre: Point, radius: float, start: float, end: float, fill: Colour) -> None:
        """Draw a sector between two angles in degrees, clockwise from the right."""
        self._pen.pieslice(self._circle(centre, radius), start, end, fill)

    def shape(self, points: Sequence[Point], fill: Colour) -> None:
        """Fill a polygon."""
        k = self._scale
        self._pen.polygon([(x * k, y * k) for x, y in points], fill)

    def line(self, points: Sequence[Point], colour: Colour, weight: float) -> None:
        """Draw a line through points, its corners rounded."""
        k = self._scale
        thick = max(1, round(weight * k))
        self._pen.line([(x * k, y * k) for x, y in points], colour, thick, joint="curve")

    def dashes(self, start: Point, end: Point, colour: Colour, weight: float, dash: float) -> None:
        """Draw a straight dashed line."""
        length = math.dist(start, end)
        steps = max(1, int(length / (2 * dash)))
        for step in range(steps):
            points = [
                _between(start, end, (2 * step + part) * dash / length) for part in (0.0, 1.0)
            ]
            self.line(points, colour, weight)

    def arrow(self, points: Sequence[Point], colour: Colour, weight: float) -> None:
        """Draw a line through points that ends in a filled head."""
        head = weight * 5
        tip, before = points[-1], points[-2]
        length = math.dist(before, tip) or 1.0
        along = ((tip[0] - before[0]) / length, (tip[1] - before[1]) / length)
        base = (tip[0] - along[0] * head, tip[1] - along[1] * head)
        self.line([*points[:-1], (base[0] + along[0], base[1] + along[1])], colour, weight)
        side = head * 0.42
        left = (base[0] - along[1] * side, base[1] + along[0] * side)
        right = (base[0] + along[1] * side, base[1] - along[0] * side)
        self.shape([tip, left, right], colour)

    def text(  # noqa: PLR0913 (as Pillow's own)
        self, point: Point, text: str, size: float, colour: Colour, *, anchor: str = "la",
        bold: bool = False,
    ) -> None:  # fmt: skip
        """Write one line."""
        pixels = max(6, round(size * self._scale))
        # The font has one weight: bold is drawn with a thin line around.
        stroke = pixels / 42 if bold else 0
        at = (point[0] * self._scale, point[1] * self._scale)
        self._pen.text(at, telegram(text), colour, font(pixels), anchor=anchor, stroke_width=stroke)

    def lines(
        self, area: Area, setting: Setting, colour: Colour, *, align: str = "m", bold: bool = False
    ) -> None:
        """Write lines that were fitted, in the middle of an area (``m``) or to its left (``l``)."""
        x = area.x if align == "l" else area.centre[0]
        y = area.centre[1] - setting.height / 2 + setting.leading / 2
        for line in setting.lines:
            self.text((x, y), line, setting.size, colour, anchor=f"{align}m", bold=bold)
            y += setting.leading

    def wash(self, top: Colour, bottom: Colour, area: Area | None = None) -> None:
        """Fill an area with one colour turning into another downwards."""
        where = area or self.area
        k = self._scale
        ramp = Image.linear_gradient("L").resize((1, max(1, round(where.height * k))))
        column = Image.composite(
            Image.new("RGB", ramp.size, bottom), Image.new("RGB", ramp.size, top), ramp
        )
        # In strips: a second picture of this size would double the memory.
        strip = column.resize((256, column.height))
        for x in range(round(where.x * k), round(where.right * k), strip.width):
            self._image.paste(strip, (x, round(where.y * k)))

    def _circle(self, centre: Point, radius: float) -> tuple[float, float, float, float]:
        k = self._scale
        x, y = centre
        return (x - radius) * k, (y - radius) * k, (x + radius) * k, (y + radius) * k


def _between(start: Point, end: Point, share: float) -> Point:
    return start[0] + (end[0] - start[0]) * share, start[1] + (end[1] - start[1]) * share
