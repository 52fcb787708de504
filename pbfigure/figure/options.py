"""A figure's own options, declared once for both front ends: name, where it applies, its values."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple

from pbfigure.figure.notice import FigureError

PIPELINE, STANDARD = "pipeline", "standard"
BOTH = frozenset({PIPELINE, STANDARD})
GOOGLE_SEARCH_MODEL = "nano-banana-2"
"""The one that takes ``google_search`` (API reference, Standard Mode)."""


class OptionError(FigureError):
    """An option's value, or the option itself, is not one that this figure can have."""

    subtype = "option"


class Option(NamedTuple):
    """One option, as an author writes it."""

    name: str
    help: str
    choices: tuple[str, ...] = ()
    types: frozenset[str] = BOTH
    """The request types that take it."""
    asks: bool = True
    """Whether it is part of the request; the others name, place or pin the figure."""


OPTIONS = {
    option.name: option
    for option in (
        Option("type", "pipeline (the default) or standard", (PIPELINE, STANDARD)),
        Option(
            "model",
            "the model of a standard figure",
            ("nano-banana-pro", GOOGLE_SEARCH_MODEL),
            frozenset({STANDARD}),
        ),
        Option(
            "task-name",
            "diagram (the default) or plot",
            ("diagram", "plot"),
            frozenset({PIPELINE}),
        ),
        Option("resolution", "1K (the default), 2K or 4K", ("1K", "2K", "4K")),
        Option(
            "aspect-ratio",
            "auto (the default) or a ratio such as 16:9",
            types=frozenset({STANDARD}),
        ),
        Option(
            "output-format", "png (the default), jpg, jpeg or webp", ("png", "jpg", "jpeg", "webp")
        ),
        Option("image-input", "https addresses of up to 10 images to start from"),
        Option(
            "google-search",
            "let nano-banana-2 search the web",
            ("true", "false"),
            frozenset({STANDARD}),
        ),
        Option("variant", "a whole number: another roll of the same request"),
        Option("id", "the figure's name, wherever it stands", asks=False),
        Option("pin", "at least 8 hex digits of the picture to show", asks=False),
        Option(
            "on-text-change",
            "keep or regenerate, for this figure",
            ("keep", "regenerate"),
            asks=False,
        ),
    )
}
"""Every option that a figure block hands on, by name (INTERFACE, "The figure's own options")."""


def nearest_name(word: str, names: Iterable[str]) -> str:
    """Return "; did you mean X?" for the name that ``word`` comes nearest to, or nothing."""
    import difflib  # only where something is wrong

    close = difflib.get_close_matches(word, list(names), 1)
    return f"; did you mean {close[0]!r}?" if close else ""


def check_choice(name: str, value: str, choices: tuple[str, ...]) -> str:
    """Return ``value`` in the spelling of ``choices``, whatever its case.

    Raises :exc:`OptionError` naming the option and its values.
    """
    for choice in choices:
        if choice.lower() == value.strip().lower():
            return choice
    raise OptionError(f"{name}: {value.strip()!r} is not one of {', '.join(choices)}")


def whole_number(name: str, value: str) -> int:
    """Return ``value`` as a whole number from 0 on."""
    if not re.fullmatch(r"\s*[0-9]{1,9}\s*", value):
        raise OptionError(f"{name}: {value.strip()!r} is not a whole number from 0 to 999999999")
    return int(value)


def words(value: str) -> tuple[str, ...]:
    """Return the space- or line-separated items of ``value``."""
    return tuple(value.split())
