"""The numbers of a text as a chart: bars by name, a line along years or in a row."""

from __future__ import annotations

import math
from collections import Counter

from pbfigure.sandbox.drawing.lettering import fit, telegram, width_of
from pbfigure.sandbox.drawing.palette import glass, mixed
from pbfigure.sandbox.drawing.reading import Series, as_number, main_terms, numbers
from pbfigure.sandbox.drawing.sheet import Area, Sheet


def draw_chart(sheet: Sheet, area: Area, turn: int, content: str, prompt: str) -> None:
    """Draw the numbers of ``content``; without any, how often it names its main terms."""
    series = numbers(content) or numbers(prompt) or _named_terms(content or prompt)
    tone = sheet.palette.accent(0)
    if series.along == "name" and (len(series.values) > 6 or turn % 2):
        _rows(sheet, area, series)
    elif series.along == "name":
        _Plane(sheet, area, series).columns()
    else:
        _Plane(sheet, area, series).curve(tone)


def _named_terms(text: str) -> Series:
    words = Counter(telegram(text).lower().split())
    terms = main_terms(text, 6) or ["text"]
    counts = [float(max(1, words[term.split()[-1].lower()])) for term in terms]
    return Series(tuple(terms), tuple(counts), "mentions", "name")


class _Plane:
    """A chart's axes, with the value axis upwards."""

    def __init__(self, sheet: Sheet, area: Area, series: Series) -> None:
        self.sheet, self.palette, self.series = sheet, sheet.palette, series
        u = self.u = sheet.unit
        flat = series.along != "name" and min(series.values) > 0.5 * max(series.values)
        ends = series.values if flat else (0.0, *series.values)
        self.ticks = nice_ticks(min(ends), max(ends))
        widest = max(width_of(_written(tick), 1.9 * u) for tick in self.ticks)
        left = widest + 2.4 * u
        self.plot = Area(
            area.x + left, area.y + 3.6 * u, area.width - left - 2 * u, area.height - 9.4 * u
        )
        self._axes()

    def across(self, place: int) -> float:
        """Return where the value of that place stands: numbers to scale, the rest in shares."""
        labels = self.series.labels
        if self.series.along == "scale":
            first, here, last = (as_number(labels[at]) for at in (0, place, -1))
            return self.plot.at(0.04 + 0.92 * (here - first) / (last - first), 0)[0]
        return self.plot.at((place + 0.5) / len(labels), 0)[0]

    def up(self, value: float) -> float:
        """Return the height of a value."""
        low, high = self.ticks[0], self.ticks[-1]
        return self.plot.bottom - (value - low) / (high - low) * self.plot.height

    def columns(self) -> None:
        """Draw a bar for each value, with the value above it."""
        u, values = self.u, self.series.values
        width = min(self.plot.width / len(values) * 0.56, 14 * u)
        for place, value in enumerate(values):
            top, foot = sorted((self.up(value), self.up(max(0.0, self.ticks[0]))))
            bar = Area(self.across(place) - width / 2, top, width, max(foot - top, 0.3 * u))
            self.sheet.box(bar, self.palette.accent(place), radius=0.5 * u)
            self.sheet.text(
                (self.across(place), top - 0.7 * u), _written(value), 2 * u, self.palette.ink,
                anchor="ms", bold=True,
            )  # fmt: skip
        self._base_line()

    def curve(self, tone: str) -> None:
        """Draw a line through the values over a tinted ground."""
        u, values = self.u, self.series.values
        points = [(self.across(place), self.up(value)) for place, value in enumerate(values)]
        foot = [(points[-1][0], self.plot.bottom), (points[0][0], self.plot.bottom)]
        self.sheet.shape([*points, *foot], glass(tone, 0.13))
        self.sheet.line(points, tone, 0.6 * u)
        every = math.ceil(len(values) / 10)
        for place, point in enumerate(points):
            self.sheet.disc(point, 1.15 * u, tone)
            self.sheet.disc(point, 0.6 * u, "#ffffff")
            if place % every == 0 or place == len(points) - 1:
                at = (point[0], point[1] - 1.8 * u)
                text = _written(values[place])
                self.sheet.text(at, text, 1.7 * u, self.palette.ink, anchor="ms")
        self._base_line()

    def _axes(self) -> None:
        u, plot = self.u, self.plot
        grid = mixed(self.palette.ground, self.palette.ink, 0.1)
        for tick in self.ticks:
            y = self.up(tick)
            self.sheet.line([(plot.x, y), (plot.right, y)], grid, 0.14 * u)
            self.sheet.text(
                (plot.x - u, y), _written(tick), 1.9 * u, self.palette.muted, anchor="rm"
            )
        if self.series.unit:
            at = (plot.x - u, plot.y - 2.2 * u)
            self.sheet.text(at, self.series.unit, 1.9 * u, self.palette.muted, anchor="rm")
        self._labels()

    def _labels(self) -> None:
        """Write what stands along the foot, leaving out what has no room."""
        u, plot, muted = self.u, self.plot, self.palette.muted
        labels = self.series.labels
        room = plot.width / len(labels) * 0.94
        named = self.series.along == "name"
        free_from = -math.inf
        for place, text in enumerate(labels):
            x = self.across(place)
            self.sheet.line([(x, plot.bottom), (x, plot.bottom + 0.7 * u)], muted, 0.16 * u)
            label = fit(text, room if named else 99 * u, 4.4 * u, 1.9 * u, 1.2 * u)
            if named or x - label.width / 2 > free_from:
                where = Area(x - room / 2, plot.bottom + 1.1 * u, room, label.height)
                self.sheet.lines(where, label, self.palette.ink)
                free_from = x + label.width / 2 + 0.8 * u

    def _base_line(self) -> None:
        y = self.up(max(0.0, self.ticks[0]))
        ends = [(self.plot.x, y), (self.plot.right, y)]
        self.sheet.line(ends, self.palette.ink, 0.2 * self.u)


