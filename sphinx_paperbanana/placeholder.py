"""The placeholder for a missing picture: it says which figure, why, and how to make it.

It is laid out once, as lines of text, and drawn twice: as SVG in the reader's own fonts, and as
PNG for builders that show no SVG, in whichever font of this machine has its characters.
"""

from __future__ import annotations

import hashlib
import html
import re
import unicodedata
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from pbfigure.figure.alt_text import page_text
from pbfigure.store.files import write_whole
from sphinx_paperbanana.localized_words import _

if TYPE_CHECKING:
    from collections.abc import Iterator

    from PIL.ImageFont import FreeTypeFont

SIZE = WIDTH, HEIGHT = 960, 540
"""Pixels; the PNG has twice as many, for print."""
MARGIN = 72
_INK, _SOFT, _GOLD, _LINE, _PAPER = "#35332e", "#6f6b61", "#8a6a00", "#d9b93a", "#fdfaf0"


class Line(NamedTuple):
    """One line of text, at the left margin."""

    text: str
    size: int
    """Pixels."""
    colour: str
    y: int
    bold: bool = False


class Missing(NamedTuple):
    """What is said of a figure that has no picture."""

    name: str
    place: str
    prompt: str
    state: str
    why: str


def _what_to_do(state: str) -> str:
    known = {
        "invalid": _("Correct it in the source; nothing was sent, and nothing charged."),
        "pending": _("Build again: the next build fetches it, without paying again."),
        "held": _("Raise max_credits, and build again."),
        "unknown": _("Run pbfigure settle: its order may have been charged."),
    }
    return known.get(state) or _(
        "Set PAPERBANANA_API_KEY and build in mode generate, or fetch the project's committed"
        " figures."
    )


def placeholder(folder: Path, missing: Missing, *, vector: bool) -> Path:
    """Return a placeholder's file in ``folder``, drawing it if it is not there.

    ``vector``: as SVG; otherwise as PNG.
    """
    said = Missing(*map(page_text, missing))
    lines = list(_layout(said))
    identity = hashlib.sha256("\0".join(line.text for line in lines).encode("utf-8", "replace"))
    path = folder / f"missing-figure-{identity.hexdigest()[:12]}{'.svg' if vector else '.png'}"
    if not path.exists():
        write_whole(path, _svg(said) if vector else _png(said))
    return path


def _layout(said: Missing) -> Iterator[Line]:
    """Yield the lines, from the top; what is below the prompt stands at the foot."""
    title = _("No picture yet: %s") % said.state
    yield Line(f"{title.upper()}  ·  {said.place}", 14, _GOLD, 82, bold=True)
    for text in _wrap(said.name or _("A figure"), 44, most=1):
        yield Line(text, 27, _INK, 126, bold=True)
    for number, text in enumerate(_wrap(said.prompt or _("(no prompt)"), 68, most=6)):
        yield Line(text, 20, _INK, 172 + 29 * number)
    y = 384
    for label, words in ((_("Why"), said.why), (_("What to do"), _what_to_do(said.state))):
        yield Line(label.upper(), 13, _GOLD, y, bold=True)
        for text in _wrap(words, 104, most=2):
            y += 21
            yield Line(text, 15, _SOFT, y)
        y += 32


def _wrap(text: str, columns: int, *, most: int) -> list[str]:
    """Break text into at most so many lines of so many columns; a wide character takes two."""
    lines, width = [""], 0
    for match in re.finditer(r"\s+|[^\s\u2e80-\U0003ffff]{1,40}|.", text, re.DOTALL):
        piece = " " if match[0].isspace() else match[0]
        taken = 0 if piece == " " else _columns(piece)
        # some characters take no column, and any number of them would fit
        if width + taken > columns or len(lines[-1]) > 4 * columns:
            lines.append("")
            width = 0
        if len(lines) > most:
            lines[-1] = piece
            break
        if lines[-1] or piece != " ":
            lines[-1] += piece
            width += taken or len(piece) * (piece == " ")
    if len(lines) > most:
        last = lines[most - 1].rstrip()
        while _columns(last) > columns - 2:
            last = last[:-1]
        lines[most - 1 :] = [last.rstrip() + " …"]
    return [line.rstrip() for line in lines]


