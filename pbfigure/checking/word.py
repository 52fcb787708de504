"""The words of a picture with their boxes, and the interface of what reads them."""

from __future__ import annotations

from typing import NamedTuple, Protocol

from PIL import Image


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


class Reader(Protocol):
    """Reads the words of pictures."""

    @property
    def name(self) -> str:
        """The engine with its version and language: what a kept reading is known by."""

    def read(self, image: Image.Image) -> list[Word]:
        """Return the words of a picture in RGB, line by line."""
