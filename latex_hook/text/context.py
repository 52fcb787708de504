r"""The text a pipeline figure is drawn from: the section around it, or what ``pbcontext`` marks.

What is hashed is the source itself without comments, its white space normalised and the figures
taken out: no upgrade of a converter can change it, nor does the prompt of one figure move another.
It is turned into readable text only when it is sent.
"""

from __future__ import annotations

import bisect
import re
from functools import cached_property

from latex_hook.sources.document import Diagnostic, Document, SourceFile
from latex_hook.sources.encoding import first_unread
from latex_hook.sources.locate import outline
from latex_hook.sources.pbfigure_call import Call
from latex_hook.sources.scan import Scan, Use
from latex_hook.tex.request_file import Requests
from latex_hook.text.extract import Extract, Extractor, Hole, figure_mark
from latex_hook.text.preamble import Conventions, conventions
from latex_hook.text.section_text import SectionProse, SectionText
from pbfigure.figure.surrounding_text import Content, WrittenText


class UnknownContext(ValueError):
    """A ``context`` names what is not there."""


class Sections:
    """The sections of one document: where they begin and end, and their texts.

    A section ends at the next heading of its depth, of the sources or of TeX. Titles of beamer's
    frames are no headings.
    """

    def __init__(self, scan: Scan, requests: Requests) -> None:
        self._scan = scan
        self._requests = requests
        self._document = scan.document
        self.outline = outline(scan, requests)
        self._headings = self.outline.headings
        self._starts = [heading.start for heading in self._headings]
        spots: list[Call | Use] = [*scan.calls, *scan.uses]
        self._figures = sorted((spot.start, spot.end) for spot in spots)
        self._contexts = sorted(scan.contexts)
        self._abstracts = sorted(scan.abstracts)
        self._definitions = sorted(scan.definitions)
        self._sources: dict[tuple[int, int], str] = {}
        self._proses: dict[tuple[int, int], SectionProse] = {}
        self._plain: dict[tuple[int, int], str] = {}
        self._marks_joined: dict[tuple[int, int], str] = {}
        self._asked: list[int] = []
        """The offsets of the figures that were asked about, sorted."""
        self._extractor = Extractor(scan.document, lambda file: _leave_out(scan, file))

    @cached_property
    def _agreed(self) -> Conventions:
        files = self._document.files.values()
        agreed = conventions(file.masked.text for file in files if file.own)
        shorthands = self._requests.shorthands or not self._requests.complete
        return agreed._replace(titles=self._scan.titles(), shorthands=shorthands)

    def content(self, at: int | None, context: str) -> Content | None:
        """Return the text for a figure at ``at`` whose ``context`` key says so.

        None for ``none`` and where there is no text. Raises :exc:`UnknownContext`.
        """
        context = context.strip() or "section"
        if context == "none":
            return None
        if context.startswith("label:"):
            label = context.removeprefix("label:").strip()
            if label not in self._scan.labels:
                raise UnknownContext(f"context: there is no \\label{{{label[:80]}}}")
            start, end = self.enclosing(self._scan.labels[label])
        elif context == "document":
            start, end = self._scan.body
        elif context not in ("section", "subsection", "chapter", "part"):
            raise UnknownContext(
                f"context: {context[:80]!r} is not one of section, chapter, part, document, none,"
                " label:NAME"
            )
        elif at is None:
            raise UnknownContext(
                "where it stands in the sources is not surely known, so no text is sent with it:"
                " give context=label:NAME with a label of its section, or context=none"
            )
        else:
            level = {"chapter": 0, "part": -1}.get(context)
            start, end = self.enclosing(at, level)
            marked = self._marked(at, start, end) if level is None else None
            if marked is not None:
                return WrittenText(marked)
        # all figures of a section have its source in common; only the place of the figure differs
        if (start, end) not in self._sources:
            holes = [Hole(*figure) for figure in self._figures_in(start, end)]
            extract = self._extractor.take(start, end, holes)
            self._check_encoding(start, end, extract)
            self._sources[start, end] = extract.whole()
            self._proses[start, end] = self._prose(start, end)
        source = self._sources[start, end]
        if not source:
            return None
        at = start if at is None else at
        place = bisect.bisect_left(self._asked, at)
        if self._asked[place : place + 1] != [at]:
            self._asked.insert(place, at)
        return SectionText(source, self._proses[start, end], at)

    def enclosing(self, at: int, level: int | None = None) -> tuple[int, int]:
        """Return start and end of the innermost section around ``at``.

        With ``level`` of the innermost that is no deeper. Before the first heading it is the
        abstract that ``at`` stands in, or else the front matter.
        """
        first, last = self._document.piece(at, self._scan.body)
        index = bisect.bisect_right(self._starts, at) - 1
        abstract = bisect.bisect_left(self._abstracts, (at + 1,)) - 1
        if abstract >= 0:
            start, end = self._abstracts[abstract]
            if at < end and (index < 0 or self._starts[index] < start):
                return start, end
        headings = self._headings
        while index >= 0 and level is not None and headings[index].level > level:
            index = self._outer_and_next[index][0]
        if index < 0 or headings[index].start < first:
            following = bisect.bisect_left(self._starts, first)
            end = self._starts[following] if following < len(self._starts) else last
            return first, min(end, last) if at < end else last
        heading = headings[index]
        following = self._outer_and_next[index][1]
        end = self._starts[following] if following < len(headings) else last
        return heading.start, min(end, last)

    @cached_property
    def _outer_and_next(self) -> list[tuple[int, int]]:
        """For each heading, the number of the one that it stands below, -1 if there is none, and of
        the one that ends its section, or one past the last.
        """
        levels = [heading.level for heading in self._headings]
        outer, after, open_ = [-1] * len(levels), [len(levels)] * len(levels), list[int]()
        for number, level in enumerate(levels):
            while open_ and levels[open_[-1]] >= level:
                after[open_.pop()] = number
            outer[number] = open_[-1] if open_ else -1
            open_.append(number)
        return list(zip(outer, after, strict=True))

    def _figures_in(self, start: int, end: int) -> list[tuple[int, int]]:
        return _within(self._figures, start, end - 1)

    def _marked(self, at: int, start: int, end: int) -> str | None:
        """Return the text that ``pbcontext`` marks for a figure.

        That around the figure, or else all that its section has, outside deeper sections and other
        figures' marks.
        """
        before = bisect.bisect_left(self._contexts, (at + 1,)) - 1
        if before >= 0 and at < self._contexts[before][2]:
            return self._written(*self._contexts[before][1:])
        if (start, end) not in self._free_marks:
            return None
        if (start, end) not in self._marks_joined:
            marks = self._free_marks[start, end]
            self._marks_joined[start, end] = "\n\n".join(self._written(*mark) for mark in marks)
        return self._marks_joined[start, end]

    @cached_property
    def _free_marks(self) -> dict[tuple[int, int], list[tuple[int, int]]]:
        """The texts of the marks without a figure in them, by the section that they stand in."""
        free: dict[tuple[int, int], list[tuple[int, int]]] = {}
        for at, begin, close in self._contexts:
            if not self._figures_in(begin, close):
                free.setdefault(self.enclosing(at), []).append((begin, close))
        return free

    def _written(self, start: int, end: int) -> str:
        if (start, end) not in self._plain:
            prose = self._prose(start, end)
            self._check_encoding(start, end, prose.extract)
            self._plain[start, end] = "\n\n".join(prose.paragraphs)
        return self._plain[start, end]

    def _check_encoding(self, start: int, end: int, extract: Extract) -> None:
        """Raise :exc:`UnknownContext` if a stretch has bytes of unknown encoding."""
        if first_unread("".join((extract.text, *(v.source for v in extract.verbatim)))) is None:
            return
        stretches = (text[start:end] for text in (self._document.masked, self._document.source))
        unread = next(at for at in map(first_unread, stretches) if at is not None)
        raise UnknownContext(
            f"{self._document.place(start + unread)} is not in the encoding of the document"
            f" ({self._document.encoding}), so its text is not sent: save the file as UTF-8, or"
            " name its encoding, as in \\usepackage[latin1]{inputenc}"
        )

    def _prose(self, start: int, end: int) -> SectionProse:
        return SectionProse(lambda: self._visible_part(start, end), self._scan.macros)

    def _visible_part(self, start: int, end: int) -> Extract:
        """Return a stretch without its definitions, the figures asked for marked."""
        document = self._document
        first, last = (bisect.bisect_left(self._asked, at) for at in (start, end))
        asked = self._asked[first:last]
        holes = [Hole(at, at, figure_mark(at)) for at in asked]
        for begin, close in self._figures_in(start, end):
            holes.append(Hole(begin, min(_visible(document, close), end)))
        for begin, close in _within(self._definitions, start, end - 1):
            behind = _visible(document, close)
            space = _space(document, behind)
            holes.append(Hole(begin, min(behind + space, end), " " * bool(space)))
        # a heading may stand in an option, as of multicols: its brackets are no text
        if (option := _option_before(document, start)) is not None:
            behind = document.groups.end(option) or end + 1
            holes += [Hole(behind - 1, behind, "\n\n")] * (behind <= end)
        if (option := _option_before(document, end)) is not None and option >= start:
            holes.append(Hole(option, end))
        return self._extractor.take(start, end, holes)._replace(conventions=self._agreed)