def _columns(text: str) -> int:
    return sum(
        0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1
        for c in text
    )


def _svg(said: Missing) -> bytes:
    rows = "\n".join(
        f'<text x="{MARGIN}" y="{line.y}" font-size="{line.size}" fill="{line.colour}"'
        f' font-weight="{600 if line.bold else 400}">{html.escape(line.text)}</text>'
        for line in _layout(said)
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}"'
        f' width="{WIDTH}" height="{HEIGHT}" font-family="system-ui, sans-serif">\n'
        f'<rect x="8" y="8" width="{WIDTH - 16}" height="{HEIGHT - 16}" rx="16" fill="{_PAPER}"'
        f' stroke="{_LINE}" stroke-width="3" stroke-dasharray="14 10"/>\n'
        f'<path d="M{MARGIN} 350H{WIDTH - MARGIN}" stroke="{_LINE}" stroke-width="1.5"/>\n'
        f"{rows}\n</svg>\n"
    ).encode("utf-8", "replace")


def _png(said: Missing) -> bytes:
    import io

    from PIL import Image, ImageDraw

    font = _font("".join(said))
    image = Image.new("RGB", (2 * WIDTH, 2 * HEIGHT), _PAPER)
    draw = ImageDraw.Draw(image)
    box = (16, 16, 2 * WIDTH - 16, 2 * HEIGHT - 16)
    draw.rounded_rectangle(box, radius=32, outline=_LINE, width=6)
    draw.line((2 * MARGIN, 700, 2 * (WIDTH - MARGIN), 700), fill=_LINE, width=3)
    drawable = Missing(*(_drawable(font, text) for text in said))
    if drawable.prompt != said.prompt:
        note = " (“?”: characters that no font of the machine has that drew this; see the source)"
        drawable = drawable._replace(prompt=drawable.prompt[:200] + note)
    for line in _layout(drawable):
        sized = font.font_variant(size=2 * line.size)
        text = line.text
        while sized.getlength(text) > 2 * (WIDTH - 2 * MARGIN):
            text = text[:-2] + "…"
        # a regular face, drawn a little thicker, is bold enough
        stroke = 1 if line.bold else 0
        at = (2 * MARGIN, 2 * line.y)
        draw.text(at, text, fill=line.colour, font=sized, anchor="ls", stroke_width=stroke)
    data = io.BytesIO()
    image.save(data, format="PNG")
    return data.getvalue()


_FONTS = (
    "DejaVuSans.ttf",
    "NotoSansCJK-Regular.ttc",
    "NotoSans-Regular.ttf",
    "Arial Unicode.ttf",
    "msyh.ttc",
    "YuGothM.ttc",
    "malgun.ttf",
    "wqy-microhei.ttc",
    "DroidSansFallbackFull.ttf",
)
"""Faces that the common systems come with; Pillow knows where each system keeps them."""


def _font(text: str) -> FreeTypeFont:
    """Return the font that has most of a text's characters: Pillow's own where that has all."""
    from PIL import ImageFont

    best = ImageFont.load_default(size=20)
    assert isinstance(best, ImageFont.FreeTypeFont)  # noqa: S101 - Pillow's wheels have FreeType
    lacking = len(_lacks(best, text))
    for name in _FONTS if lacking else ():
        try:
            font = ImageFont.truetype(name, 20)
        except OSError:
            continue
        if len(_lacks(font, text)) < lacking:
            best, lacking = font, len(_lacks(font, text))
    return best


def _drawable(font: FreeTypeFont, text: str) -> str:
    """Return a text with a question mark for every run that the font cannot draw."""
    lacking = _lacks(font, text)
    shown = "".join("\0" if c in lacking else c for c in text)
    return re.sub("\0+", "?", shown)


def _lacks(font: FreeTypeFont, text: str) -> set[str]:
    """Return the characters of a text that a font draws as it draws what it does not have."""
    nothing = bytes(font.getmask("\U0010fffe"))
    return {c for c in set(text) if not c.isspace() and bytes(font.getmask(c)) == nothing}
