"""Ornament: a panel of plain shapes that tells two drafts apart and claims to show nothing."""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from typing import NamedTuple

from PIL import Image, ImageColor, ImageDraw


class Palette(NamedTuple):
    """Colours that go together."""

    ground: str
    ink: str
    accents: tuple[str, ...]


PALETTES = (
    Palette("#fbfaf7", "#1f2d3d", ("#2f6f8f", "#e08e45", "#5b9279", "#b5526c")),
    Palette("#f8fafb", "#14213d", ("#1d6fb8", "#26a69a", "#f2a541", "#d1495b")),
    Palette("#fcf9f4", "#33261d", ("#b5651d", "#4f7c5a", "#2e6e8e", "#c2a33a")),
    Palette("#f9f9fc", "#24213a", ("#6750a4", "#00897b", "#e76f51", "#3a86c8")),
    Palette("#f7faf7", "#1c2f25", ("#2d7d5a", "#d98e32", "#3b76a0", "#a85a78")),
)


def mixed(colour: str, other: str, share: float) -> str:
    """Return a colour with a share of another in it."""
    pairs = zip(ImageColor.getrgb(colour)[:3], ImageColor.getrgb(other)[:3], strict=True)
    return "#{:02x}{:02x}{:02x}".format(*(round(a + (b - a) * share) for a, b in pairs))


def ornament(width: int, height: int, palette: Palette, dice: random.Random) -> Image.Image:
    """Return a panel of that size, drawn by chance."""
    accents = dice.sample(palette.accents, len(palette.accents))
    panel = Image.new("RGB", (width, height), mixed(palette.ground, accents[0], 0.14))
    dice.choice((_tiles, _rings, _dots))(panel, accents, dice)
    return panel


def _tiles(panel: Image.Image, accents: Sequence[str], dice: random.Random) -> None:
    """Draw square tiles with discs, halves and quarters."""
    pen = ImageDraw.Draw(panel)
    side = min(panel.size) / 3
    for x, y in _grid(panel, side):
        under, over = dice.sample(accents, 2)
        tint = mixed("#ffffff", under, dice.choice((0.15, 0.3, 1.0)))
        pen.rectangle((x, y, x + side, y + side), tint)
        turn = dice.choice((0, 90, 180, 270))
        match dice.randrange(3):
            case 0:
                pen.ellipse(_around(x + side / 2, y + side / 2, side * 0.32), over)
            case 1:
                pen.pieslice(_around(x + side / 2, y + side / 2, side / 2), turn, turn + 180, over)
            case _:
                corner = (x + side * (turn in {90, 180}), y + side * (turn in {180, 270}))
                pen.pieslice(_around(*corner, side), turn, turn + 90, over)


def _rings(panel: Image.Image, accents: Sequence[str], dice: random.Random) -> None:
    """Draw rings about three points."""
    pen = ImageDraw.Draw(panel)
    step = min(panel.size) / dice.uniform(9, 14)
    for number, accent in enumerate(accents[:3]):
        x = panel.width * dice.choice((0.0, 0.5, 1.0))
        y = panel.height * (number + dice.random()) / 3
        for ring in range(dice.randrange(4, 9), 0, -1):
            tone = accent if ring % 2 else mixed("#ffffff", accent, 0.25)
            pen.ellipse(_around(x, y, ring * step), tone)


def _dots(panel: Image.Image, accents: Sequence[str], dice: random.Random) -> None:
    """Draw a grid of dots that swell and shrink."""
    pen = ImageDraw.Draw(panel)
    step = min(panel.size) / dice.randrange(7, 11)
    across, down, start = dice.uniform(0.2, 0.8), dice.uniform(0.2, 0.8), dice.uniform(0, math.tau)
    for x, y in _grid(panel, step):
        swell = math.sin(start + (across * x + down * y) / step)
        accent = accents[0 if swell > 0.3 else 1 if swell > -0.4 else 2]
        pen.ellipse(_around(x + step / 2, y + step / 2, step * (0.27 + 0.17 * swell)), accent)


def _grid(panel: Image.Image, step: float) -> list[tuple[float, float]]:
    columns, rows = math.ceil(panel.width / step), math.ceil(panel.height / step)
    return [(column * step, row * step) for row in range(rows) for column in range(columns)]


def _around(x: float, y: float, radius: float) -> tuple[float, float, float, float]:
    return x - radius, y - radius, x + radius, y + radius
