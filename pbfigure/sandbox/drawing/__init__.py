"""The sandbox's pictures: drawn, not generated, the same bytes for the same task on any machine.

A picture is made to be worth looking at in a demo and impossible to mistake for the service's: the
prompt stands in it legibly, the text's terms or numbers are its matter, a band says what it is.
"""

from __future__ import annotations

import hashlib
import io
import json
import random
from collections.abc import Mapping
from typing import Any

from PIL import Image

from pbfigure.sandbox.drawing import chart, diagram, scene
from pbfigure.sandbox.drawing.frame import above_band, draw_band, draw_sources, draw_title
from pbfigure.sandbox.drawing.palette import pick
from pbfigure.sandbox.drawing.sheet import Sheet

LONG_SIDES = {"1K": 1024, "2K": 2048, "4K": 4096}
"""Pixels; the reference gives the names only."""
_ENCODERS: dict[str, tuple[str, dict[str, Any]]] = {
    "png": ("PNG", {"compress_level": 4}),
    "jpg": ("JPEG", {"quality": 90}),
    "jpeg": ("JPEG", {"quality": 90}),
    "webp": ("WEBP", {"quality": 88, "method": 1}),
}


def draw(body: Mapping[str, Any], roll: int = 1, index: int = 0) -> bytes:
    """Return the picture of a request, encoded as it asks.

    ``roll`` tells tasks of the same request apart, ``index`` the pictures of one task.
    """
    options = body.get("options", {})
    width, height = size_of(
        options.get("aspect_ratio", "auto"), LONG_SIDES[options.get("resolution", "1K")]
    )
    picture = _drawn(body, roll, index, width, height)
    form, how = _ENCODERS[options.get("output_format", "png")]
    target = io.BytesIO()
    picture.save(target, form, **how)
    return target.getvalue()


def size_of(ratio: str, long_side: int) -> tuple[int, int]:
    """Return width and height in pixels; ``auto`` is taken as 16:9."""
    wide, high = (int(part) for part in (ratio if ratio != "auto" else "16:9").split(":"))
    if wide >= high:
        return long_side, max(1, round(long_side * high / wide))
    return max(1, round(long_side * wide / high)), long_side


def _drawn(body: Mapping[str, Any], roll: int, index: int, width: int, height: int) -> Image.Image:
    options = body.get("options", {})
    dice = random.Random(_seed(body, roll, index))  # noqa: S311 (chance that repeats itself)
    sheet = Sheet(width, height, pick(dice), dice)
    # Rolls of one request take turns with the layouts: two in a row never look alike.
    turn = _seed(body, 0, 0) + roll + index
    prompt = body.get("prompt", "")
    sources = list(options.get("image_input", ()))
    area = above_band(sheet)
    if body.get("type") == "standard":
        scene.draw_scene(sheet, area, turn, prompt, sources)
    else:
        area = draw_title(sheet, area, prompt or "Redrawn from its sources")
        if sources:
            area = draw_sources(sheet, area, sources)
        drawn = chart.draw_chart if options.get("task_name") == "plot" else diagram.draw_diagram
        drawn(sheet, area, turn, options.get("content", ""), prompt)
    draw_band(sheet, roll, index)
    return sheet.finished()


def _seed(body: Mapping[str, Any], roll: int, index: int) -> int:
    # Resolution and format are left out: the same figure, larger, is the same figure.
    matter = dict(body)
    options = dict(matter.pop("options", {}))
    for name in ("resolution", "output_format"):
        options.pop(name, None)
    text = json.dumps([matter, options, roll, index], sort_keys=True)
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big")


__all__ = ["LONG_SIDES", "draw", "size_of"]
