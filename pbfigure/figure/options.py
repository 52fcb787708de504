"""A figure's options, declared once for both front ends: name, values, and request types."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple

from pbfigure.figure.notice import FigureError

PIPELINE, STANDARD = "pipeline", "standard"
BOTH = frozenset({PIPELINE, STANDARD})
GOOGLE_SEARCH_MODEL = "nano-banana-2"
"""The only model that takes ``google_search`` (API reference, Standard Mode)."""
PIN = re.compile(r"[0-9a-f]{8,64}")
"""Digits of a picture's sha256 or of its key, as lists and file names show them."""


class OptionError(FigureError):
    """An unknown option, or a value that it cannot have."""

    subtype = "option"


class Option(NamedTuple):
    """One option, as an author writes it."""

    name: str
    help: str
    choices: tuple[str, ...] = ()
    """Its values; empty if another rule reads it."""
    takes: str = ""
    """What it takes, in words, if it has no ``choices``."""
    types: frozenset[str] = BOTH
    """The request types that take it."""
    in_request: bool = True
    """Whether it is part of the request; other options name or pin the figure."""


OPTIONS = {
    option.name: option
    for option in (
        Option(
            "type",
            "`pipeline`: drawn in several steps from the prompt and the text around it (the"
            " default). `standard`: drawn by one model, from the prompt alone",
            (PIPELINE, STANDARD),
        ),
        Option(
            "model",
            "the model that draws; required",
            ("nano-banana-pro", GOOGLE_SEARCH_MODEL),
            types=frozenset({STANDARD}),
        ),
        Option(
            "task-name",
            "what is drawn; `diagram` is the default",
            ("diagram", "plot"),
            types=frozenset({PIPELINE}),
        ),
        Option(
            "resolution",
            "the picture's size, and its price; `1K` is the default",
            ("1K", "2K", "4K"),
        ),
        Option(
            "aspect-ratio",
            "width to height; `auto` is the default",
            takes="`auto`, or a ratio such as `16:9`",
            types=frozenset({STANDARD}),
        ),
        Option(
            "output-format",
            "the file's format; `png` is the default",
            ("png", "jpg", "jpeg", "webp"),
        ),
        Option(
            "image-input",
            "images to start from (image-to-image)",
            takes="https addresses of up to 10 images, with spaces or line ends between them",
        ),
        Option(
            "google-search",
            f"let the model search the web; `{GOOGLE_SEARCH_MODEL}` only",
            ("true", "false"),
            types=frozenset({STANDARD}),
        ),
        Option(
            "variant",
            "another picture of the same request; of a revised figure, of its last revision."
            " Several numbers: one for each version",
            takes="0 (the default), 1, 2, …",
        ),
        Option(
            "style",
            "in place of the project's `style`: it is appended to the prompt when it is sent",
            takes="a sentence, or `none`",
        ),
        Option(
            "revise",
            "what is to change: drawn from the figure's own picture. Several are a list, each"
            " drawn from the one before (docs/how-to/revising.md)",
            takes="an instruction, or a list of them",
        ),
        Option(
            "id", "the figure's name, wherever the figure is moved", takes="text", in_request=False
        ),
        Option(
            "pin",
            "the picture that is shown whatever else changes; `pbfigure pin` does the same"
            " without an edit",
            takes="8 or more first digits of a picture's sha256 or of its key, as in its file's"
            " name",
            in_request=False,
        ),
        Option(
            "check-ignore",
            "words in its picture that the figure check leaves alone (docs/how-to/checking.md)",
            takes="words",
            in_request=False,
        ),
        Option(
            "on-text-change",
            "for this figure, in place of the setting `on_text_change`",
            ("keep", "regenerate"),
            in_request=False,
        ),
    )
}
"""All options of a figure block by name: the API's and ours."""

INPUTS = {
    option.name: option
    for option in (
        Option("prompt", "the prompt, where it does not stand as the argument", takes="text"),
        Option("prompt-file", "a file with the prompt", takes="a path"),
        Option("image-input-file", "a file with the addresses of `image-input`", takes="a path"),
        Option(
            "context",
            "the text that a pipeline figure is drawn from: that of its `section` (the default),"
            " of the whole `document`, of the section at a label, of its own `body` (Sphinx), of"
            " its `chapter` or `part` (LaTeX), or `none` (docs/explanation/what-is-sent.md)",
            takes="`section`, `document`, `label:NAME`, `body`, `chapter`, `part`, `none`",
        ),
        Option("caption", "Sphinx: the caption, which numbers the figure", takes="text"),
        Option("legend", "Sphinx: text below the caption", takes="text"),
        Option(
            "translate",
            "Sphinx: whether a translated build draws a picture of its own from the translated"
            " prompt and text, or shows that of the source; else as the setting `translate` says",
            ("true", "false"),
        ),
    )
}
"""What a front end reads itself: the figure's prompt, its text, and what stands around it."""


NO_DEFAULT = ("variant", "image-input", "style", "revise")
"""Options of a request that are no part of ``defaults``; ``style`` is a setting of its own."""


def takes_text(options: Mapping[str, str]) -> bool:
    """Whether a figure with these options has a text: a standard figure has none."""
    return options.get("type", PIPELINE).strip().lower() != STANDARD


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
