"""Strict reading of JSON objects that anyone may have written.

A form says what each field may be: it maps names to checks, and a check returns the value that it
takes, or raises :exc:`BadField`. Fields that a form does not name are passed over.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from pbfigure.figure.input_limits import TASK_ID, OutOfBounds, is_cost, parsed_json

Check = Callable[[Any], Any]
Form = Mapping[str, Check]


class BadField(ValueError):
    """A value that is not what a form says; ``str`` names the field, and what is wrong."""


def read_fields(document: object, form: Form, *, partial: bool = False) -> dict[str, Any]:
    """Return the fields of a JSON object. Raises :exc:`BadField`.

    ``partial``: a missing field is passed over. Otherwise it is checked as if it were ``null``.
    """
    if not isinstance(document, dict):
        raise BadField("it is not a JSON object")
    found = {}
    for name, check in form.items():
        if name in document or not partial:
            try:
                found[name] = check(document.get(name))
            except BadField as error:
                raise BadField(f"{name}: {error}") from None
    return found


UPGRADE = "install the newest sphinx-paperbanana, for a newer release wrote it"


def read_object(
    data: bytes, form: Form, *, limit: int, version: int | None = None
) -> dict[str, Any]:
    """Return the fields of an object in a text of at most ``limit`` bytes. Raises
    :exc:`BadField`.
    """
    try:
        document = parsed_json(data, limit)
        if b"\\u" in data:  # a lone surrogate could not be written to a file or page
            import json

            json.dumps(document, ensure_ascii=False).encode("utf-8")
    except OutOfBounds as error:
        raise BadField(str(error)) from None
    except ValueError:
        raise BadField("it is not JSON") from None
    if version is not None and isinstance(document, dict):
        written = document.get("version")
        if type(written) is not int or written != version:
            cure = f": {UPGRADE}" if type(written) is int and written > version else ""
            shown = repr(written)[:40]
            raise BadField(f"its version is {shown}, and this release reads {version}{cure}")
    return read_fields(document, form)


# -- checks ---------------------------------------------------------------------------------------


def text(value: object) -> str:
    """Take a text."""
    if not isinstance(value, str):
        raise BadField("missing, or no text")
    return value


def text_up_to(length: int) -> Check:
    """Take a text of at most so many characters."""
    return lambda value: text(value) if len(text(value)) <= length else _refuse("it is too long")


def flag(value: object) -> bool:
    """Take true or false."""
    if not isinstance(value, bool):
        raise BadField("missing, or neither true nor false")
    return value


def number(low: float, high: float, kind: Any = (int, float)) -> Check:  # noqa: ANN401
    """Take a number from ``low`` to ``high``; of ``kind`` ``int``, a whole one."""

    def check(value: Any) -> Any:  # noqa: ANN401
        if isinstance(value, bool) or not isinstance(value, kind) or not low <= value <= high:
            raise BadField(f"missing, or not a number from {low:,} to {high:,}")
        return value

    return check


def cost(value: object) -> float:
    """Take a plausible number of credits."""
    return value if is_cost(value) else _refuse("not a number from 0 on")


def matching(pattern: re.Pattern[str] | str, otherwise: str) -> Check:
    """Take a text of a form."""
    return lambda value: (
        value if isinstance(value, str) and re.fullmatch(pattern, value) else _refuse(otherwise)
    )


digest = matching(r"[0-9a-f]{64}", "not 64 hex digits")
task_id = matching(TASK_ID, "not what an id may look like")


def one_of(choices: Iterable[str]) -> Check:
    """Take one of several words."""
    words = tuple(choices)
    return lambda value: (
        value
        if isinstance(value, str) and value in words
        else _refuse(f"{str(value)[:20]!r} is not one of {', '.join(words)}")
    )


def optional(check: Check, otherwise: object = None) -> Check:
    """Take what ``check`` takes; for ``null``, ``otherwise``."""
    return lambda value: otherwise if value is None else check(value)


def items(check: Check, *, least: int = 0, most: int = 10_000) -> Check:
    """Take a list of what ``check`` takes, as a tuple."""

    def checked(value: object) -> tuple[Any, ...]:
        if not isinstance(value, list):
            raise BadField("missing, or no list")
        if not least <= len(value) <= most:
            raise BadField(f"{len(value)} of them; it takes {least} to {most:,}")
        return tuple(map(check, value))

    return checked


def _refuse(why: str) -> Any:  # noqa: ANN401
    raise BadField(why)
