"""Colours that go together."""

from __future__ import annotations

import random
from dataclasses import dataclass

from PIL import ImageColor

Rgb = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class Palette:
    """The colours of one picture."""

    ground: str
    ink: str
    muted: str
    """For lines, ticks and small letters."""
    accents: tuple[str, ...]

    def accent(self, number: int) -> str:
        """Return an accent; they come round again."""
        return self.accents[number % len(self.accents)]


PALETTES = (
    Palette(
        "#fbfaf7", "#1f2d3d", "#8a94a0", ("#2f6f8f", "#e08e45", "#5b9279", "#b5526c", "#7a6aa8")
    ),
    Palette(
        "#f8fafb", "#14213d", "#8793a5", ("#1d6fb8", "#26a69a", "#f2a541", "#d1495b", "#5c6bc0")
    ),
    Palette(
        "#fcf9f4", "#33261d", "#a0917f", ("#b5651d", "#4f7c5a", "#2e6e8e", "#c2a33a", "#9a4f5f")
    ),
    Palette(
        "#f9f9fc", "#24213a", "#918fa8", ("#6750a4", "#00897b", "#e76f51", "#3a86c8", "#c9a227")
    ),
    Palette(
        "#f7faf7", "#1c2f25", "#86978c", ("#2d7d5a", "#d98e32", "#3b76a0", "#a85a78", "#8a9a3b")
    ),
)


def pick(dice: random.Random) -> Palette:
    """Choose a palette, its accents in an order of chance."""
    chosen = dice.choice(PALETTES)
    accents = list(chosen.accents)
    dice.shuffle(accents)
    return Palette(chosen.ground, chosen.ink, chosen.muted, tuple(accents))


def mixed(colour: str, other: str, share: float) -> Rgb:
    """Return a colour with a share of another in it."""
    one, two = ImageColor.getrgb(colour), ImageColor.getrgb(other)
    red, green, blue = (round(a + (b - a) * share) for a, b in zip(one[:3], two[:3], strict=True))
    return red, green, blue


def glass(colour: str, alpha: float) -> tuple[int, int, int, int]:
    """Return a colour that lets what is beneath show through."""
    red, green, blue = ImageColor.getrgb(colour)[:3]
    return red, green, blue, round(alpha * 255)
