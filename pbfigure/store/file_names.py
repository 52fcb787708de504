"""The names of picture and record files, in the figures folder and in the machine's cache."""

from __future__ import annotations

import re

from pbfigure.store.picture import EXTENSIONS, Picture

KEY_DIGITS = 12
"""Hex digits of the key in the name of a file in the figures folder."""
FIGURE_RECORD = re.compile(r"(?P<slug>[a-z0-9-]{1,100})-[0-9a-f]{12}\.json")
"""A record in the figures folder. Other files are ignored: names end up in TeX and HTML."""

DAMAGED = ".damaged"
"""What is appended to the name of a damaged picture that was set aside."""

COPY_FOR_TEX = "-shown"
"""What stands behind the stem in the name of the copy that TeX reads in place of a picture."""


def figure_stem(slug: str, key: str) -> str:
    """Return the name, without ending, of the files of a figure's picture in the figures folder."""
    return f"{slug}-{key[:KEY_DIGITS]}"


def is_stem_of(stem: str, key: str) -> bool:
    """Whether files of that name belong to a key."""
    return stem.endswith(f"-{key[:KEY_DIGITS]}")


def figure_picture(stem: str, number: int, picture: Picture) -> str:
    """Return the name of a picture in the figures folder; number 1 is the one that is shown."""
    return stem + ("" if number == 1 else f".{number}") + EXTENSIONS[picture.format]


def cached_picture(picture: Picture) -> str:
    """Return the name of a picture in the machine's cache."""
    return picture.sha256 + EXTENSIONS[picture.format]
