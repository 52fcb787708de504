r"""Where TeX's requests and headings stand in the sources.

TeX knows what a document really asked for, and the line it was at; the sources know offsets. A
request is joined to a call by its words, its line and the headings around it. If these do not
agree, the place is not surely known: then the figure has no section, and no text is sent with it.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator
from pathlib import PurePath
from typing import NamedTuple, TypeAlias

from latex_hook.sources.document import Document, SourceFile, Span
from latex_hook.sources.headings import HEADINGS, Heading
from latex_hook.sources.pbfigure_call import Call
from latex_hook.sources.scan import Scan, Use
from latex_hook.sources.tokens import squashed
from latex_hook.tex.request_file import Requests, TexHeading, TexRequest
from pbfigure.figure.notice import Place

REACH = 500
"""Characters of source, beside its own, in which a prompt is looked for before TeX's line."""
TITLE_LENGTH = 30
"""Characters of a title that are compared; TeX reports a title cut."""
_USE = re.compile(r"(?:\\csname\s*[a-zA-Z@]+\s*\\endcsname|\\[a-zA-Z@]+\*?)(?:\[[^\]]{0,200}\])?")
_AFTER_PAGE = "\\afterpage{"
_END = re.compile(r"\\end(\{(?!document\})[^{}]*\})")
Spot: TypeAlias = Call | Use
Lines: TypeAlias = list[tuple[int, int]]
"""Start and end of a line in the document, for each time that it is read there."""


def files_of(requests: Requests) -> list[str]:
    """Return the names of the files in which TeX met figures and headings."""
    headings = (heading.file for heading in requests.headings)
    return list(dict.fromkeys((*headings, *(asked.file for asked in requests.asked))))


class Located(NamedTuple):
    """The place of one figure."""

    place: Place
    """For messages: the best that is known."""
    at: int | None
    """The offset in the document's text; None if its place is not surely known."""
    problem: str = ""
    """What is wrong with its source there, so that nothing may be bought for it."""


class Outline(NamedTuple):
    """The headings of a document, of the sources and of TeX."""

    headings: list[Heading]
    """By offset."""
    tex: list[int | None]
    """The offset of each heading that TeX reported; None if it is in no known source."""


def locate(scan: Scan, requests: Requests, known: Outline | None = None) -> list[Located]:
    """Return the place of each figure that TeX asked for, in its order."""
    locator = _Locator(scan, (known or outline(scan, requests)).tex)
    return [locator.locate(asked) for asked in requests.asked]


class _Spots:
    """Some calls or uses in the order of the sources, found by where they end."""

    def __init__(self) -> None:
        self.all: list[Spot] = []
        self._ends: list[int] = []

    def add(self, spot: Spot) -> None:
        self.all.append(spot)
        self._ends.append(spot.end)

    def ending(self, low: int, high: int) -> range:
        """Return the numbers of those whose last character is in a stretch of the document."""
        return range(bisect_left(self._ends, low + 1), bisect_left(self._ends, high + 1))

    def on(self, lines: Lines, stretch: tuple[int, int]) -> Spot | None:
        """Return the first that ends on a line and is in a stretch of the document."""
        for start, end in lines:
            if inside := self.ending(max(start, stretch[0]), min(end, stretch[1])):
                return self.all[inside[0]]
        return None


