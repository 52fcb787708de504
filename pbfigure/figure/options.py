"""A figure's options, declared once for both front ends: name, values, and request types."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from pbfigure.figure.notice import FigureError

PIPELINE, STANDARD = "pipeline", "standard"
BOTH = frozenset({PIPELINE, STANDARD})
GOOGLE_SEARCH_MODEL = "nano-banana-2"
"""The only model that takes ``google_search`` (API reference, Standard Mode)."""


LONGEST_WORD = 100
"""Characters of a misspelt name that is worth comparing with others."""


class OptionError(FigureError):
    """An unknown option, or a value that it cannot have."""

    subtype = "option"


class Option(NamedTuple):
    """One option, as an author writes it."""

    name: str
    choices: tuple[str, ...] = ()
    """Its values; empty if another rule reads it."""
    types: frozenset[str] = BOTH
    """The request types that take it."""
    in_request: bool = True
    """Whether it is part of the request; other options name or pin the figure."""


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
        Option("style"),
        Option("revise"),
        Option("id", in_request=False),
        Option("pin", in_request=False),
        Option("check-ignore", in_request=False),
        Option("on-text-change", ("keep", "regenerate"), in_request=False),
    )
}
"""All options of a figure block by name: the API's and ours."""


NO_DEFAULT = ("variant", "image-input", "style", "revise")
"""Options of a request that are no part of ``defaults``; ``style`` is a setting of its own."""


def takes_text(options: Mapping[str, str], defaults: Mapping[str, str] | None = None) -> bool:
    """Whether a figure with these options has a text: a standard figure has none."""
    chosen = options.get("type") or (defaults or {}).get("type", PIPELINE)
    return chosen.strip().lower() != STANDARD


def nearest_name(word: str, names: Iterable[str]) -> str:
    """Return "; did you mean X?" for the name nearest to ``word``, or an empty string."""
    if len(word) > LONGEST_WORD:
        return ""
    import difflib  # only for a message

    close = difflib.get_close_matches(word, list(names), 1)
    return f"; did you mean {close[0]!r}?" if close else ""


def check_choice(name: str, value: str, choices: tuple[str, ...]) -> str:
    """Return ``value`` in the spelling of ``choices``, ignoring case.

    Raises :exc:`OptionError` naming the option and its values.
    """
    for choice in choices:
        if choice.lower() == value.strip().lower():
            return choice
    raise OptionError(f"{name}: {value.strip()[:80]!r} is not one of {', '.join(choices)}")


def whole_number(name: str, value: str) -> int:
    """Return ``value`` as a whole number from 0 on."""
    if not re.fullmatch(r"\s*[0-9]{1,9}\s*", value):
        raise OptionError(
            f"{name}: {value.strip()[:80]!r} is not a whole number from 0 to 999999999"
        )
    return int(value)


def style_of(value: str) -> str:
    """Return a style as one line; ``none`` is an empty one."""
    style = " ".join(value.split())
    if not style:
        raise OptionError("style: it is empty; write a sentence, or none")
    return "" if style.lower() == "none" else style


def steps_of(value: str) -> tuple[str, ...]:
    """Return the revisions that a value lists: one a line, or, where the first begins with ``- ``,
    one for each line that does.
    """
    lines = [line.strip() for line in value.splitlines() if line.strip()]
    steps: list[str] = []
    if len(lines) == 1 and lines[0].startswith("- ") and " - " in lines[0]:
        raise OptionError(
            "revise: it is one line with more than one '- ', as YAML makes it of a list: write"
            " 'revise: |' above the list"
        )
    if lines and f"{lines[0]} ".startswith("- "):
        for line in lines:
            is_next = f"{line} ".startswith("- ")
            steps += [line[2:]] if is_next else [f"{steps.pop()} {line}"]
    else:
        steps = lines
        for line in lines[1:]:
            if line[0].islower():  # most likely a long line that was wrapped
                raise OptionError(
                    f"revise: every line is a revision of its own, and {line[:40]!r} reads like the"
                    " rest of the line before; begin each revision with '- ', or write it on one"
                    " line"
                )
    if not all(steps) or not steps:
        raise OptionError("revise: it is empty; write what is to change")
    return tuple(" ".join(step.split()) for step in steps)


def words(value: str) -> tuple[str, ...]:
    """Return the space- or line-separated items of ``value``."""
    return tuple(value.split())
