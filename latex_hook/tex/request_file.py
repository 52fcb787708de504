r"""The request file ``\jobname.pbq``: what TeX asked for; only this is ever bought.

``paperbanana.sty`` writes it, one ``name=value`` a line: with each page the figures that are on it,
when the document ends all figures that TeX met, and a last line that proves it whole. What TeX
typesets and throws away (hidden solutions, ``\phantom``, trial settings) is on no page and is not
asked for. Pictures that TeX typesets in runs of their own (TikZ externalization) have request files
of their own, which the main one names.
"""

from __future__ import annotations

import glob
import os
import re
import stat
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from latex_hook.sources.encoding import codec_of
from latex_hook.tex.keys import OURS, REQUEST, WORDS, no_such_key

VERSION = "3"
SIZE_LIMIT = 8_000_000
"""Bytes: some thousand figures have one."""
UNKNOWN_LIMIT = 3
"""Most unknown keys of one figure that are reported."""
PART_LIMIT = 10_000
"""Externalized pictures of a document."""
_END = re.compile(r"figures:([0-9]{1,9}),headings:([0-9]{1,9}),partial:([01])")
_CHANGING = re.compile(
    r"\\(?:today|thepage|jobname|currenttime|DTMnow|DTMtoday|DTMcurrenttime"
    r"|(?:the|number|romannumeral) ?\\(?:year|month|day|time|inputlineno|c@page))(?![A-Za-z@])"
)
"""What ``paperbanana.sty`` leaves as it is written: expanded, it would change from run to run."""
_ANOTHER = "the request file is of another version of paperbanana.sty; run pbfigure init again"
_NEWER = (
    "the request file is of a newer paperbanana.sty than this release knows: install the newest"
    " sphinx-paperbanana"
)
_UNREAD = f"is not read: it is a link, or larger than {SIZE_LIMIT:,} bytes"
_WIDTH = re.compile(r"([0-9]{1,9}),([0-9]{1,5}\.[0-9]{1,5})pt")
_UNICODE = frozenset(name.encode() for name in ("prompt", *WORDS))
_NO_PDF = {
    "dvi": "TeX wrote a DVI file, which holds none of these pictures: run latexmk -pdf",
    "draft": "TeX ran with -draftmode or the option draft, which show no picture: run latexmk -pdf"
    " without it",
}
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
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
    """One figure that TeX set on a page."""

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
    problems: tuple[str, ...] = ()
    """Why nothing may be bought for it."""
    width: float | None = None
    """How wide it is in print, in TeX's points."""
    part: str = ""
    """The externalized picture it stands in, if any."""

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
    problems: tuple[str, ...] = ()
    settings: Mapping[str, str] = {}
    """The project's settings that ``\\pbsetup`` makes."""
    parts: tuple[str, ...] = ()
    """The externalized pictures that TeX showed, by their files' names without an ending."""
    language: str = ""
    """The document's main language, as babel and polyglossia name it."""
    shorthands: bool = False
    """Whether a ``"`` is a command, with which babel writes German."""
    encoding: str = "utf-8"
    """The codec of the encoding that the document begins in."""
    no_pdf: str = ""
    """Why there is no picture in what TeX wrote, and what to do; empty where it wrote a PDF."""


def find_request_file(main: Path) -> Path:
    """Return the request file of a document: beside ``main``, or the only one in a folder below.

    latexmk's ``-outdir`` puts it there; a folder that has a document of that name has that one's.
    If there is none, or several, this is the name beside ``main``.
    """
    beside = main.with_suffix(".pbq")
    if beside.exists():
        return beside
    name = glob.escape(beside.name)
    below = [path for depth in ("*/", "*/*/") for path in main.parent.glob(f"{depth}{name}")]
    found = [path for path in below if not path.with_name(main.name).exists()]
    return found[0] if len(found) == 1 else beside