class _Locator:
    def __init__(self, scan: Scan, headings: list[int | None]) -> None:
        self._document = scan.document
        self._body = scan.body
        self._headings = headings
        self._files = _Files(scan.document)
        self._by_words: dict[str, _Spots] = {}
        self._by_line = _Spots()
        spots: list[Spot] = [*scan.calls, *scan.uses]
        for spot in sorted(spots, key=lambda spot: spot.end):
            if isinstance(spot, Call) and spot.prompt is not None:
                self._by_words.setdefault(spot.words, _Spots()).add(spot)
            else:
                self._by_line.add(spot)

    def locate(self, asked: TexRequest) -> Located:
        lines = self._files.line(asked.file, asked.line)
        same = self._by_words.get(squashed(asked.source), _Spots())
        only = same.all[0] if len(same.all) == 1 else None
        if stretch := self._stretch(asked):
            known = same.on(lines, stretch) or self._by_line.on(lines, stretch)
            known = known or self._just_before(lines, stretch)
            known = known or self._in_stretch(same, stretch, lines, asked)
            if known is None and only and self._was_moved(only, asked, stretch, lines):
                known = only
            if known is not None:
                return self._located(known, surely=True)
            at = self._by_text(asked, stretch, lines) if not same.all else None
            if at is not None:
                return Located(self._document.place(at), at)
        near = same.on(lines, (0, self._document.size)) or only
        if near is not None:
            return self._located(near, surely=False)
        return Located(Place(asked.file or self._files.main, asked.line), None)

    def _just_before(self, lines: Lines, stretch: tuple[int, int]) -> Spot | None:
        """Return a use behind which TeX looked for an option, and came to another line."""
        for start, _ in lines:
            if inside := self._by_line.ending(
                max(stretch[0], start - REACH), min(start, stretch[1])
            ):
                spot = self._by_line.all[inside[-1]]
                if not self._document.masked[spot.end : start].strip():
                    return spot
        return None

    def _was_moved(
        self, only: Spot, asked: TexRequest, stretch: tuple[int, int], lines: Lines
    ) -> bool:
        """Whether TeX set the only call with these words before or behind its place.

        Before in a list, as of figures; in a file that is no source, as of endnotes; behind from a
        file of its own, in which a package such as endfloat collects them: then TeX is past all
        headings, at a line that comes before.
        """
        if only.start >= stretch[1] or not lines or self._is_deferred(only):
            return self._body[0] <= only.start < self._body[1]
        collected = all(end <= stretch[0] for _, end in lines)
        return collected and asked.heading == len(self._headings) - 1

    def _is_deferred(self, spot: Spot) -> bool:
        """Whether a call stands in what is set after its page."""
        at = self._document.masked.rfind(_AFTER_PAGE, 0, spot.start)
        return at >= 0 and (self._document.groups.end(at + len(_AFTER_PAGE) - 1) or 0) >= spot.end

    def _by_text(self, asked: TexRequest, stretch: tuple[int, int], lines: Lines) -> int | None:
        """Return where TeX was, if the prompt's words end there: a command that only TeX knows."""
        words = squashed(asked.source)
        if len(lines) != 1 or not words:
            return None
        start, end = max(lines[0][0], stretch[0]), min(lines[0][1], stretch[1])
        before = max(stretch[0], end - REACH - len(asked.source))
        found = start < end and words in squashed(self._document.source[before:end])
        return start if found else None

    def _in_stretch(
        self, same: _Spots, stretch: tuple[int, int], lines: Lines, asked: TexRequest
    ) -> Spot | None:
        """Return the only call in a stretch, or in a section the last before a line."""
        inside = same.ending(*stretch)
        if len(inside) > 1:
            if asked.part or not self._headings:
                return None  # the stretch may be several sections
            inside = same.ending(stretch[0], lines[-1][1] if lines else stretch[1])[-1:] or inside
        return same.all[inside[0]] if inside else None

    def _located(self, spot: Spot, *, surely: bool) -> Located:
        place = self._document.place(spot.start)
        return Located(place, spot.start if surely else None, spot.problem)

    def _stretch(self, asked: TexRequest) -> tuple[int, int] | None:
        """Return the stretch in which a figure stands, by the headings that TeX met around it.

        None if that cannot be told.
        """
        low, high = self._body
        if asked.part:  # an externalized picture: its run tells no headings
            return low, high
        if 0 <= asked.heading < len(self._headings):
            heading = self._headings[asked.heading]
            if heading is None:
                return None
            low = heading
            high = self._document.piece(low, self._body)[1]
        following = self._headings[asked.heading + 1 : asked.heading + 2]
        if following and following[0] is not None and following[0] > low:
            high = min(high, following[0])
        return low, high


