"""The sandbox's pictures: drawn, not generated, the same bytes for the same task on any machine."""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import Any

from PIL import Image, ImageDraw, ImageFont


def draw(body: Mapping[str, Any], roll: int = 1, index: int = 0) -> bytes:
    """Return the picture of a request, encoded as it asks.

    ``roll`` tells tasks of the same request apart, ``index`` the pictures of one task.
    """
    options = body.get("options", {})
    long_side = {"1K": 1024, "2K": 2048, "4K": 4096}[options.get("resolution", "1K")]
    width, height = size_of(options.get("aspect_ratio", "auto"), long_side)
    picture = Image.new("RGB", (width, height), "#f4f1ea")
    pen = ImageDraw.Draw(picture)
    font = ImageFont.load_default(width / 30)
    text = str(body.get("prompt", ""))[:60] + f"\n#{roll}.{index}\nSANDBOX DRAFT"
    pen.text((width / 20, height / 3), text, "#333333", font)
    buffer = io.BytesIO()
    form = {"jpg": "JPEG", "jpeg": "JPEG", "webp": "WEBP"}.get(options.get("output_format"), "PNG")
    picture.save(buffer, form)
    return buffer.getvalue()


def size_of(ratio: str, long_side: int) -> tuple[int, int]:
    """Return width and height in pixels; ``auto`` is taken as 16:9."""
    wide, high = (int(part) for part in (ratio if ratio != "auto" else "16:9").split(":"))
    if wide >= high:
        return long_side, max(1, round(long_side * high / wide))
    return max(1, round(long_side * wide / high)), long_side