def _rows(sheet: Sheet, area: Area, series: Series) -> None:
    """Bars that lie, for many names or long ones."""
    u = sheet.unit
    ticks = nice_ticks(min(0.0, *series.values), max(0.0, *series.values))
    room = area.width * 0.26
    names = [
        fit(label, room - 2 * u, area.height / len(series.values), 2.1 * u, 1.3 * u)
        for label in series.labels
    ]
    left = max(name.width for name in names) + 2 * u
    plot = Area(area.x + left, area.y + 0.5 * u, area.width - left - 9 * u, area.height - 5.5 * u)

    def across(value: float) -> float:
        return plot.x + (value - ticks[0]) / (ticks[-1] - ticks[0]) * plot.width

    grid = mixed(sheet.palette.ground, sheet.palette.ink, 0.1)
    for tick in ticks:
        x = across(tick)
        sheet.line([(x, plot.y), (x, plot.bottom)], grid, 0.14 * u)
        sheet.text(
            (x, plot.bottom + 2.2 * u), _written(tick), 1.9 * u, sheet.palette.muted, anchor="mm"
        )
    if series.unit:
        at = (plot.right + 2.5 * u, plot.bottom + 2.2 * u)
        sheet.text(at, series.unit, 1.9 * u, sheet.palette.muted, anchor="lm")
    share = plot.height / len(series.values)
    for place, (value, name) in enumerate(zip(series.values, names, strict=True)):
        start, end = sorted((across(0.0), across(value)))
        thick = min(share * 0.62, 7 * u)
        middle = plot.y + (place + 0.5) * share
        bar = Area(start, middle - thick / 2, max(end - start, 0.4 * u), thick)
        sheet.box(bar, sheet.palette.accent(0 if len(names) > 5 else place), radius=0.5 * u)
        sheet.text(
            (end + u, middle), _written(value), 2 * u, sheet.palette.ink, anchor="lm", bold=True
        )
        where = Area(area.x, middle - share / 2, left - 1.4 * u, share)
        for number, line in enumerate(name.lines):
            y = where.centre[1] + (number - (len(name.lines) - 1) / 2) * name.leading
            sheet.text((where.right, y), line, name.size, sheet.palette.ink, anchor="rm")
    sheet.line([(across(0.0), plot.y), (across(0.0), plot.bottom)], sheet.palette.ink, 0.2 * u)


def nice_ticks(low: float, high: float) -> list[float]:
    """Return four to eight round values that enclose a range."""
    if high - low < 1e-12 * max(1.0, abs(high)):
        low, high = low - 1, high + 1
    raw = (high - low) / 5
    power = 10.0 ** math.floor(math.log10(raw))
    step = next(factor * power for factor in (1, 2, 2.5, 5, 10) if factor * power >= raw)
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    return [number * step for number in range(first, last + 1)]


def _written(value: float) -> str:
    if abs(value) >= 1e6 or (value and abs(value) < 1e-3):
        return f"{value:.3g}"
    text = f"{value:,.3f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text
