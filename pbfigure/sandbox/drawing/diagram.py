"""Box-and-arrow sketches of a text's main terms, in one of five layouts."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from itertools import pairwise

from pbfigure.sandbox.drawing.lettering import fit
from pbfigure.sandbox.drawing.palette import mixed
from pbfigure.sandbox.drawing.reading import main_terms
from pbfigure.sandbox.drawing.sheet import Area, Point, Sheet


def draw_diagram(sheet: Sheet, area: Area, turn: int, content: str, prompt: str) -> None:
    """Draw the main terms of ``content`` as boxes and arrows."""
    layout, most = _LAYOUTS[turn % len(_LAYOUTS)]
    terms = main_terms(content, most)
    if len(terms) < 4:
        terms += [term for term in main_terms(prompt, 4) if term not in terms]
    if len(terms) < 4:
        layout = _chain
    layout(_Sketch(sheet, area), terms or ["(the text names nothing)"])


class _Sketch:
    """The pencil all layouts share: cards, arrows, and where they may go."""

    def __init__(self, sheet: Sheet, area: Area) -> None:
        self.sheet, self.palette, self.area = sheet, sheet.palette, area
        self.u = sheet.unit
        self.arrow_colour = mixed(sheet.palette.ink, sheet.palette.ground, 0.35)

    def card(self, area: Area, term: str, number: int, *, strong: bool = False) -> None:
        """Draw a labelled rounded box; a strong one is filled with its colour."""
        u, tone = self.u, self.palette.accent(number)
        radius = 1.3 * u
        shade = mixed(self.palette.ground, self.palette.ink, 0.08)
        sunk = Area(area.x + 0.3 * u, area.y + 0.5 * u, area.width, area.height)
        self.sheet.box(sunk, shade, radius=radius)
        fill = tone if strong else mixed("#ffffff", tone, 0.1)
        self.sheet.box(area, fill, radius=radius, line=tone, weight=0.28 * u)
        label = fit(_title(term), area.width - 2.4 * u, area.height - 1.6 * u, 2.9 * u, 1.3 * u)
        ink = "#ffffff" if strong else self.palette.ink
        self.sheet.lines(area, label, ink, bold=True)

    def arrow(self, *points: Point) -> None:
        """Draw an arrow through points."""
        self.sheet.arrow(points, self.arrow_colour, 0.42 * self.u)

    def link(self, source: Area, target: Area) -> None:
        """Draw a straight arrow from one card's edge to another's."""
        gap = self.u
        start = source.inset(-gap).edge_towards(target.centre)
        end = target.inset(-gap).edge_towards(source.centre)
        if math.dist(start, end) > 2 * gap:
            self.arrow(start, end)

    def step(self, source: Area, target: Area) -> None:
        """Draw an arrow to the right that changes its height half-way."""
        gap = self.u
        start = (source.right + gap, source.centre[1])
        end = (target.x - gap, target.centre[1])
        middle = (start[0] + end[0]) / 2
        if abs(start[1] - end[1]) < gap:
            self.arrow(start, (end[0], start[1]))
        else:
            self.arrow(start, (middle, start[1]), (middle, end[1]), end)


def _chain(sketch: _Sketch, terms: Sequence[str]) -> None:
    """One after the other, in rows that turn at their ends."""
    area, u = sketch.area, sketch.u
    columns = max(
        1, min(len(terms), round(math.sqrt(len(terms) * area.width / area.height * 0.62)))
    )
    rows = math.ceil(len(terms) / columns)
    columns = math.ceil(len(terms) / rows)
    cell = Area(0, 0, area.width / columns, area.height / rows)
    size = Area(0, 0, cell.width - 6.5 * u, min(cell.height - 6 * u, 13 * u))
    cards = []
    for number in range(len(terms)):
        row, place = divmod(number, columns)
        column = place if row % 2 == 0 else columns - 1 - place
        cards.append(size.around(area.at((column + 0.5) / columns, (row + 0.5) / rows)))
    for before, after in pairwise(cards):
        sketch.link(before, after)
    for number, (card, term) in enumerate(zip(cards, terms, strict=True)):
        sketch.card(card, term, number, strong=number == len(terms) - 1)
        badge = (card.x + 0.4 * u, card.y + 0.4 * u)
        sketch.sheet.disc(badge, 1.7 * u, sketch.palette.accent(number))
        sketch.sheet.ring(badge, 1.7 * u, sketch.palette.ground, 0.25 * u)
        sketch.sheet.text(badge, str(number + 1), 1.7 * u, "#ffffff", anchor="mm", bold=True)


def _hub(sketch: _Sketch, terms: Sequence[str]) -> None:
    """One term in the middle, the others around it."""
    area, u = sketch.area, sketch.u
    middle = Area(0, 0, area.width * 0.24, min(area.height * 0.26, 16 * u)).around(area.centre)
    size = Area(0, 0, area.width * 0.235, min(area.height * 0.2, 12 * u))
    hub, around = terms[0], terms[1:]
    for number, term in enumerate(around):
        angle = math.tau * number / len(around) - math.pi
        point = area.at(0.5 + 0.38 * math.cos(angle), 0.5 + 0.4 * math.sin(angle))
        card = size.around(point)
        if number % 2:
            sketch.link(middle, card)
        else:
            sketch.link(card, middle)
        sketch.card(card, term, number + 1)
    sketch.card(middle, hub, 0, strong=True)


def _bands(sketch: _Sketch, terms: Sequence[str]) -> None:
    """Layers on top of each other, each with a name and its parts."""
    area, u, sheet = sketch.area, sketch.u, sketch.sheet
    count = 3 if len(terms) >= 6 else 2
    groups = [list(terms[place::count]) for place in range(count)]
    gap = 3.6 * u
    height = (area.height - gap * (count - 1)) / count
    for number, (name, *parts) in enumerate(groups):
        tone = sketch.palette.accent(number)
        band = Area(area.x, area.y + number * (height + gap), area.width, height)
        sheet.box(band, mixed(sketch.palette.ground, tone, 0.1), radius=1.6 * u)
        spine = Area(band.x, band.y, band.width * 0.24, band.height)
        sheet.box(spine, tone, radius=1.6 * u)
        label = fit(_title(name), spine.width - 2.4 * u, spine.height - 2 * u, 2.9 * u, 1.4 * u)
        sheet.lines(spine, label, "#ffffff", bold=True)
        room = Area(spine.right, band.y, band.right - spine.right, band.height)
        cards = []
        for place in range(len(parts)):
            size = Area(0, 0, room.width / len(parts) - 5 * u, min(height - 3.4 * u, 11 * u))
            cards.append(size.around(room.at((place + 0.5) / len(parts), 0.5)))
        for before, after in pairwise(cards):
            sketch.link(before, after)
        for card, part in zip(cards, parts, strict=True):
            sketch.card(card, part, number)
        if number < count - 1:
            x = room.centre[0]
            sketch.arrow((x, band.bottom + 0.4 * u), (x, band.bottom + gap - 0.4 * u))


def _fan(sketch: _Sketch, terms: Sequence[str]) -> None:
    """Several into one, one into several."""
    area, u = sketch.area, sketch.u
    rest = list(terms[:])
    core = rest.pop(len(rest) // 2)
    left, right = rest[: (len(rest) + 1) // 2], rest[(len(rest) + 1) // 2 :]
    middle = Area(0, 0, area.width * 0.24, min(area.height * 0.34, 19 * u)).around(area.centre)

    def column(names: Sequence[str], across: float) -> list[Area]:
        height = min(area.height / len(names) - 3.2 * u, 12 * u)
        size = Area(0, 0, area.width * 0.25, height)
        return [
            size.around(area.at(across, (place + 0.5) / len(names))) for place in range(len(names))
        ]

    for number, (card, name) in enumerate(zip(column(left, 0.125), left, strict=True)):
        sketch.step(card, middle)
        sketch.card(card, name, number + 1)
    for number, (card, name) in enumerate(zip(column(right, 0.875), right, strict=True)):
        sketch.step(middle, card)
        sketch.card(card, name, number + 1 + len(left))
    sketch.card(middle, core, 0, strong=True)


def _cycle(sketch: _Sketch, terms: Sequence[str]) -> None:
    """Each leads to the next, the last to the first."""
    area, u = sketch.area, sketch.u
    size = Area(0, 0, area.width * 0.235, min(area.height * 0.2, 12 * u))
    across, down = (area.width - size.width) / 2, (area.height - size.height) / 2
    x, y = area.centre

    def point(turn: float) -> Point:
        angle = math.tau * turn / len(terms) - math.pi / 2
        return x + across * math.cos(angle), y + down * math.sin(angle)

    cards = [size.around(point(number)) for number in range(len(terms))]
    for number, card in enumerate(cards):
        following = cards[(number + 1) % len(cards)]
        arc = [point(number + share / 48) for share in range(49)]
        free = [each for each in arc if not (_near(each, card, u) or _near(each, following, u))]
        if len(free) > 4:
            sketch.arrow(*free)
    for number, (card, term) in enumerate(zip(cards, terms, strict=True)):
        sketch.card(card, term, number, strong=number == 0)


def _near(point: Point, card: Area, gap: float) -> bool:
    around = card.inset(-gap)
    return around.x <= point[0] <= around.right and around.y <= point[1] <= around.bottom


def _title(term: str) -> str:
    return term[:1].upper() + term[1:]


_LAYOUTS: tuple[tuple[Callable[[_Sketch, Sequence[str]], None], int], ...] = (
    (_chain, 6),
    (_hub, 7),
    (_bands, 9),
    (_fan, 7),
    (_cycle, 6),
)
"""Each layout with the number of terms it can hold."""