def read_requests(path: Path, folder: Path | None = None, data: bytes | None = None) -> Requests:
    """Read a request file; one that is not there is empty and not complete.

    ``folder`` is where TeX ran: the names of externalized pictures are relative to it. ``data`` is
    what the file held, if it was read already.
    """
    requests = _read(path) if data is None else parse_requests(data)
    asked = list(requests.asked)
    for name in dict.fromkeys(map(os.path.normpath, requests.parts)):
        for root in (folder or path.parent, path.parent):
            part = part_file(root, name, ".pbq")
            if part is not None and (found := _read(part)).complete:
                asked += (each._replace(part=name, heading=-1) for each in found.asked)
                break
    once = {(each.id, each.md5): each for each in reversed(asked)}
    order = dict.fromkeys((each.id, each.md5) for each in asked)
    return requests._replace(asked=tuple(once[key] for key in order))


def part_file(folder: Path, name: str, ending: str) -> Path | None:
    """Return a file of an externalized picture; None if it is a link or leads out of ``folder``."""
    path = folder / f"{name}{ending}"
    is_inside = Path(os.path.realpath(path)).is_relative_to(os.path.realpath(folder))
    return path if is_inside and path.is_file() and not path.is_symlink() else None


def _read(path: Path) -> Requests:
    try:
        status = path.lstat()
        if not stat.S_ISREG(status.st_mode) or status.st_size > SIZE_LIMIT:
            return Requests(problems=(f"{path} {_UNREAD}",))
        data = path.read_bytes()
    except OSError:
        return Requests()
    return parse_requests(data)


def parse_requests(data: bytes) -> Requests:
    """Read a request file as far as it goes."""
    if len(data) > SIZE_LIMIT:
        return Requests(problems=(f"the request file {_UNREAD}",))
    reader = _Reader()
    for number, (name, value) in enumerate(_lines(data)):
        if number == 0 and (name, value) != ("pbq", VERSION):
            is_newer = name == "pbq" and value.isdecimal() and int(value[:9]) > int(VERSION)
            return Requests(problems=(_NEWER if is_newer else _ANOTHER,))
        reader.take(name, value)
    return reader.requests()


def _codec(encoding: str) -> str:
    return codec_of(encoding) or "utf-8"


def _lines(data: bytes) -> Iterator[tuple[str, str]]:
    """Yield names and values; a prompt is UTF-8, all else in the document's encoding."""
    encoding = "utf-8"
    for line in data.split(b"\n"):  # a prompt may hold any other separator
        name, mark, value = line.removesuffix(b"\r").partition(b"=")
        if not mark:
            continue  # what the latexmk rule adds, to have the hook started again
        if name == b"encoding":
            encoding = _codec(value.decode("ascii", "replace"))
        codec = "utf-8" if name in _UNICODE else encoding
        text = value.decode(codec, "surrogateescape")
        text = text if text.isprintable() else _CONTROL.sub(" ", text)
        yield name.decode("ascii", "replace"), text


