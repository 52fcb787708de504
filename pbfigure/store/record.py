"""The record of a bought picture: one strict JSON document for each key. See FORMAT.md."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, NamedTuple

from pbfigure.figure import json_fields as take
from pbfigure.figure.input_limits import PICTURES_LIMIT, PIXEL_LIMIT, SIZE_LIMIT
from pbfigure.figure.request_summary import RequestSummary
from pbfigure.store.errors import BadRecord
from pbfigure.store.picture import EXTENSIONS, Picture
from pbfigure.store.provenance_marks import Mark

RECORD_VERSION = 1
RECORD_LIMIT = 1_048_576
"""Bytes of a record; ours: twice the longest prompt and addresses, at four bytes a character."""


class Record(NamedTuple):
    """One bought request and its pictures."""

    key: str
    """64 hex digits, as in the file's name."""
    request_digest: str
    """The digest of the request without its text."""
    content_digest: str | None
    content_automatic: bool
    request: RequestSummary
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
    def age(self) -> tuple[str, str]:
        """What records are sorted by, the oldest first: the same order in every clone."""
        return self.created_at, self.key

    @property
    def model(self) -> str:
        """The model that was asked for; the type of request if it names none."""
        return self.request.model or self.request.type

    @property
    def listed_prompt(self) -> str:
        """The prompt as lists of pictures show it: on one line, each revision with its number."""
        steps = (f"({number}) {step}" for number, step in enumerate(self.request.revise, 1))
        return " ".join(" ".join([self.request.prompt, *steps]).split())

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
        names = ("key", "task_id", "created_at", "cost_credits", "draft")
        own = {name: getattr(self, name) for name in names}
        return {**own, "request": self.request.as_json()}

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
_REQUEST, _PICTURES = map(Record._fields.index, ("request", "pictures"))
_MARKS = {str(mark): mark for mark in Mark}


def row_of(record: Record) -> Row:
    """Return the fields of a record."""
    row: Row = [*record]
    row[_PICTURES] = [list(picture.as_json().values()) for picture in record.pictures]
    return row


def record_of(row: Any) -> Record:  # noqa: ANN401 - of a file
    """Return the record of a row. Raises TypeError, ValueError or LookupError if it is no row."""
    values = [*row]
    request = RequestSummary._make(row[_REQUEST])
    values[_REQUEST] = request._replace(revise=tuple(request.revise))
    values[_PICTURES] = tuple(
        Picture(sha256, size, kind, width, height, _MARKS[mark])
        for sha256, size, kind, width, height, mark in row[_PICTURES]
    )
    return Record._make(values)


def write_record(record: Record) -> bytes:
    """Return the record as JSON, sorted and indented for readable diffs."""
    document: dict[str, Any] = {"version": RECORD_VERSION, **record._asdict()}
    document["request"] = record.request.as_json()
    document["pictures"] = [picture.as_json() for picture in record.pictures]
    if record.figure is None:
        del document["figure"]
    text = json.dumps(document, ensure_ascii=False, sort_keys=True, indent=1) + "\n"
    return text.encode("utf-8", "replace")


def read_record(data: bytes) -> Record:
    """Read a record from an untrusted source. Raises :exc:`BadRecord`."""
    try:
        found = take.read_object(data, _RECORD, limit=RECORD_LIMIT, version=RECORD_VERSION)
    except take.BadField as error:
        raise BadRecord(str(error)) from None
    return Record(**found)


def _picture(value: object) -> Picture:
    picture = Picture(**take.read_fields(value, _PICTURE))
    if not 0 < picture.width * picture.height <= PIXEL_LIMIT:
        raise take.BadField("a size beyond the limits")
    return picture


_PICTURE: take.Form = {
    "sha256": take.digest,
    "size": take.number(1, SIZE_LIMIT, int),
    "format": take.one_of(EXTENSIONS),
    "width": take.number(1, PIXEL_LIMIT, int),
    "height": take.number(1, PIXEL_LIMIT, int),
    "mark": lambda value: Mark(take.optional(take.one_of(Mark), Mark.NONE)(value)),
}
_RECORD: take.Form = {
    "key": take.digest,
    "request_digest": take.digest,
    "content_digest": take.optional(take.digest),
    "content_automatic": take.flag,
    "request": RequestSummary.read,
    "task_id": take.task_id,
    "cost_credits": take.cost,
    "created_at": take.text,
    "pictures": take.items(_picture, least=1, most=PICTURES_LIMIT),
    "draft": take.flag,
    "adopted": take.flag,
    "tool": take.text,
    "figure": take.optional(take.text),
}
