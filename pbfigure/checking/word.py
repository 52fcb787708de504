"""A word of a picture, with its box."""

from __future__ import annotations

from typing import NamedTuple


class Box(NamedTuple):
    """A rectangle in a picture's pixels; right and bottom are outside."""

    left: int
    top: int
    right: int
    bottom: int


class Word(NamedTuple):
    """One word of a picture."""

    text: str
    confidence: float
    """From 0 to 1."""
    box: Box
    line: int
    """Words of one line have one number, and follow one another."""
