"""Illustrations for standard requests: a composition of plain shapes, and the prompt on a card."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from pbfigure.sandbox.drawing.frame import draw_source, source_name
from pbfigure.sandbox.drawing.lettering import fit, telegram
from pbfigure.sandbox.drawing.palette import glass, mixed
from pbfigure.sandbox.drawing.sheet import Area, Sheet

Composer = Callable[[Sheet, Area], None]


def draw_scene(
    sheet: Sheet,
    area: Area,
    turn: int,
    prompt: str,
    sources: Sequence[str],
) -> None:
    """Draw a composition that goes with the prompt, the prompt, and the names of its sources."""
    _composer(prompt, turn)(sheet, area)
    _card(sheet, area, prompt, sources)


def _composer(prompt: str, turn: int) -> Composer:
    words = set(telegram(prompt).lower().split())
    for hints, composer in _HINTS:
        if words & hints:
            return composer
    return (_hills, _circles, _tiles, _waves)[turn % 4]


def _card(sheet: Sheet, area: Area, prompt: str, sources: Sequence[str]) -> None:
    u = sheet.unit
    width = min(area.width - 8 * u, 74 * u)
    for place, url in enumerate(sources[:4]):
        side = Area(4 * u + place * 22 * u, 4 * u, 20 * u, 16 * u)
        if side.right < area.right:
            draw_source(sheet, side, source_name(url), place)
    title = fit(prompt, width - 5 * u, area.height * 0.26, 3.9 * u, 1.9 * u)
    names = ", ".join(source_name(url) for url in sources)
    note = fit(f"made from {names}", width - 5 * u, 5 * u, 1.9 * u, 1.4 * u) if sources else None
    height = title.height + 3 * u + (note.height + 0.6 * u if note else 0)
    wide = min(width, max(title.width, note.width if note else 0) + 5 * u)
    card = Area(4 * u, area.bottom - height - 3.4 * u, wide, height)
    sheet.box(card, (255, 255, 255, 232), radius=1.2 * u)
    sheet.box(Area(card.x, card.y, 0.8 * u, card.height), sheet.palette.accent(0), radius=0.4 * u)
    text = Area(card.x + 2.6 * u, card.y + 1.5 * u, card.width - 4 * u, title.height)
    sheet.lines(text, title, sheet.palette.ink, align="l", bold=True)
    if note:
        below = Area(text.x, text.bottom + 0.6 * u, text.width, note.height)
        sheet.lines(below, note, mixed(sheet.palette.ink, sheet.palette.ground, 0.25), align="l")


def _hills(sheet: Sheet, area: Area) -> None:
    """Ranges of hills, paler with distance, under a sun."""
    sky, glow = sheet.palette.accent(0), sheet.palette.accent(1)
    sheet.wash(mixed("#ffffff", sky, 0.42), mixed("#ffffff", glow, 0.3), area)
    sun = area.at(sheet.dice.uniform(0.55, 0.85), sheet.dice.uniform(0.2, 0.36))
    radius = min(area.width, area.height) * 0.11
    for grown, alpha in ((2.4, 0.12), (1.7, 0.18)):
        sheet.disc(sun, radius * grown, glass("#ffffff", alpha))
    sheet.disc(sun, radius, mixed("#ffffff", glow, 0.25))
    ranges = 5
    for depth in range(ranges):
        share = depth / (ranges - 1)
        tone = mixed(
            "#ffffff", mixed_name(sky, sheet.palette.ink, 0.25 * share), 0.3 + 0.65 * share
        )
        _wave(sheet, area, 0.46 + 0.12 * depth, 0.09, tone)


def _waves(sheet: Sheet, area: Area) -> None:
    """A sea in layers of light, with a low sun."""
    deep, light = sheet.palette.accent(0), sheet.palette.accent(2)
    sheet.wash(mixed("#ffffff", light, 0.22), mixed("#ffffff", light, 0.05), area)
    sheet.disc(
        area.at(0.72, 0.3), min(area.width, area.height) * 0.12, mixed("#ffffff", light, 0.55)
    )
    layers = 9
    for depth in range(layers):
        share = depth / (layers - 1)
        tone = mixed(deep, sheet.palette.ink, 0.55 * share) if share > 0.35 else mixed(
            "#ffffff", deep, 0.5 + share
        )  # fmt: skip
        _wave(sheet, area, 0.34 + 0.075 * depth, 0.035, tone)


def _wave(
    sheet: Sheet, area: Area, height: float, swell: float, tone: Sequence[int]
) -> None:  # fmt: skip
    parts = [
        (sheet.dice.uniform(0.6, 3.4), sheet.dice.uniform(0, math.tau), sheet.dice.uniform(0.3, 1))
        for _ in "abc"
    ]
    points = []
    for step in range(121):
        across = step / 120
        lift = sum(size * math.sin(math.tau * often * across + turn) for often, turn, size in parts)
        points.append(area.at(across, height - swell * lift / 1.6))
    red, green, blue = tone[:3]
    sheet.shape([*points, area.at(1, 1), area.at(0, 1)], (red, green, blue))


def _circles(sheet: Sheet, area: Area) -> None:
    """Large discs of coloured glass and fine rings."""
    sheet.wash(
        sheet.palette.ground, mixed(sheet.palette.ground, sheet.palette.accent(0), 0.2), area
    )
    reach = min(area.width, area.height)
    for number in range(9):
        at = area.at(sheet.dice.uniform(0.05, 0.95), sheet.dice.uniform(0.05, 0.85))
        radius = reach * sheet.dice.uniform(0.1, 0.34)
        # A disc that would stand out of the area below is lifted into it.
        at = (at[0], min(at[1], area.bottom - radius))
        sheet.disc(at, radius, glass(sheet.palette.accent(number), 0.5))
        if number % 3 == 0:
            for grown in (1.12, 1.2, 1.28):
                far = min(radius * grown, area.bottom - at[1])
                sheet.ring(at, far, glass(sheet.palette.ink, 0.35), 0.2 * sheet.unit)


def _tiles(sheet: Sheet, area: Area) -> None:
    """A wall of square tiles with quarter circles, discs and halves."""
    rows = max(1, round(6 * math.sqrt(area.height / area.width)))
    side = area.height / rows
    corners = ((0, 0, 0), (1, 0, 90), (1, 1, 180), (0, 1, 270))
    for row in range(rows):
        for column in range(math.ceil(area.width / side)):
            tile = Area(area.x + column * side, area.y + row * side, side, side)
            under, over = sheet.dice.sample(range(len(sheet.palette.accents)), 2)
            sheet.box(
                tile,
                mixed("#ffffff", sheet.palette.accent(under), sheet.dice.choice((0.18, 0.35, 1))),
            )
            tone = sheet.palette.accent(over)
            motif = sheet.dice.randrange(4)
            if motif == 0:
                sheet.disc(tile.centre, side * 0.32, tone)
            elif motif == 1:
                across, down, turn = sheet.dice.choice(corners)
                sheet.pie(tile.at(across, down), side, turn, turn + 90, tone)
            elif motif == 2:
                turn = sheet.dice.choice((0, 90, 180, 270))
                sheet.pie(tile.centre, side * 0.42, turn, turn + 180, tone)
            else:
                for share in (0.42, 0.28, 0.14):
                    shade = mixed("#ffffff", tone, 1.2 - 1.6 * share)
                    sheet.disc(tile.centre, side * share, shade)


def _skyline(sheet: Sheet, area: Area) -> None:
    """Towers in rows before an evening sky."""
    sky, glow = sheet.palette.accent(0), sheet.palette.accent(1)
    sheet.wash(mixed_name(sky, sheet.palette.ink, 0.35), mixed("#ffffff", glow, 0.55), area)
    sheet.disc(
        area.at(0.66, 0.56), min(area.width, area.height) * 0.16, mixed("#ffffff", glow, 0.35)
    )
    for depth in range(3):
        tone = mixed(mixed_name(glow, sky, 0.5), sheet.palette.ink, 0.25 + 0.35 * depth)
        x = area.x - sheet.unit
        while x < area.right:
            width = area.width * sheet.dice.uniform(0.035, 0.085)
            top = area.at(0, sheet.dice.uniform(0.3, 0.62) + 0.1 * depth)[1]
            tower = Area(x, top, width, area.bottom - top)
            sheet.box(tower, tone)
            if sheet.dice.random() < 0.3:
                mast = (tower.centre[0], top - area.height * 0.07)
                sheet.line([(tower.centre[0], top), mast], tone, 0.3 * sheet.unit)
            if depth:
                _windows(sheet, tower, mixed("#ffffff", glow, 0.45))
            x += width * sheet.dice.uniform(1.0, 1.25)


def _windows(sheet: Sheet, tower: Area, light: Sequence[int]) -> None:
    pane = 1.0 * sheet.unit
    red, green, blue = light[:3]
    for row in range(int(tower.height / (2.4 * pane))):
        for column in range(max(1, int((tower.width - pane) / (1.9 * pane)))):
            if sheet.dice.random() < 0.42:
                corner = (tower.x + (0.7 + 1.9 * column) * pane, tower.y + (1.2 + 2.4 * row) * pane)
                sheet.box(Area(*corner, pane, 1.3 * pane), (red, green, blue))


def mixed_name(colour: str, other: str, share: float) -> str:
    """Return a mixed colour as a name, to be mixed again."""
    return "#{:02x}{:02x}{:02x}".format(*mixed(colour, other, share))


_HINTS: tuple[tuple[frozenset[str], Composer], ...] = (
    (
        frozenset(
            {"city", "skyline", "town", "building", "buildings", "tower", "street", "skyscraper"}
        ),
        _skyline,
    ),
    (
        frozenset(
            {"sea", "ocean", "wave", "waves", "water", "lake", "surface", "marine", "ship", "coast"}
        ),
        _waves,
    ),
    (
        frozenset(
            {
                "mountain",
                "mountains",
                "hill",
                "hills",
                "landscape",
                "field",
                "forest",
                "sunset",
                "sky",
            }
        ),
        _hills,
    ),
    (frozenset({"pattern", "tiles", "icon", "icons", "logo", "grid", "mosaic"}), _tiles),
)
