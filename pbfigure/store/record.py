"""The record of a bought picture: one strict JSON document for each key. See FORMAT.md."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, NamedTuple

from pbfigure.figure.limits import (
    PICTURES_LIMIT,
    PIXEL_LIMIT,
    SIZE_LIMIT,
    TASK_ID,
    OutOfBounds,
    is_cost,
    parsed_json,
)
from pbfigure.store.errors import BadRecord
from pbfigure.store.origin_marks import Mark
from pbfigure.store.picture import EXTENSIONS, SHA256, Picture

RECORD_VERSION = 1
RECORD_LIMIT = 1_048_576
"""Bytes of a record; ours: twice the longest prompt and addresses, at four bytes a character."""
_WORDS = (str, int, float, type(None))


class Record(NamedTuple):
    """One bought request and its pictures."""

    key: str
    """64 hex digits, as in the file's name."""
    request_digest: str
    """The digest of the request without its text."""
    content_digest: str | None
    content_automatic: bool
    request: dict[str, Any]
    """:meth:`pbfigure.figure.request.Request.summary`."""
    task_id: str
    cost_credits: float
    """The cost that the task reported."""
    created_at: str
    """When the task was made, as the service wrote it (ISO 8601)."""
    pictures: tuple[Picture, ...]
    """The first is shown; the others follow in the service's order."""
    draft: bool = False
    """Drawn by the sandbox."""
    adopted: bool = False
    """Adopted from the task list after a lost answer: the author should check the picture."""
    tool: str = ""
    figure: str | None = None
    """The figure's name; only in records of a project's figures folder."""

    @property
    def picture(self) -> Picture:
        """The picture that is shown."""
        return self.pictures[0]

    @property
    def model(self) -> str:
        """The model that was asked for; the type of request if it names none."""
        return str(self.request.get("model") or self.request["type"])

    @property
    def instructions(self) -> list[str]:
        """What it revises of the figure's picture, step by step."""
        listed = self.request.get("revise")
        return [str(each) for each in listed] if isinstance(listed, list) else []

    @property
    def listed_prompt(self) -> str:
        """The prompt as lists of pictures show it: on one line, each revision with its number."""
        steps = (f"({number}) {step}" for number, step in enumerate(self.instructions, 1))
        return " ".join(" ".join([self.request["prompt"], *steps]).split())

    @property
    def base(self) -> str:
        """The key of the picture that it revises; empty if it is no revision."""
        return str(self.request.get("base", ""))

    def showing(self, picture: Picture) -> Record:
        """Return the record with another of its pictures as the one that is shown."""
        others = (each for each in self.pictures if each != picture)
        return self._replace(pictures=(picture, *others))

    def for_figure(self, name: str) -> Record:
        """Return the record for one figure of a project."""
        return self._replace(figure=name)

    @property
    def size(self) -> int:
        """Bytes of its pictures."""
        return sum(picture.size for picture in self.pictures)

    def bought(self) -> dict[str, Any]:
        """What was ordered and what it cost, as programs read it."""
        names = ("key", "request", "task_id", "created_at", "cost_credits", "draft")
        return {name: getattr(self, name) for name in names}

    def named_by(self, digits: str) -> Picture | None:
        """Return the picture that a pin names: by its sha256, or the shown one by the key."""
        if self.key.startswith(digits):
            return self.picture
        return next((each for each in self.pictures if each.sha256.startswith(digits)), None)


class StoredPicture(NamedTuple):
    """An undamaged picture and its record."""

    record: Record
    path: Path
    """The file of the shown picture."""


Row = list[Any]
"""The fields of a record, as the memo of what was checked has them."""
_PICTURES = Record._fields.index("pictures")
_MARKS = {str(mark): mark for mark in Mark}


def row_of(record: Record) -> Row:
    """Return the fields of a record."""
    row: Row = [*record]
    row[_PICTURES] = [list(picture.as_json().values()) for picture in record.pictures]
    return row


def record_of(row: Any) -> Record:  # noqa: ANN401 - of a file
    """Return the record of a row. Raises TypeError, ValueError or LookupError if it is no row."""
    values = [*row]
    values[_PICTURES] = tuple(
        Picture(sha256, size, kind, width, height, _MARKS[mark])
        for sha256, size, kind, width, height, mark in row[_PICTURES]
    )
    return Record._make(values)


