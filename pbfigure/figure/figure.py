"""A figure: its name, its request and its key, composed from a block and the defaults."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from pbfigure.figure.block import FigureBlock
from pbfigure.figure.figure_name import name_parts, slug_of
from pbfigure.figure.key import Key, key_of
from pbfigure.figure.notice import FigureError
from pbfigure.figure.options import (
    GOOGLE_SEARCH_MODEL,
    NO_DEFAULT,
    OPTIONS,
    PIN,
    PIPELINE,
    OptionError,
    check_choice,
    steps_of,
    style_of,
    takes_text,
    whole_number,
    words,
)
from pbfigure.figure.request import InvalidRequest, Request
from pbfigure.figure.wording import counted

ID_LIMIT = 200
"""Characters of ``id`` and ``name``; ours: what reads well in a message."""


class Figure(NamedTuple):
    """A valid figure: its block, name, request and key."""

    name: str
    """Its identity in the project: the id, or the document with the name or digest."""
    slug: str
    """The name as part of a file name: ASCII, lower case, one to one with the name."""
    block: FigureBlock
    request: Request
    key: Key
    pin: str | None = None
    on_text_change: str | None = None

    @property
    def base(self) -> Figure | None:
        """The figure without its last revision; None if it has none."""
        revises = self.request.revises
        return None if revises is None else self._replace(request=revises, key=key_of(revises))


class InvalidFigure(FigureError):
    """A block that is not a valid figure; ``problems`` has a sentence for each problem."""

    subtype = "option"

    def __init__(self, problems: tuple[str, ...]) -> None:
        super().__init__("; ".join(problems))
        self.problems = problems


def compose(block: FigureBlock, defaults: Mapping[str, str] = {}) -> Figure:
    """Return the figure of ``block``, with the ``defaults`` that apply to it.

    Raises :exc:`InvalidFigure` with all problems.
    """
    problems = list(block.problems)
    options = with_defaults(block.options, defaults)
    values: dict[str, object] = {}
    for name, value in options.items():
        try:
            values[name] = _read(name, value)
        except OptionError as error:
            problems.append(str(error))
    request = None
    if not problems:
        try:
            request = _request(block, values, has_text=takes_text(options))
        except InvalidRequest as error:
            problems += error.problems
    if request is None:
        raise InvalidFigure(tuple(problems))
    key = key_of(request)
    parts = name_parts(block, values, request, key)
    return Figure(
        name=":".join(parts),
        slug=slug_of(parts),
        block=block,
        request=request,
        key=key,
        pin=_text(values, "pin"),
        on_text_change=_text(values, "on-text-change"),
    )


def with_defaults(options: Mapping[str, str], defaults: Mapping[str, str]) -> dict[str, str]:
    """Return a figure's options, and of the ``defaults`` those that apply to it."""
    more = {name: value for name, value in defaults.items() if _applies(name, options, defaults)}
    return {**more, **options}


def check_defaults(defaults: Mapping[str, str]) -> None:
    """Raise :exc:`OptionError` unless ``defaults`` are request options with valid values."""
    allowed = [n for n, o in OPTIONS.items() if o.in_request and n not in NO_DEFAULT]
    for name, value in defaults.items():
        if name not in allowed:
            from pbfigure.figure.nearest_name import nearest_name

            raise OptionError(
                f"{name!r} is not an option that can have a default"
                f"{nearest_name(name, allowed)}; those are {', '.join(allowed)}"
            )
        _read(name, value)


def _applies(name: str, options: Mapping[str, str], defaults: Mapping[str, str]) -> bool:
    """Whether a default applies to a figure's type and model."""

    def chosen(name: str, otherwise: str = "") -> str:
        return (options.get(name) or defaults.get(name) or otherwise).strip().lower()

    if name == "google-search" and chosen("model") != GOOGLE_SEARCH_MODEL:
        return False
    return chosen("type", PIPELINE) in OPTIONS[name].types


def _read(name: str, value: str) -> object:
    option = OPTIONS.get(name)
    if option is None:
        from pbfigure.figure.nearest_name import nearest_name

        raise OptionError(f"{name!r} is not an option of a figure{nearest_name(name, OPTIONS)}")
    if name == "google-search":
        return check_choice(name, value or "true", option.choices) == "true"
    if name in _READERS:
        return _READERS[name](value)
    if name == "id" and not 0 < len(value.strip()) <= ID_LIMIT:
        raise OptionError(f"id: {len(value.strip())} characters; it takes 1 to {ID_LIMIT}")
    if name == "pin" and not PIN.fullmatch(value.strip().lower()):
        raise OptionError(
            f"pin: {value.strip()[:80]!r} is not 8 to 64 hex digits of a picture's sha256 or key"
        )
    if option.choices:
        return check_choice(name, value, option.choices)
    return value.strip().lower() if name in ("pin", "aspect-ratio") else value.strip()


_READERS: Mapping[str, Callable[[str], object]] = {
    "variant": lambda value: [whole_number("variant", each) for each in words(value) or [value]],
    "image-input": words,
    "style": style_of,
    "revise": steps_of,
}


def _text(values: Mapping[str, object], name: str) -> str | None:
    value = values.get(name)
    return None if value is None else str(value)


def _request(block: FigureBlock, values: Mapping[str, Any], *, has_text: bool) -> Request:
    fields = {
        name.replace("-", "_"): value for name, value in values.items() if OPTIONS[name].in_request
    }
    content = block.content
    if not has_text and content is not None and content.automatic:
        content = None  # text in the block stays, to be reported as an error
    steps = fields.pop("revise", ())
    first, *others = _variants(fields.pop("variant", [0]), len(steps))
    request = Request(prompt=block.prompt, content=content, variant=first, **fields)
    for step, variant in zip(steps, others, strict=True):
        request = request.revised(step, variant)
    return request


def _variants(numbers: list[int], steps: int) -> list[int]:
    """Return the variant of each version. One number is that of the last one."""
    if len(numbers) == 1:
        return [*[0] * steps, *numbers]
    if len(numbers) != steps + 1:
        versions = f"the picture and {counted(steps, 'revision')} of it" if steps else "one picture"
        raise InvalidRequest(
            [
                f"variant: {len(numbers)} numbers for {versions}; write one for the last, or one"
                " for each, in their order"
            ]
        )
    return numbers