class _Reader:
    def __init__(self) -> None:
        self._figures: list[TexRequest] = []
        self._on_page: set[int] = set()
        """The numbers of figures, in their order in the file, from 1 on."""
        self._widths: dict[int, float] = {}
        self._headings: list[TexHeading] = []
        self._head: dict[str, str] = {}
        self._parts: list[str] = []
        self._fields: dict[str, str] = {}
        self._unknown: list[str] = []
        self._end: re.Match[str] | None = None
        self._problems: list[str] = []

    def take(self, name: str, value: str) -> None:
        """Take in a line."""
        if name in ("figure", "heading", "end"):
            self._finish()
            self._end = _END.fullmatch(value) if name == "end" else None
            self._fields, self._unknown = ({name: value} if name != "end" else {}), []
        elif self._fields:
            if name == "unknown" and len(self._unknown) < UNKNOWN_LIMIT:
                self._unknown.append(value)
            if name == "revise":  # one line for each; together they are the option's list
                value = f"{self._fields.pop(name, '')}\n- {value}".strip()
            self._fields.setdefault(name, value)
        elif name in ("shown", "missing"):
            if re.fullmatch("[0-9]{1,9}", value):
                self._on_page.add(int(value))
        elif name == "width":
            if match := _WIDTH.fullmatch(value):
                self._widths[int(match[1])] = float(match[2])
        elif name == "part":
            if len(self._parts) == PART_LIMIT:
                return
            if ".." not in value and not Path(value).is_absolute():  # it may be anyone's
                self._parts.append(value)
        elif self._end is None:
            self._head.setdefault(name, value)

    def requests(self) -> Requests:
        """Return what was read."""
        if "line" in self._fields:
            self._finish()
        head, end = self._head, self._end
        counts = (str(len(self._figures)), str(len(self._headings)))
        return Requests(
            tuple(
                figure._replace(width=self._widths.get(number))
                for number, figure in enumerate(self._figures, 1)
                if number in self._on_page
            ),
            tuple(self._headings),
            head.get("name", ""),
            complete=end is not None and end.groups()[:2] == counts,
            partial=end is not None and end[3] == "1",
            problems=tuple(self._problems),
            settings={
                name.removeprefix("set-").replace("-", "_"): value
                for name, value in head.items()
                if name.startswith("set-")
            },
            parts=tuple(self._parts),
            language=head.get("language", ""),
            shorthands="shorthands" in head,
            encoding=_codec(head.get("encoding", "")),
            no_pdf=_NO_PDF.get(head.get("output", ""), ""),
        )

    def _finish(self) -> None:
        fields = self._fields
        if not fields:
            return
        line = fields.get("line", "")
        if not re.fullmatch(r"[0-9]{1,9}", line):
            self._problems.append("a part of the request file cannot be read")
        elif "heading" in fields:
            self._heading(fields, int(line))
        elif re.fullmatch("[0-9A-F]{32}", fields["figure"]):
            self._figure(fields, int(line))
        else:
            self._problems.append("a figure of the request file cannot be read")

    def _heading(self, fields: Mapping[str, str], line: int) -> None:
        level = fields["heading"]
        command, title, file = (fields.get(name, "") for name in ("command", "title", "file"))
        if re.fullmatch(r"-?[0-9]{1,2}", level):
            self._headings.append(TexHeading(int(level), command, title, line, file))

    def _figure(self, fields: Mapping[str, str], line: int) -> None:
        values = {name: value for name, value in fields.items() if name in _VALUES}
        prompt, source = fields.get("prompt", ""), fields.get("source", "")
        if "\\" in prompt and source and not any(mark in source for mark in "\\{}~$"):
            prompt = source  # words in an 8-bit encoding, of which TeX made commands
        problems = [no_such_key(key) for key in self._unknown]
        words = " ".join((prompt, *(values.get(name, "") for name in WORDS)))
        if changing := _CHANGING.search(words):
            problems.append(
                f"its prompt has {changing[0]}, which changes by itself, so the figure would be"
                " bought anew: write what it is to show"
            )
        if any("\udc80" <= character <= "\udcff" for character in words):
            problems.append(
                "its prompt has characters that TeX cannot name in Unicode, and nothing is sent:"
                " save the file as UTF-8, or write the prompt in a prompt-file in UTF-8"
            )
        if "\\unichar" in words or "\\PrerenderUnicode" in words:
            problems.append(
                "inputenc's utf8x hides the characters of its prompt from TeX, and nothing is sent:"
                " write \\usepackage[utf8]{inputenc}, or the prompt in a prompt-file"
            )
            prompt = source or prompt
        # TeX doubles a # that it writes out
        plain = "source" not in fields
        self._figures.append(
            TexRequest(
                fields["figure"],
                values,
                prompt.replace("##", "#") if plain else prompt,
                prompt if plain else fields["source"],
                line,
                fields.get("file", ""),
                fields.get("label", ""),
                len(self._headings) - 1,
                tuple(problems),
            )
        )
