"""The figures that another front end asks for: one JSON object a line, checked field by field.

docs/reference/resolve.schema.json describes a line. What is wrong with one is told with its number
and field, and concerns no other line.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, BinaryIO, NamedTuple

from pbfigure.figure.block import FigureBlock
from pbfigure.figure.figure import ID_LIMIT
from pbfigure.figure.input_limits import NAME_LIMIT, OutOfBounds, parsed_json
from pbfigure.figure.nearest_name import nearest_name
from pbfigure.figure.notice import FigureError, Place
from pbfigure.figure.surrounding_text import AutomaticText, Content, WrittenText

LINE_LIMIT = 4_000_000
"""Bytes of one line: the text around a figure may be a whole book's."""
INPUT_LIMIT = 64_000_000
"""Bytes of all lines."""
LINES_LIMIT = 10_000


class BadRequestLine(FigureError):
    """A line that is no request; ``str`` names the field and what it takes."""

    subtype = "request"


class FigureRequest(NamedTuple):
    """One line that was read."""

    number: int
    """Of the line, from 1."""
    block: FigureBlock | None
    """None if it is no request."""
    problem: str = ""

    @property
    def alt(self) -> str | None:
        """The author's alternative text; None if there is no own one."""
        return None if self.block is None else self.block.shown.get("alt")


def read_requests(stream: BinaryIO) -> Iterator[FigureRequest]:
    """Read every request; skip empty lines. A line beyond a limit is the last one."""
    size = asked = number = 0
    while line := stream.readline(LINE_LIMIT + 1):
        number += 1
        size += len(line)
        if len(line) > LINE_LIMIT or size > INPUT_LIMIT or asked == LINES_LIMIT:
            limits = f"{LINES_LIMIT:,} requests, {INPUT_LIMIT:,} bytes, {LINE_LIMIT:,} of one line"
            yield _bad(number, f"it is beyond a limit ({limits}), and nothing is read from here on")
            return
        if line.strip():
            asked += 1
            yield _request_in(line.removeprefix(b"\xef\xbb\xbf") if number == 1 else line, number)


def _request_in(line: bytes, number: int) -> FigureRequest:
    try:
        return FigureRequest(number, _block(_parsed(line)))
    except BadRequestLine as error:
        return _bad(number, str(error))


def _bad(number: int, why: str) -> FigureRequest:
    return FigureRequest(number, None, f"line {number}: {why}")


def _parsed(line: bytes) -> dict[str, Any]:
    try:
        document = parsed_json(line, LINE_LIMIT)
    except OutOfBounds as error:
        raise BadRequestLine(str(error)) from None
    except json.JSONDecodeError as error:
        raise BadRequestLine(f"it is not JSON ({error.msg}, column {error.colno})") from None
    except ValueError:
        raise BadRequestLine("it is not UTF-8") from None
    if not isinstance(document, dict):
        raise BadRequestLine("it is no object")
    for name, value in document.items():
        if name not in _FIELDS:
            hint = nearest_name(name, _FIELDS)
            raise BadRequestLine(f"{name[:80]}: there is no such field{hint}")
        if b"\\u" in line and not _is_text(value):
            raise BadRequestLine(
                f"{name}: it has half of a character (a lone surrogate such as \\ud800), or a NUL"
            )
    return document


def _is_text(value: object) -> bool:
    """Whether a value can be written to a file, sent or shown: JSON may have lone surrogates, and
    NULs, which separate the parts of names.
    """
    if isinstance(value, str):
        return not re.search("[\0\ud800-\udfff]", value)
    if isinstance(value, dict):
        return all(map(_is_text, (*value, *value.values())))
    return not isinstance(value, list) or all(map(_is_text, value))


def _block(document: dict[str, Any]) -> FigureBlock:
    values = {
        name: read(name, document[name])
        for name, read in _FIELDS.items()
        if document.get(name) is not None
    }
    if not values.get("document", "").strip():
        raise BadRequestLine("document: it is missing; it takes the name of the figure's document")
    options = values.get("options", {})
    if "id" in values:
        if "id" in options:
            raise BadRequestLine("id: it is given twice; leave it out of options")
        options["id"] = values["id"]
    name = values["document"]
    return FigureBlock(
        document=name,
        place=Place(values.get("file", name), values.get("line", 0)),
        prompt=values.get("prompt", "").strip(),
        content=_content(values),
        options=options,
        name=values.get("name") or None,
        shown={each: values[each] for each in ("caption", "alt") if each in values},
    )


def _content(values: Mapping[str, Any]) -> Content | None:
    if "body" in values:
        if "text" in values:
            raise BadRequestLine(
                "body: there is a text as well; a figure is drawn from one of them"
            )
        return WrittenText(values["body"])
    if "text" not in values:
        return None
    paragraphs = values["text"]
    position = values.get("position", 0)
    if position > len(paragraphs):
        raise BadRequestLine(
            f"position: {position}, and the text has {len(paragraphs)} paragraphs; it takes the"
            " number of those before the figure"
        )
    return AutomaticText(paragraphs, position)


def _text(limit: int | None = None) -> Callable[[str, Any], str]:
    def read(name: str, value: Any) -> str:  # noqa: ANN401
        if not isinstance(value, str):
            raise BadRequestLine(f"{name}: it takes a text")
        if limit is not None and len(value) > limit:
            raise BadRequestLine(f"{name}: {len(value):,} characters, over the limit of {limit:,}")
        return value

    return read


def _number(name: str, value: Any) -> int:  # noqa: ANN401
    if type(value) is not int or not 0 <= value < 10**9:
        raise BadRequestLine(f"{name}: it takes a whole number from 0 to 999999999")
    return value


def _paragraphs(name: str, value: Any) -> tuple[str, ...]:  # noqa: ANN401
    found = re.split(r"\n[ \t\r]*\n\s*", value.strip()) if isinstance(value, str) else value
    if not isinstance(found, list) or not all(isinstance(each, str) for each in found):
        raise BadRequestLine(f"{name}: it takes a text, or a list of paragraphs")
    return tuple(found)


def _options(name: str, value: Any) -> dict[str, str]:  # noqa: ANN401
    if not isinstance(value, dict):
        raise BadRequestLine(f"{name}: it takes an object")
    return {
        option.replace("_", "-"): _option(option.replace("_", "-"), given)
        for option, given in value.items()
        if given is not None
    }


def _option(name: str, value: Any) -> str:  # noqa: ANN401
    """Return an option's value as an author of Sphinx or LaTeX would write it."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, list) and all(type(each) in (str, int) for each in value):
        if name == "revise":
            return "\n".join(f"- {' '.join(str(each).split())}" for each in value)
        return "\n".join(map(str, value))
    raise BadRequestLine(
        f"options.{name[:80]}: it takes a text, a whole number, true or false, or a list of texts"
    )


_FIELDS: Mapping[str, Callable[[str, Any], Any]] = {
    "document": _text(NAME_LIMIT),
    "prompt": _text(),
    "options": _options,
    "text": _paragraphs,
    "position": _number,
    "body": _text(),
    "id": _text(ID_LIMIT),
    "name": _text(ID_LIMIT),
    "file": _text(NAME_LIMIT),
    "line": _number,
    "alt": _text(),
    "caption": _text(),
}
"""Each field and its reader. One that is null is not given."""
