"""The sandbox's pictures: a card with the prompt, marked as a draft.

The card shows what was requested. The pattern at its edge means nothing; it only makes two
drafts look different. A task's card is the same each time it is downloaded.
"""

from __future__ import annotations

import io
import math
import random
from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote, urlsplit

from PIL import Image, ImageDraw

from pbfigure.sandbox.text_layout import fit

MARK = "SANDBOX DRAFT"
LONG_SIDES = {"1K": 1024, "2K": 2048, "4K": 4096}
"""Pixels; the reference gives the names only."""
_ENCODERS: dict[str, tuple[str, dict[str, Any]]] = {
    "png": ("PNG", {"compress_level": 4}),
    "jpg": ("JPEG", {"quality": 90}),
    "jpeg": ("JPEG", {"quality": 90}),
    "webp": ("WEBP", {"quality": 88, "method": 1}),
}
_GROUND, _INK, _GREY = "#fbfaf7", "#1f2d3d", "#5b646e"
_COLOURS = ("#2f6f8f", "#e08e45", "#5b9279", "#b5526c", "#c9dbe2", "#f6e2cf", "#d5e3db", "#ecd2d9")


def draw(body: Mapping[str, Any], task: str, index: int = 0) -> bytes:
    """Return one picture of a task, encoded as its request says.

    ``task`` is its id; ``index`` counts its pictures from 0.
    """
    options = body.get("options", {})
    width, height = size_of(
        options.get("aspect_ratio", "auto"), LONG_SIDES[options.get("resolution", "1K")]
    )
    # Pillow does not smooth shapes: all but the largest cards are drawn at twice their size.
    scale = 2 if max(width, height) <= LONG_SIDES["2K"] else 1
    card = _card(body, task, index, width * scale, height * scale).reduce(scale)
    form, how = _ENCODERS[options.get("output_format", "png")]
    target = io.BytesIO()
    card.save(target, form, **how)
    return target.getvalue()


def size_of(ratio: str, long_side: int) -> tuple[int, int]:
    """Return width and height in pixels; ``auto`` means 16:9."""
    wide, high = (int(part) for part in (ratio if ratio != "auto" else "16:9").split(":"))
    if wide >= high:
        return long_side, max(1, round(long_side * high / wide))
    return max(1, round(long_side * wide / high)), long_side


def _card(body: Mapping[str, Any], task: str, index: int, width: int, height: int) -> Image.Image:
    card = Image.new("RGB", (width, height), _GROUND)
    pen = ImageDraw.Draw(card)
    unit = max(math.sqrt(width * height) / 100, max(width, height) / 200)
    margin = min(5.5 * unit, min(width, height) * 0.1)
    left, top, right, bottom = margin, margin, width - margin, height - margin
    chance = random.Random(f"{task}:{index}")  # noqa: S311 - must be repeatable
    if width > 1.2 * height:
        side = min(0.32 * width, height) / 3
        _pattern(pen, chance, width - 3 * side, 0, 3, math.ceil(height / side), side)
        right -= 3 * side
    else:
        side = min(0.32 * height, width) / 3
        _pattern(pen, chance, 0, 0, math.ceil(width / side), 3, side)
        top += 3 * side
    room = right - left

    mark = fit(MARK, room - 2 * unit, 0, 2.2 * unit, unit)
    mark_end = top + mark.height + 0.8 * unit
    label = (left, top, left + mark.font.getlength(MARK) + 2 * unit, mark_end)
    pen.rounded_rectangle(label, (mark_end - top) / 2, _INK)
    mark.write(pen, left + unit, top + 0.4 * unit, "#ffffff")

    facts = fit(_facts(body, task, index), room, (bottom - top) * 0.25, 2.2 * unit, 1.4 * unit)
    facts.write(pen, left, bottom - facts.height, _GREY)

    top, bottom = mark_end + 1.5 * unit, bottom - facts.height - 1.5 * unit
    prompt = body.get("prompt", "").strip() or "Redrawn from its source images"
    title = fit(prompt, room, bottom - top, 6.5 * unit, 1.6 * unit)
    title.write(pen, left, (top + bottom - title.height) / 2, _INK)
    return card


def _pattern(  # noqa: PLR0913, PLR0917 - a grid's geometry
    pen: ImageDraw.ImageDraw,
    chance: random.Random,
    x: float,
    y: float,
    columns: int,
    rows: int,
    side: float,
) -> None:
    """Draw a grid of coloured tiles with discs."""
    for column in range(columns):
        for row in range(rows):
            tile, disc = chance.sample(_COLOURS, 2)
            left, top = x + column * side, y + row * side
            pen.rectangle((left, top, left + side, top + side), tile)
            inset = side * chance.choice((0.1, 0.2, 0.3))
            pen.ellipse((left + inset, top + inset, left + side - inset, top + side - inset), disc)


def _facts(body: Mapping[str, Any], task: str, index: int) -> str:
    options = body.get("options", {})
    facts = [
        body.get("type", "standard"),
        body.get("model") or options.get("task_name", "diagram"),
        options.get("resolution", "1K"),
        options.get("aspect_ratio", "auto"),
        options.get("output_format", "png"),
    ]
    sources = [_file_name(url) for url in options.get("image_input", ())]
    if sources:
        more = f" and {len(sources) - 2} more" if len(sources) > 2 else ""
        facts.append(f"from {', '.join(sources[:2])}{more}")
    facts.append(f"task\u00a0{task[:8]}")
    if index:
        facts.append(f"picture\u00a0{index + 1}")
    return "\u00a0· ".join(facts)


def _file_name(url: str) -> str:
    parts = urlsplit(url)
    return unquote(parts.path.rstrip("/").rpartition("/")[2]) or parts.netloc
