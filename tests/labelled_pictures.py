"""Pictures with words in them, as the check's tests have them drawn."""

from __future__ import annotations

import io
from collections.abc import Sequence

from PIL import Image, ImageDraw, ImageFont

Label = tuple[str, tuple[int, int]]


def picture(
    labels: Sequence[Label],
    *,
    size: tuple[int, int] | None = None,
    pixels: int = 30,
    colour: str = "#1a1a1a",
    behind: str = "#ffffff",
) -> bytes:
    """A PNG with labels at their places, each in a box of its own."""
    size = size or (1200, max(y for _, (_, y) in labels) + 120)
    image = Image.new("RGB", size, behind)
    draw = ImageDraw.Draw(image)
    font = ImageFont.truetype("DejaVuSans.ttf", pixels)
    for text, (x, y) in labels:
        left, top, right, bottom = draw.textbbox((x, y), text, font=font)
        draw.rectangle((left - 18, top - 16, right + 18, bottom + 16), outline="#888888", width=2)
        draw.text((x, y), text, fill=colour, font=font)
    file = io.BytesIO()
    image.save(file, "PNG")
    return file.getvalue()


def rows(*labels: str) -> list[Label]:
    """Labels below one another."""
    return [(label, (80, 60 + 110 * number)) for number, label in enumerate(labels)]
