r"""The request file ``\jobname.pbq``: what TeX itself asked for, the truth where the scan may err.

``paperbanana.sty`` writes it when the document ends, one ``name=value`` a line, and a last line
that proves it whole. A run that crashed leaves none, or a part: what is in it is still true.
"""

from __future__ import annotations

import re
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from latex_hook.tex.keys import OURS, REQUEST

VERSION = "1"
SIZE_LIMIT = 256 * 1024 * 1024
_END = re.compile(r"figures:([0-9]+),missing:([0-9]+),partial:([01])")
_VALUES = frozenset((*REQUEST, *OURS)) - {"prompt"}


class TexHeading(NamedTuple):
    """One heading that TeX met, in its order."""

    level: int
    """As ``HEADINGS`` has it: part -1, chapter 0, section 1, …"""
    command: str
    title: str
    """Detokenized, and cut."""
    line: int
    file: str


class TexRequest(NamedTuple):
    """One figure that TeX asked for."""

    md5: str
    """Its name to TeX, as TeX computed it."""
    values: Mapping[str, str]
    """Its request's keys, as TeX read them, ``\\pbsetup`` included."""
    prompt: str
    """Purified: what is bought."""
    source: str
    """The prompt's tokens as written, detokenized, for finding the place."""
    line: int
    """Where TeX was when it had read the call: its last line, or that of a wrapper's use."""
    file: str
    """What TeX took for the current file; unreliable, empty for the main file."""
    label: str = ""
    """The ``\\label`` of its float, if any."""
    heading: int = -1
    """Index of the last heading before it; -1 before the first."""

    @property
    def id(self) -> str:
        """The ``id`` of the call, or nothing."""
        return self.values.get("id", "")


class Requests(NamedTuple):
    """A request file."""

    asked: tuple[TexRequest, ...] = ()
    headings: tuple[TexHeading, ...] = ()
    document: str = ""
    """``name=`` of the package, where several documents share a folder."""
    complete: bool = False
    partial: bool = False
    """Whether ``\\includeonly`` left a part of the document out."""
    missing: int = 0
    """How many of the figures TeX had no picture for."""
    problems: tuple[str, ...] = ()


def read_requests(path: Path) -> Requests:
    """Read a request file; one that is not there is empty and not complete."""
    try:
        status = path.lstat()
        if not stat.S_ISREG(status.st_mode) or status.st_size > SIZE_LIMIT:
            return Requests(problems=(f"{path} is no request file: a link, or too large",))
        data = path.read_bytes()
    except OSError:
        return Requests()
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        text = data.decode("latin-1")  # a document in an 8-bit encoding
    return parse_requests(text)


def parse_requests(text: str) -> Requests:
    """Read the text of a request file as far as it goes."""
    asked: list[TexRequest] = []
    document, end = "", None
    fields: dict[str, str] | None = None
    problems: list[str] = []
    for number, line in enumerate(text.split("\n"), 1):  # a prompt may hold any other separator
        name, mark, value = line.removesuffix("\r").partition("=")
        if number == 1 and (name, value) != ("pbq", VERSION):
            return Requests(
                problems=(
                    "the request file is of another version of paperbanana.sty;"
                    " run pbfigure init again",
                )
            )
        if not mark:
            continue  # what the latexmk rule adds, to have the hook started again
        if name in ("figure", "end") and fields is not None:
            _take(fields, asked, problems)
            fields = None
        if name == "figure":
            fields = {"figure": value}
        elif name == "end":
            end = _END.search(value)
        elif name == "name" and not asked and fields is None:
            document = value
        elif fields is not None:
            fields.setdefault(name, value)
    if fields is not None and "line" in fields:
        _take(fields, asked, problems)
    complete = end is not None and int(end[1]) == len(asked)
    return Requests(
        tuple(asked),
        (),
        document,
        complete,
        partial=end is not None and end[3] == "1",
        missing=int(end[2]) if end else 0,
        problems=tuple(problems),
    )


def _take(fields: dict[str, str], asked: list[TexRequest], problems: list[str]) -> None:
    line = fields.get("line", "")
    if not re.fullmatch("[0-9A-F]{32}", fields["figure"]) or not line.isdigit():
        problems.append("a figure of the request file cannot be read")
        return
    values = {name: value for name, value in fields.items() if name in _VALUES}
    asked.append(
        TexRequest(
            fields["figure"],
            values,
            fields.get("prompt", ""),
            fields.get("source", fields.get("prompt", "")),
            int(line),
            fields.get("file", ""),
        )
    )
