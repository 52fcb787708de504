"""What surrounds a picture's matter: title, the sources it was made from, the sandbox's band."""

from __future__ import annotations

import re
from collections.abc import Sequence
from urllib.parse import unquote, urlsplit

from pbfigure.sandbox.drawing.lettering import fit, width_of
from pbfigure.sandbox.drawing.palette import mixed
from pbfigure.sandbox.drawing.sheet import Area, Sheet

MARK = "SANDBOX DRAFT"


_BAND = 4.4
"""The band's height in units."""


def above_band(sheet: Sheet) -> Area:
    """Return the sheet without its band."""
    return Area(0, 0, sheet.width, sheet.height - _BAND * sheet.unit)


def draw_band(sheet: Sheet, roll: int, index: int) -> None:
    """Draw the band that says what this is, over whatever stands out into it."""
    u = sheet.unit
    height = _BAND * u
    band = Area(0, sheet.height - height, sheet.width, height)
    sheet.box(band, mixed(sheet.palette.ground, sheet.palette.ink, 0.05))
    size = 1.5 * u
    pill_width = width_of(MARK, size) * 1.06 + 2.4 * u
    pill = Area(band.right - pill_width - 2 * u, band.y + 0.85 * u, pill_width, height - 1.7 * u)
    sheet.box(
        pill,
        sheet.palette.ground,
        radius=1.4 * u,
        line=mixed(sheet.palette.ground, sheet.palette.ink, 0.35),
        weight=0.14 * u,
    )
    sheet.text(
        pill.centre, MARK, size, mixed(sheet.palette.ink, sheet.palette.ground, 0.2), anchor="mm"
    )
    note = f"drawn on this machine, not generated · roll {roll}"
    if index:
        note += f" · picture {index + 1}"
    room = pill.x - 6 * u
    if width_of(note, size) > room:
        note = f"roll {roll}"
    sheet.text((5 * u, band.centre[1]), note, size, sheet.palette.muted, anchor="lm")


def draw_title(sheet: Sheet, area: Area, text: str) -> Area:
    """Set the prompt as a title; return the area below it."""
    u = sheet.unit
    margin = 5 * u
    room = Area(margin, 4.4 * u, area.width - 2 * margin, min(10 * u, area.height * 0.2))
    head, rest = headline(text)
    title = fit(head, room.width, room.height, 4.1 * u, 2.4 * u)
    sheet.box(Area(margin, 2.9 * u, 6 * u, 0.6 * u), sheet.palette.accent(0), radius=0.3 * u)
    place = Area(room.x, room.y, room.width, title.height)
    sheet.lines(place, title, sheet.palette.ink, align="l", bold=True)
    bottom = place.bottom
    if rest:
        deck = fit(rest, room.width, min(8 * u, area.height * 0.14), 2.2 * u, 1.75 * u)
        below = Area(room.x, bottom + 0.5 * u, room.width, deck.height)
        sheet.lines(below, deck, mixed(sheet.palette.ink, sheet.palette.ground, 0.3), align="l")
        bottom = below.bottom
    top = bottom + 1.8 * u
    return Area(margin, top, room.width, area.bottom - top - 2.6 * u)


def headline(text: str) -> tuple[str, str]:
    """Part a long prompt into what can stand as a headline and the rest."""
    text = " ".join(text.split())
    if len(text) <= 90:
        return text, ""
    pause = re.search(r"(?<=.{16})[:.;,](?=\s)", text[:100])
    if pause:
        head, rest = text[: pause.start()], text[pause.end() :].strip()
    else:
        head, _, _ = text[:80].rpartition(" ")
        head = head or text[:80]
        rest = text[len(head) :].strip()
        head += " …"
    return head, rest


def draw_sources(sheet: Sheet, area: Area, urls: Sequence[str]) -> Area:
    """Show the source images by name at the left, leading into the rest; return that rest."""
    u = sheet.unit
    shown = list(urls[:4])
    width = min(area.width * 0.2, 24 * u)
    column = Area(area.x, area.y, width, area.height)
    gap = 1.6 * u
    height = min((column.height - gap * (len(shown) - 1)) / len(shown), 15 * u)
    top = column.centre[1] - (height * len(shown) + gap * (len(shown) - 1)) / 2
    for place, url in enumerate(shown):
        card = Area(column.x, top + place * (height + gap), width, height)
        draw_source(sheet, card, source_name(url), place)
    if len(urls) > len(shown):
        more = f"and {len(urls) - len(shown)} more"
        y = min(column.bottom, top + len(shown) * (height + gap))
        sheet.text((column.centre[0], y), more, 1.6 * u, sheet.palette.muted, anchor="mm")
    start = (column.right + 1.2 * u, column.centre[1])
    sheet.arrow([start, (start[0] + 5 * u, start[1])], sheet.palette.muted, 0.5 * u)
    left = start[0] + 7 * u
    return Area(left, area.y, area.right - left, area.height)


def draw_source(sheet: Sheet, card: Area, name: str, number: int) -> None:
    """Draw one source as a small print: hills under a sun, and the file's name beneath."""
    u = sheet.unit
    tone = sheet.palette.accent(number + 2)
    sheet.box(
        card, "#ffffff", radius=0.8 * u, line=mixed(sheet.palette.ground, sheet.palette.ink, 0.25),
        weight=0.15 * u,
    )  # fmt: skip
    strip = 3.4 * u
    view = Area(card.x + u, card.y + u, card.width - 2 * u, card.height - strip - u)
    if view.height > 2 * u:
        sheet.box(view, mixed(sheet.palette.ground, tone, 0.18))
        sheet.disc(view.at(0.75, 0.32), min(view.height * 0.16, 2 * u), mixed("#ffffff", tone, 0.6))
        low, left, right = view.bottom, view.x, view.right
        sheet.shape(
            [(left, low), view.at(0.32, 0.35), view.at(0.62, 1)], mixed("#ffffff", tone, 0.75)
        )
        sheet.shape([view.at(0.4, 1), view.at(0.72, 0.55), (right, low)], tone)
    label = fit(name, card.width - 1.6 * u, strip, 1.7 * u, 1.2 * u)
    sheet.lines(Area(card.x, card.bottom - strip, card.width, strip), label, sheet.palette.ink)


def source_name(url: str) -> str:
    """Return the file's name in an URL, or its host where there is none."""
    parts = urlsplit(url)
    return unquote(parts.path.rstrip("/").rpartition("/")[2]) or parts.netloc