def _within(spans: list[tuple[int, int]], first: int, last: int) -> list[tuple[int, int]]:
    """Return the spans, in their order, that begin from ``first`` to ``last``."""
    return spans[bisect.bisect_left(spans, (first,)) : bisect.bisect_left(spans, (last + 1,))]


def _visible(document: Document, at: int) -> int:
    """Return the end ``at`` of a command; if a brace in a comment ended it, the comment's end."""
    file, offset = document.locate(at - 1)
    hidden = file.masked.hidden
    before = bisect.bisect_left(hidden, (offset + 1,)) - 1
    return at + max(0, hidden[before][1] - offset - 1) if before >= 0 else at


def _option_before(document: Document, at: int) -> int | None:
    """Return where the option begins in which a heading at ``at`` is the first."""
    begin = document.masked.rfind("[", max(0, at - 20), at)
    is_first = begin >= 0 and not document.masked[begin + 1 : at].strip()
    return begin if is_first else None


_SPACE = re.compile(r"[ \t]*(?:\n[ \t]*(?!\s))?")


def _space(document: Document, at: int) -> int:
    """Return how much space behind a definition's end ``at`` is one space to TeX."""
    file, offset = document.locate(at - 1)
    match = _SPACE.match(file.source, offset + 1)
    return len(match[0]) if match else 0


def _leave_out(scan: Scan, file: SourceFile) -> None:
    """Tell, once, that a file's text is not sent."""
    place = scan.document.outside.pop(file.path, None)
    if place is not None:
        text = (
            f"the text of {file.name} is not sent with any figure, because the file is outside the"
            f" project ({scan.document.root}): move it there if it may be"
        )
        scan.diagnostics.append(Diagnostic(place, text))