def write_record(record: Record) -> bytes:
    """Return the record as JSON, sorted and indented for readable diffs."""
    document: dict[str, Any] = {"version": RECORD_VERSION, **record._asdict()}
    document["pictures"] = [picture.as_json() for picture in record.pictures]
    if record.figure is None:
        del document["figure"]
    text = json.dumps(document, ensure_ascii=False, sort_keys=True, indent=1) + "\n"
    return text.encode("utf-8", "replace")


def read_record(data: bytes) -> Record:
    """Read a record from an untrusted source. Raises :exc:`BadRecord`."""
    try:
        document = parsed_json(data, RECORD_LIMIT)
        if b"\\u" in data:  # a lone surrogate could not be written to a file or page
            json.dumps(document, ensure_ascii=False).encode("utf-8")
    except OutOfBounds as error:
        raise BadRecord(str(error)) from None
    except ValueError:
        raise BadRecord("it is not JSON") from None
    if not isinstance(document, dict):
        raise BadRecord("it is not a JSON object")
    version = document.get("version")
    if type(version) is not int or version != RECORD_VERSION:
        shown = repr(version)[:40]
        raise BadRecord(f"its version is {shown}, and this release reads {RECORD_VERSION}")
    pictures = _take(document, "pictures", list)
    if not 0 < len(pictures) <= PICTURES_LIMIT:
        raise BadRecord(f"pictures: {len(pictures)} of them; it takes 1 to {PICTURES_LIMIT}")
    if not is_cost(cost := document.get("cost_credits")):
        raise BadRecord("cost_credits: not a number from 0 on")
    content_digest = document.get("content_digest")
    figure = document.get("figure")
    return Record(
        key=_hex(document, "key"),
        request_digest=_hex(document, "request_digest"),
        content_digest=None if content_digest is None else _hex(document, "content_digest"),
        content_automatic=_take(document, "content_automatic", bool),
        request=_request(document),
        task_id=_task_id(document),
        cost_credits=cost,
        created_at=_take(document, "created_at", str),
        pictures=tuple(_picture(entry) for entry in pictures),
        draft=_take(document, "draft", bool),
        adopted=_take(document, "adopted", bool),
        tool=_take(document, "tool", str),
        figure=None if figure is None else _take(document, "figure", str),
    )


def _take(document: dict[str, Any], name: str, kind: type) -> Any:  # noqa: ANN401
    value = document.get(name)
    if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
        raise BadRecord(f"{name}: missing, or not {kind.__name__}")
    return value


def _task_id(document: dict[str, Any]) -> str:
    value = _take(document, "task_id", str)
    if not TASK_ID.fullmatch(value):
        raise BadRecord("task_id: not what an id may look like")
    return str(value)


def _request(document: dict[str, Any]) -> dict[str, Any]:
    """Read the request's summary: only words and lists of words are safe to show."""
    request: dict[str, Any] = _take(document, "request", dict)
    options = _take(request, "options", dict)
    for name, value in (*request.items(), *options.items()):
        listed = value if isinstance(value, list) else [value]
        if value is not options and not all(isinstance(item, _WORDS) for item in listed):
            raise BadRecord(f"request: {name[:40]}: neither a word nor a list of words")
    for name in ("type", "scene", "prompt"):
        _take(request, name, str)
    return request


def _hex(document: dict[str, Any], name: str) -> str:
    value = _take(document, name, str)
    if not SHA256.fullmatch(value):
        raise BadRecord(f"{name}: not 64 hex digits")
    return str(value)


def _picture(entry: object) -> Picture:
    if not isinstance(entry, dict):
        raise BadRecord("pictures: not a list of objects")
    kind = _take(entry, "format", str)
    size, width, height = (_take(entry, name, int) for name in ("size", "width", "height"))
    if kind not in EXTENSIONS:
        raise BadRecord(f"pictures: format {kind[:20]!r} is not one of {', '.join(EXTENSIONS)}")
    if not 0 < size <= SIZE_LIMIT or not 0 < width * height <= PIXEL_LIMIT or width < 0:
        raise BadRecord("pictures: a size beyond the limits")
    mark = entry.get("mark", Mark.NONE)
    if mark not in tuple(Mark):
        raise BadRecord(f"pictures: mark {str(mark)[:20]!r} is not one of {', '.join(Mark)}")
    return Picture(_hex(entry, "sha256"), size, kind, width, height, Mark(mark))