class _Files:
    """Where the lines of the files stand in a document."""

    def __init__(self, document: Document) -> None:
        first = next(iter(document.files.values()), None)
        self.main = first.name if first else ""
        self._files: dict[str, list[SourceFile]] = {}
        for file in document.files.values():
            self._files.setdefault(_stem(file.name), []).append(file)
        self._spans: dict[str, list[Span]] = {}
        for span in sorted(document.spans, key=lambda span: span.start):
            self._spans.setdefault(span.file.name, []).append(span)

    def line(self, name: str, line: int) -> Lines:
        """Return start and end of a line in the document, for each time that it is read there.

        ``name`` is what TeX takes for the current file, which may lack its folder or ending.
        """
        files = self._files.get(_stem(name) or _stem(self.main), [])
        exact = [file for file in files if file.name == name.removeprefix("./")]
        return sorted(each for file in exact or files for each in self._line(file, line))

    def _line(self, file: SourceFile, line: int) -> Iterator[tuple[int, int]]:
        start, end = file.offset(line), file.offset(line + 1)
        spans = self._spans.get(file.name, [])
        index = bisect_left(spans, end, key=lambda span: span.start)
        while index and spans[index - 1].end > start:
            index -= 1
            span = spans[index]
            shift = span.at - span.start
            yield shift + max(start, span.start), shift + min(end, span.end)


def _stem(file: str) -> str:
    return PurePath(file).name.removesuffix(".tex")


def outline(scan: Scan, requests: Requests) -> Outline:
    """Return the headings of the sources, with those that only TeX knows.

    Where TeX reports headings, those of its commands, and of LaTeX's own, that it did not meet are
    none.
    """
    files = _Files(scan.document)
    by_title: dict[str, list[Heading]] = {}
    for heading in scan.headings:
        by_title.setdefault(squashed(heading.title)[:TITLE_LENGTH], []).append(heading)
    found: dict[int, Heading] = {}
    offsets: list[int | None] = []
    last = 0
    for reported in requests.headings:
        same = by_title.get(squashed(reported.title)[:TITLE_LENGTH], [])
        lines = files.line(reported.file, reported.line)
        known = _known(same, lines, last)
        at = known.start if known else _place_of(scan, reported, lines, last)
        offsets.append(at)
        if at is not None:
            end = known.end if known else at
            command = reported.command.strip("\\*")
            found[at] = Heading(at, reported.level, end, command, reported.title)
            last = at
    told = {heading.command for heading in found.values()}
    believed = {*HEADINGS, *told} if told and requests.complete else set()
    read = {scan.document.locate(at)[0].path for at in found} if requests.partial else set()
    for heading in scan.headings:
        left_out = requests.partial and scan.document.locate(heading.start)[0].path not in read
        if left_out or heading.command not in believed:
            found.setdefault(heading.start, heading)
    return Outline([found[at] for at in sorted(found)], offsets)


def _known(same: list[Heading], lines: Lines, last: int) -> Heading | None:
    """Return which of the headings with one title is on a line, or else the next one."""
    for start, end in sorted(lines, key=lambda line: line[0] <= last):
        index = bisect_left(same, end, key=lambda heading: heading.start) - 1
        if index >= 0 and same[index].end > start:
            return same[index]
    index = bisect_left(same, last + 1, key=lambda heading: heading.start)
    return same[index] if index < len(same) else None


def _place_of(scan: Scan, reported: TexHeading, lines: Lines, last: int) -> int | None:
    """Return where a command stands that leads to a heading."""
    title = squashed(reported.title)[:8]
    for start, end in lines:
        if end > last:
            text = scan.document.masked[start:end]
            for use in _USE.finditer(text) if title else ():
                if squashed(text[use.end() : use.end() + 100]).lstrip("[{").startswith(title):
                    return start + use.start()
            ended = _END.search(text)  # of an environment that reads its text as an argument
            return scan.document.masked.rfind(f"\\begin{ended[1]}", 0, end) if ended else start
    return None
