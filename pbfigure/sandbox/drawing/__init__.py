"""The sandbox's pictures: one card for each, with the prompt on it and the mark of a draft.

A card shows what was asked for and pretends to no more: its ornament means nothing, and differs
from one task to the next. The same task has the same card whenever it is fetched.
"""

from __future__ import annotations

import io
import math
import random
from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote, urlsplit

from PIL import Image, ImageDraw

from pbfigure.sandbox.drawing.lettering import fit
from pbfigure.sandbox.drawing.ornament import PALETTES, mixed, ornament

MARK = "SANDBOX DRAFT"
LONG_SIDES = {"1K": 1024, "2K": 2048, "4K": 4096}
"""Pixels; the reference gives the names only."""
_ENCODERS: dict[str, tuple[str, dict[str, Any]]] = {
    "png": ("PNG", {"compress_level": 4}),
    "jpg": ("JPEG", {"quality": 90}),
    "jpeg": ("JPEG", {"quality": 90}),
    "webp": ("WEBP", {"quality": 88, "method": 1}),
}


def draw(body: Mapping[str, Any], task: str, index: int = 0) -> bytes:
    """Return one picture of a task, encoded as its request asks.

    ``task`` is its id; ``index`` counts its pictures from 0.
    """
    options = body.get("options", {})
    width, height = size_of(
        options.get("aspect_ratio", "auto"), LONG_SIDES[options.get("resolution", "1K")]
    )
    # Pillow draws shapes with rough edges: all but the largest are drawn at twice their size.
    scale = 2 if max(width, height) <= LONG_SIDES["2K"] else 1
    card = _card(body, task, index, width * scale, height * scale).reduce(scale)
    form, how = _ENCODERS[options.get("output_format", "png")]
    target = io.BytesIO()
    card.save(target, form, **how)
    return target.getvalue()


def size_of(ratio: str, long_side: int) -> tuple[int, int]:
    """Return width and height in pixels; ``auto`` is taken as 16:9."""
    wide, high = (int(part) for part in (ratio if ratio != "auto" else "16:9").split(":"))
    if wide >= high:
        return long_side, max(1, round(long_side * high / wide))
    return max(1, round(long_side * wide / high)), long_side


def _card(body: Mapping[str, Any], task: str, index: int, width: int, height: int) -> Image.Image:
    dice = random.Random(f"{task}:{index}")  # noqa: S311 (chance that repeats itself)
    palette = dice.choice(PALETTES)
    card = Image.new("RGB", (width, height), palette.ground)
    pen = ImageDraw.Draw(card)
    unit = max(math.sqrt(width * height) / 100, max(width, height) / 200)
    margin = min(5.5 * unit, min(width, height) * 0.1)
    left, top, right, bottom = margin, margin, width - margin, height - margin
    # The ornament takes one end of the longer side, the text the rest.
    if width > 1.2 * height:
        depth = round(min(0.32 * width, height))
        card.paste(ornament(depth, height, palette, dice), (width - depth, 0))
        right -= depth
    else:
        depth = round(min(0.32 * height, width))
        card.paste(ornament(width, depth, palette, dice), (0, 0))
        top += depth
    room, rise = right - left, bottom - top

    # The font has one weight: bold is drawn with a thin line around.
    mark = fit(MARK, room - 2 * unit, 0, 2.2 * unit, unit)
    end = top + mark.height + 0.8 * unit
    pill = (left, top, left + mark.font.getlength(MARK) + 2 * unit, end)
    pen.rounded_rectangle(pill, (end - top) / 2, palette.ink)
    mark.write(pen, left + unit, top + 0.4 * unit, "#ffffff", mark.font.size / 50)

    facts = fit(_facts(body, task, index), room, rise * 0.25, 2.2 * unit, 1.4 * unit)
    facts.write(pen, left, bottom - facts.height, mixed(palette.ink, palette.ground, 0.4))

    top, bottom = end + 1.5 * unit, bottom - facts.height - 1.5 * unit
    prompt = body.get("prompt", "").strip() or "Redrawn from its source images"
    title = fit(prompt, room, bottom - top, 6.5 * unit, 1.6 * unit)
    stroke = title.font.size / 50 if title.font.size > 2.5 * unit else 0
    title.write(pen, left, (top + bottom - title.height) / 2, palette.ink, stroke)
    return card


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
