"""The picture that stands for one that is not there yet: which figure, why, and how to make it."""

from __future__ import annotations

import hashlib
import html
import textwrap
from pathlib import Path

from pbfigure.store.files import write_whole

WIDTH, HEIGHT = 960, 540
"""Pixels; drawn at twice that for print."""
_INK, _SOFT, _LINE, _PAPER = "#3b3a36", "#77736a", "#c9a227", "#fbf8ee"

HOW = (
    "To make it: set PAPERBANANA_API_KEY and build with mode “generate”,",
    "or fetch the project's committed figures.",
)


def placeholder(folder: Path, *, name: str, prompt: str, why: str, vector: bool) -> Path:
    """Return a placeholder's file in ``folder``, drawing it if it is not there.

    ``vector``: as SVG, in the reader's own fonts; otherwise as PNG.
    """
    identity = hashlib.sha256("\0".join((name, prompt, why)).encode("utf-8", "replace")).hexdigest()
    path = folder / f"missing-figure-{identity[:12]}{'.svg' if vector else '.png'}"
    if not path.exists():
        lines = _lines(name, prompt, why)
        write_whole(path, _svg(lines) if vector else _png(lines))
    return path


def _lines(name: str, prompt: str, why: str) -> list[tuple[str, int, str]]:
    """The lines to be set: text, size in pixels, colour."""
    title = textwrap.shorten(f"Figure “{name}” has no picture yet", 60, placeholder="…”")
    lines = [(title, 30, _INK)]
    body = textwrap.wrap(" ".join(prompt.split()), 78, max_lines=5, placeholder=" …")
    lines += [(line, 20, _INK) for line in body]
    lines += [("", 12, _INK)]
    lines += [(line, 17, _SOFT) for line in textwrap.wrap(why, 96, max_lines=4, placeholder=" …")]
    lines += [(line, 17, _SOFT) for line in HOW]
    return lines


def _positions(lines: list[tuple[str, int, str]]) -> list[tuple[str, int, str, float]]:
    total = sum(size * 1.45 for _, size, _ in lines)
    y = (HEIGHT - total) / 2
    placed = []
    for text, size, colour in lines:
        y += size * 1.45
        placed.append((text, size, colour, y))
    return placed


def _svg(lines: list[tuple[str, int, str]]) -> bytes:
    rows = "\n".join(
        f'<text x="{WIDTH // 2}" y="{y:.0f}" font-size="{size}" fill="{colour}"'
        f' text-anchor="middle">{html.escape(_printable(text))}</text>'
        for text, size, colour, y in _positions(lines)
        if text
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}"'
        f' width="{WIDTH}" height="{HEIGHT}" font-family="system-ui, sans-serif">\n'
        f'<rect x="6" y="6" width="{WIDTH - 12}" height="{HEIGHT - 12}" rx="14" fill="{_PAPER}"'
        f' stroke="{_LINE}" stroke-width="3" stroke-dasharray="14 10"/>\n{rows}\n</svg>\n'
    ).encode("utf-8", "replace")


def _printable(text: str) -> str:
    return "".join(c if c.isprintable() else " " for c in text)


def _png(lines: list[tuple[str, int, str]]) -> bytes:
    import io

    from PIL import Image, ImageDraw, ImageFont

    image = Image.new("RGB", (2 * WIDTH, 2 * HEIGHT), _PAPER)
    draw = ImageDraw.Draw(image)
    box = (12, 12, 2 * WIDTH - 12, 2 * HEIGHT - 12)
    draw.rounded_rectangle(box, radius=28, outline=_LINE, width=6)
    for text, size, colour, y in _positions(lines):
        font = ImageFont.load_default(size=2 * size)
        draw.text((WIDTH, 2 * y), _printable(text), fill=colour, font=font, anchor="ms")
    data = io.BytesIO()
    image.save(data, format="PNG", optimize=True)
    return data.getvalue()
