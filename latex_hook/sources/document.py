"""A document's sources as one text: pieces of files in reading order, each knowing its place."""

from __future__ import annotations

import bisect
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from operator import attrgetter
from pathlib import Path
from typing import NamedTuple

from latex_hook.sources.definitions import Definition, definitions_of
from latex_hook.sources.masking import Mark, Masked
from latex_hook.sources.tokens import Groups
from pbfigure.figure.notice import Place


class Diagnostic(NamedTuple):
    """Something about the sources that their author is told."""

    place: Place
    text: str
    level: str = "warning"
    """``error`` for what the figures concerned are not made for; it is told here, and only once."""


@dataclass
class SourceFile:
    """One file, read and masked."""

    name: str
    """As its author knows it: relative to the folder where TeX runs, if it is below that."""
    path: Path
    source: str
    masked: Masked
    encoding: str
    own: bool
    """Whether it is the document's own (see ``own_files``), so that its text may be sent."""
    groups: Groups = field(init=False)
    definitions: list[Definition] = field(init=False)

    def __post_init__(self) -> None:
        self.groups = Groups(self.masked.text)
        self.definitions = definitions_of(self.source, self.masked, self.groups)

    def definition_at(self, offset: int) -> Definition | None:
        """Return the definition in which ``offset`` stands."""
        index = bisect.bisect_right(self.definitions, offset, key=attrgetter("start")) - 1
        found = self.definitions[index] if index >= 0 else None
        return found if found and offset < found.end else None

    def place(self, offset: int) -> Place:
        """Return the line in which ``offset`` stands."""
        return Place(self.name, bisect.bisect_right(self._line_starts, offset) + 1)

    def offset(self, line: int) -> int:
        """Return where a line begins; the file's end if there is none such."""
        starts = self._line_starts
        return 0 if line <= 1 else (starts[line - 2] if line - 2 < len(starts) else self.size)

    @property
    def size(self) -> int:
        """Characters of the file."""
        return len(self.source)

    @cached_property
    def _line_starts(self) -> list[int]:
        """Where each line but the first begins."""
        return [match.end() for match in re.finditer("\n", self.source)]


class Span(NamedTuple):
    """A piece of one file, and where it stands in the document."""

    file: SourceFile
    start: int
    end: int
    at: int
    """The offset of ``start`` in the document."""


@dataclass
class Document:
    """A document's sources, as one text, which is read once all pieces are added."""

    spans: list[Span] = field(default_factory=list)
    files: dict[Path, SourceFile] = field(default_factory=dict)
    diagnostics: list[Diagnostic] = field(default_factory=list)
    root: Path = Path()
    """The folder below which the document's own files lie."""
    outside: dict[Path, Place] = field(default_factory=dict)
    """The files that it reads from elsewhere, and the first place that does."""
    definitions: dict[str, Definition] = field(default_factory=dict)
    """The last definition of each of the document's own commands and environments, by name."""
    pieces: list[int] = field(default_factory=list)
    """Where the text of each file begins that only TeX finds; the document itself is before."""
    sought: list[Path] = field(default_factory=list)
    """Every file that was looked for, whether it is there or not."""
    encoding: str = "utf-8"
    """The codec that it begins in, as TeX tells."""
    _starts: list[int] = field(default_factory=list)

    def add(self, file: SourceFile, start: int, end: int) -> None:
        """Add a piece of a file at the document's end."""
        if end > start:
            at = self.size
            self.spans.append(Span(file, start, end, at))
            self._starts.append(at)

    @property
    def size(self) -> int:
        """Characters of the document so far."""
        return self.spans[-1].at + self.spans[-1].end - self.spans[-1].start if self.spans else 0

    def piece(self, at: int, body: tuple[int, int]) -> tuple[int, int]:
        """Return the text around an offset: the document's body, a piece that TeX found, or what
        the preamble has TeX read at the document's begin or end.
        """
        if at < body[0]:
            span = self.spans[max(0, bisect.bisect_right(self._starts, at) - 1)]
            return span.at, span.at + span.end - span.start
        after = bisect.bisect_right(self.pieces, at)
        if not after:
            return body
        return self.pieces[after - 1], (*self.pieces, self.size)[after]

    def locate(self, at: int) -> tuple[SourceFile, int]:
        """Return the file, and the offset in it, of an offset of the document."""
        span = self.spans[max(0, bisect.bisect_right(self._starts, at) - 1)]
        return span.file, span.start + at - span.at

    def place(self, at: int) -> Place:
        """Return the file and line of an offset of the document."""
        file, offset = self.locate(at)
        return file.place(offset)

    def spans_between(self, start: int, end: int) -> Iterator[Span]:
        """Yield the pieces of files that make up a stretch of the document."""
        for span in self.spans[max(0, bisect.bisect_right(self._starts, start) - 1) :]:
            if span.at >= end:
                return
            first = max(start, span.at)
            last = min(end, span.at + span.end - span.start)
            if first < last:
                shift = span.start - span.at
                yield Span(span.file, first + shift, last + shift, first)

    @cached_property
    def source(self) -> str:
        """The document as written."""
        return "".join(span.file.source[span.start : span.end] for span in self.spans)

    @cached_property
    def masked(self) -> str:
        """The document with everything masked that does not count."""
        return "".join(span.file.masked.text[span.start : span.end] for span in self.spans)

    @cached_property
    def groups(self) -> Groups:
        """Where groups and options end in :attr:`masked`."""
        return Groups(self.masked)

    def definition_at(self, at: int) -> Definition | None:
        """Return the definition in which ``at`` stands; its offsets are those of the file."""
        file, offset = self.locate(at)
        return file.definition_at(offset)

    def marks(self) -> Iterator[tuple[int, Mark]]:
        """Yield what the scan looks for, in reading order, each with its offset in the document."""
        for span in self.spans:
            marks = span.file.masked.marks
            first = bisect.bisect_left(marks, span.start, key=lambda mark: mark.start)
            for mark in marks[first:]:
                if mark.start >= span.end:
                    break
                yield span.at + mark.start - span.start, mark
