r"""Where TeX's requests and headings stand in the sources.

TeX knows what a document really asked for, and the line it was at; the sources know offsets. A
request is joined to a call by its words, its line and the headings around it. If these do not
agree, the place is not surely known: then the figure has no section, and no text is sent with it.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Sequence
from pathlib import PurePath
from typing import NamedTuple

from latex_hook.sources.document import Document, Span
from latex_hook.sources.scan import Call, Heading, Scan
from latex_hook.tex.request_file import Requests, TexHeading, TexRequest
from pbfigure.figure.notice import Place

TITLE_LENGTH = 30
"""Characters of a title that are compared; TeX reports a title cut."""
_FILES_OF_TEX = frozenset((".toc", ".lof", ".lot", ".loa", ".lol", ".aux", ".bbl", ".ind", ".nav"))


class Located(NamedTuple):
    """The place of one figure."""

    place: Place
    """For messages: the best that is known."""
    at: int | None
    """The offset in the document's text; None if its place is not surely known."""


class Outline(NamedTuple):
    """The headings of a document, of the sources and of TeX."""

    headings: list[Heading]
    """By offset."""
    tex: list[int | None]
    """The offset of each heading that TeX reported; None if it is in no known source."""


def locate(scan: Scan, requests: Requests) -> list[Located]:
    """Return the place of each figure that TeX asked for, in its order."""
    locator = _Locator(scan, outline(scan, requests).tex)
    return [locator.locate(asked) for asked in requests.asked]


class _Calls:
    """Some calls in the order of the sources, found by where they end."""

    def __init__(self) -> None:
        self.all: list[Call] = []
        self._ends: list[int] = []

    def add(self, call: Call) -> None:
        self.all.append(call)
        self._ends.append(call.end)

    def ending(self, low: int, high: int) -> Sequence[Call]:
        """Return those whose last character is in a stretch of the document."""
        return self.all[bisect_left(self._ends, low + 1) : bisect_left(self._ends, high + 1)]


class _Locator:
    def __init__(self, scan: Scan, headings: list[int | None]) -> None:
        self._document = scan.document
        self._body = scan.body
        self._headings = headings
        self._lines = Lines(scan.document)
        self._by_words: dict[str, _Calls] = {}
        self._uses = _Calls()
        for call in sorted(scan.calls, key=lambda call: call.end):
            if call.through is None:
                self._by_words.setdefault(squashed(call.prompt), _Calls()).add(call)
            else:
                self._uses.add(call)

    def locate(self, asked: TexRequest) -> Located:
        lines = self._lines.of(asked.file, asked.line)
        same = self._by_words.get(squashed(asked.source), _Calls())
        stretch = self._stretch(asked)
        if stretch is not None:
            low, high = stretch
            inside = same.ending(low, high)
            on_line = [call for line in lines for call in _within(same.ending(*line), low, high)]
            before = [call for call in inside if not lines or call.end <= lines[-1][1]]
            uses = [call for line in lines for call in _within(self._uses.ending(*line), low, high)]
            for found in (on_line, before[-1:], inside[:1], uses):
                if found:
                    return Located(self._document.place(found[0].start), found[0].start)
        known = [call for line in lines for call in same.ending(*line)] or (
            same.all if len(same.all) == 1 else []
        )
        if known:
            return Located(self._document.place(known[0].start), None)
        return Located(Place(asked.file or self._lines.main, asked.line), None)

    def _stretch(self, asked: TexRequest) -> tuple[int, int] | None:
        """Return the stretch in which a figure stands, by the headings that TeX met around it."""
        low, high = self._body
        if PurePath(asked.file).suffix in _FILES_OF_TEX:  # a list of figures repeats a caption
            return low, high
        if 0 <= asked.heading < len(self._headings):
            heading = self._headings[asked.heading]
            if heading is None:
                return None
            low = max(low, heading)
        following = self._headings[asked.heading + 1 : asked.heading + 2]
        if following and following[0] is not None:
            high = following[0]
        return low, high


def _within(calls: Sequence[Call], low: int, high: int) -> list[Call]:
    return [call for call in calls if low <= call.start < high]


class Lines:
    """Where the lines of the files stand in a document."""

    def __init__(self, document: Document) -> None:
        first = next(iter(document.files.values()), None)
        self.main = first.name if first else ""
        self._spans: dict[str, list[Span]] = {}
        for span in document.spans:
            self._spans.setdefault(_stem(span.file.name), []).append(span)
        for spans in self._spans.values():
            spans.sort(key=lambda span: span.start)

    def of(self, file: str, line: int) -> list[tuple[int, int]]:
        """Return start and end of a line in the document, for each time that it is read there.

        ``file`` is what TeX takes for the current file, which may lack its folder or ending.
        """
        found = []
        spans = self._spans.get(_stem(file) or _stem(self.main), [])
        exact = [span for span in spans if span.file.name == file.removeprefix("./")]
        for span in exact or spans:
            start = max(span.file.offset(line), span.start)
            end = min(span.file.offset(line + 1), span.end)
            if start < end:
                found.append((span.at + start - span.start, span.at + end - span.start))
        return sorted(found)


def _stem(file: str) -> str:
    return PurePath(file).name.removesuffix(".tex")


def squashed(words: str) -> str:
    """Return words for comparison: TeX writes a token list out with other spaces."""
    return re.sub(r"\\par(?![a-zA-Z])|\s+", "", words).replace("##", "#")


def outline(scan: Scan, requests: Requests) -> Outline:
    """Return the headings of the sources, with those that only TeX knows.

    Where TeX reports a command's headings, those of its uses that TeX did not meet are none.
    """
    lines = Lines(scan.document)
    by_title: dict[str, list[Heading]] = {}
    for heading in scan.headings:
        by_title.setdefault(squashed(heading.title)[:TITLE_LENGTH], []).append(heading)
    found: dict[int, Heading] = {}
    offsets: list[int | None] = []
    last = 0
    for reported in requests.headings:
        same = by_title.get(squashed(reported.title)[:TITLE_LENGTH], [])
        at = _place_of(scan, reported, same, lines.of(reported.file, reported.line), last)
        offsets.append(at)
        if at is not None:
            known = next((heading for heading in same if heading.start == at), None)
            end = known.end if known else at
            command = reported.command.strip("\\*")
            found[at] = Heading(at, reported.level, end, command, reported.title)
            last = at
    believed = {h.command for h in found.values()} if _is_whole(requests) else set()
    for heading in scan.headings:
        if heading.command not in believed:
            found.setdefault(heading.start, heading)
    return Outline([found[at] for at in sorted(found)], offsets)


def _is_whole(requests: Requests) -> bool:
    return requests.complete and not requests.partial


def _place_of(
    scan: Scan,
    reported: TexHeading,
    same: list[Heading],
    lines: list[tuple[int, int]],
    last: int,
) -> int | None:
    """Return where a heading that TeX met stands; ``same`` are those with its title."""
    for start, end in lines:
        for heading in same:
            if heading.start < end and start < heading.end:
                return heading.start
    later = next((heading.start for heading in same if heading.start > last), None)
    if later is not None:
        return later
    for start, end in lines:
        if end > last:
            title = squashed(reported.title)[:8]
            text = scan.document.masked[start:end]
            for use in re.finditer(r"\\[a-zA-Z@]+\*?", text):
                if title and squashed(text[use.end() :]).lstrip("[{").startswith(title):
                    return start + use.start()
            return start
    return None
