"""A figure's own options, declared once for both front ends: name, where it applies, its values."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
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
    choices: tuple[str, ...] = ()
    """What it takes; none listed: it is read by a rule of its own."""
    types: frozenset[str] = BOTH
    """The request types that take it."""
    asks: bool = True
    """Whether it is part of the request; the others name, place or pin the figure."""


OPTIONS = {
    option.name: option
    for option in (
        Option("type", (PIPELINE, STANDARD)),
        Option("model", ("nano-banana-pro", GOOGLE_SEARCH_MODEL), frozenset({STANDARD})),
        Option("task-name", ("diagram", "plot"), frozenset({PIPELINE})),
        Option("resolution", ("1K", "2K", "4K")),
        Option("aspect-ratio", types=frozenset({STANDARD})),
        Option("output-format", ("png", "jpg", "jpeg", "webp")),
        Option("image-input"),
        Option("google-search", ("true", "false"), frozenset({STANDARD})),
        Option("variant"),
        Option("id", asks=False),
        Option("pin", asks=False),
        Option("on-text-change", ("keep", "regenerate"), asks=False),
    )
}
"""Every option that a figure block hands on, by name: the API's own names, and ours."""


def takes_text(options: Mapping[str, str], defaults: Mapping[str, str] | None = None) -> bool:
    """Whether a figure with these options is drawn from a text: a standard figure is not."""
    chosen = options.get("type") or (defaults or {}).get("type", PIPELINE)
    return chosen.strip().lower() != STANDARD


def nearest_name(word: str, names: Iterable[str]) -> str:
    """Return "; did you mean X?" for the name that ``word`` comes nearest to, or nothing."""
    import difflib  # only for a message

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
