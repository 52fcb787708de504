r"""The text a pipeline figure is drawn from: the section around it, or what ``pbcontext`` marks.

What is hashed is the source itself without comments, its white space normalised and the figures
taken out: no upgrade of a converter can change it, nor does the prompt of one figure move another.
It is turned into readable text only when it is sent.
"""

from __future__ import annotations

import bisect
import re
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import NamedTuple

from latex_hook.sources.call import Call
from latex_hook.sources.definitions import Macro
from latex_hook.sources.document import Diagnostic, Document, SourceFile
from latex_hook.sources.encoding import first_unread
from latex_hook.sources.locate import outline
from latex_hook.sources.scan import Scan, Use
from latex_hook.tex.request_file import Requests
from latex_hook.text.extract import (
    FIGURE,
    VERBATIM_CLOSE,
    VERBATIM_OPEN,
    Extract,
    expand,
    put_back,
)
from latex_hook.text.plain_text import plain_text
from pbfigure.figure.content import AutomaticText, Content, WrittenText


class UnknownContext(ValueError):
    """A ``context`` names what is not there."""


class SectionText:
    """The text of a section: hashed as source, rendered when it is sent."""

    def __init__(
        self, source: str, prose: Callable[[], tuple[Extract, Mapping[str, Macro]]]
    ) -> None:
        self.source = source
        """The comment-stripped, white-space-normalised source."""
        self._prose = prose
        self._rendered: AutomaticText | None = None

    @property
    def automatic(self) -> bool:
        """Always: the tool took it from the document."""
        return True

    @property
    def extract(self) -> Extract:
        """What it is rendered from."""
        return self._prose()[0]

    @property
    def is_cut(self) -> bool:
        """Whether :meth:`text` leaves something out."""
        self.text()
        return self._rendered is not None and self._rendered.is_cut

    def text(self) -> str:
        """The text as a reader would read it, cut to what the service takes, nearest kept."""
        if self._rendered is None:
            from latex_hook.text.readable_text import (
                readable_paragraphs,
            )  # slow to import, rarely used

            paragraphs = readable_paragraphs(*self._prose())
            position = 0
            clean: list[str] = []
            for paragraph in paragraphs:
                if FIGURE in paragraph:
                    before, _, _ = paragraph.partition(FIGURE)
                    position = len(clean) + bool(before.strip())
                if text := paragraph.replace(FIGURE, "").strip():
                    clean.append(text)
            self._rendered = AutomaticText(tuple(clean), min(position, len(clean)))
        return self._rendered.text()


class Sections:
    """The sections of one document: where they begin and end, and their texts.

    A section ends at the next heading of its depth, of the sources or of TeX. Titles of beamer's
    frames are no headings.
    """

    def __init__(self, scan: Scan, requests: Requests) -> None:
        self._scan = scan
        self._document = scan.document
        self._headings = outline(scan, requests).headings
        self._starts = [heading.start for heading in self._headings]
        spots: list[Call | Use] = [*scan.calls, *scan.uses]
        self._figures = sorted((spot.start, spot.end) for spot in spots)
        self._free_contexts = [mark for mark in scan.contexts if not self._figures_in(*mark[1:])]
        self._sources: dict[tuple[int, int], str] = {}
        self._plain: dict[tuple[int, int], str] = {}

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
                raise UnknownContext(f"context: there is no \\label{{{label}}}")
            start, end = self.enclosing(self._scan.labels[label])
        elif context == "document":
            start, end = self._scan.body
        elif context not in ("section", "subsection", "chapter", "part"):
            raise UnknownContext(
                f"context: {context!r} is not one of section, chapter, part, document, none,"
                " label:NAME"
            )
        elif at is None:
            raise UnknownContext(
                "the section that it stands in is not known, so no text is sent with it: put a"
                " \\label in the section and give context=label:NAME, or give context=none"
            )
        else:
            level = {"chapter": 0, "part": -1}.get(context)
            start, end = self.enclosing(at, level)
            marked = self._marked(at, start, end) if level is None else None
            if marked is not None:
                return WrittenText(marked)
        # all figures of a section have its source in common; only the place of the figure differs
        if (start, end) not in self._sources:
            holes = [_Hole(*figure) for figure in self._figures_in(start, end)]
            self._sources[start, end] = self._readable(start, end, holes).whole()
        source = self._sources[start, end]
        if not source:
            return None
        return SectionText(source, partial(self._prose, start, end, at))

    def enclosing(self, at: int, level: int | None = None) -> tuple[int, int]:
        """Return start and end of the innermost section around ``at``.

        With ``level`` of the innermost that is no deeper. Before the first heading it is the
        abstract that ``at`` stands in, or else the front matter.
        """
        first, last = self._document.piece(at, self._scan.body)
        index = bisect.bisect_right(self._starts, at) - 1
        for start, end in self._scan.abstracts:
            if start <= at < end and (index < 0 or self._starts[index] < start):
                return start, end
        headings = self._headings
        while index >= 0 and level is not None and headings[index].level > level:
            index -= 1
        if index < 0 or headings[index].start < first:
            following = bisect.bisect_left(self._starts, first)
            end = self._starts[following] if following < len(self._starts) else last
            return first, min(end, last) if at < end else last
        heading = headings[index]
        later = (h.start for h in headings[index + 1 :] if h.level <= heading.level)
        return heading.start, min(next(later, last), last)

    def _figures_in(self, start: int, end: int) -> list[tuple[int, int]]:
        first = bisect.bisect_left(self._figures, (start,))
        return self._figures[first : bisect.bisect_left(self._figures, (end,))]

    def _marked(self, at: int, start: int, end: int) -> str | None:
        """Return the text that ``pbcontext`` marks for a figure.

        That around the figure, or else all that its section has, outside deeper sections and other
        figures' marks.
        """
        chosen = [mark for mark in self._scan.contexts if mark[0] <= at < mark[2]][-1:] or [
            mark
            for mark in self._free_contexts
            if start <= mark[0] < end and self.enclosing(mark[0]) == (start, end)
        ]
        if not chosen:
            return None
        return "\n\n".join(self._written(begin, close) for _, begin, close in sorted(chosen))

    def _written(self, start: int, end: int) -> str:
        if (start, end) not in self._plain:
            holes = [_Hole(*figure) for figure in self._figures_in(start, end)]
            extract = self._readable(start, end, holes)
            source = expand(extract.text, self._scan.macros)
            text = plain_text(re.sub(r"[ \t]*\n[ \t]*(?!\s)", "\n", source))
            self._plain[start, end] = put_back(text, extract.verbatim)
        return self._plain[start, end]

    def _readable(self, start: int, end: int, holes: Iterable[_Hole]) -> Extract:
        """Return a stretch of source. Raises :exc:`UnknownContext` if its encoding is unknown."""
        extract = _extract(self._scan, start, end, holes)
        if first_unread("".join((extract.text, *extract.verbatim))) is not None:
            stretches = (text[start:end] for text in (self._document.masked, self._document.source))
            unread = next(at for at in map(first_unread, stretches) if at is not None)
            raise UnknownContext(
                f"{self._document.place(start + unread)} is not in the encoding of the document"
                f" ({self._document.encoding}), so its text is not sent: save the file as UTF-8, or"
                " name its encoding, as in \\usepackage[latin1]{inputenc}"
            )
        return extract

    def _prose(self, start: int, end: int, at: int | None) -> tuple[Extract, Mapping[str, Macro]]:
        """Return a stretch without its definitions, the figure at ``at`` marked, for sending."""
        document = self._document
        holes = [_Hole(at, at, FIGURE)] if at is not None and start <= at < end else []
        for begin, close in self._figures_in(start, end):
            holes.append(_Hole(begin, min(_visible(document, close), end)))
        for begin, close in self._scan.definitions:
            if start <= begin < end:
                behind = _visible(document, close)
                space = _space(document, behind)
                holes.append(_Hole(begin, min(behind + space, end), " " * bool(space)))
        return _extract(self._scan, start, end, holes), self._scan.macros


_MARKERS = re.compile(r"\\(?:begin|end)\s*\{pbcontext\*?\}|\\pbsetup\s*\{[^{}]*\}")


class _Hole(NamedTuple):
    """A stretch of the document that is left out of an extract, and what stands there instead."""

    start: int
    end: int
    instead: str = ""


def _visible(document: Document, at: int) -> int:
    """Return the end ``at`` of a command; if a brace in a comment ended it, the comment's end."""
    file, offset = document.locate(at - 1)
    hidden = file.masked.hidden
    before = bisect.bisect_left(hidden, (offset + 1,)) - 1
    return at + max(0, hidden[before][1] - offset - 1) if before >= 0 else at


_SPACE = re.compile(r"[ \t]*(?:\n[ \t]*(?!\s))?")


def _space(document: Document, at: int) -> int:
    """Return how much space behind a definition's end ``at`` is one space to TeX."""
    file, offset = document.locate(at - 1)
    match = _SPACE.match(file.source, offset + 1)
    return len(match[0]) if match else 0


def _extract(scan: Scan, start: int, end: int, holes: Iterable[_Hole]) -> Extract:
    """Return the source from ``start`` to ``end`` without comments and what is left out."""
    pieces: list[str] = []
    verbatim: list[str] = []
    position = start
    for hole in sorted(holes):
        if hole.start >= position:
            pieces.append(_stretch(scan, position, hole.start, verbatim))
            position = hole.end
        pieces.append(hole.instead)
    pieces.append(_stretch(scan, position, end, verbatim))
    return Extract(_MARKERS.sub("", "".join(pieces)), tuple(verbatim))


def _stretch(scan: Scan, start: int, end: int, verbatim: list[str]) -> str:
    """Return source without comments, verbatim text as numbers of what is set aside."""
    pieces: list[str] = []
    for span in scan.document.spans_between(start, end):
        if not span.file.own:
            _leave_out(scan, span.file)
            continue
        source, at = span.file.source, span.start
        hidden = span.file.masked.hidden
        for begin, close, kind in hidden[bisect.bisect_left(hidden, (at,)) :]:
            if begin >= span.end:
                break
            pieces.append(source[at:begin])
            at = min(close, span.end)
            if kind == "verbatim":
                # brought into a form of its own: nothing may take the marks for a delimiter
                pieces[-1] = _VERBATIM_BEGINS.sub("", pieces[-1])
                code = "\n" in source[begin:at]
                mark = f"{VERBATIM_OPEN}{len(verbatim)}{VERBATIM_CLOSE}"
                pieces.append(f"\n\n{mark}\n\n" if code else mark)
                verbatim.append(source[begin:at])
                ends = _VERBATIM_ENDS.match(source, at, span.end)
                at = ends.end() if ends else at
            elif kind == "comment":
                at = _behind_comment(source, at, span.end)
        pieces.append(source[at : span.end])
    return "".join(pieces)


def _leave_out(scan: Scan, file: SourceFile) -> None:
    """Tell, once, that a file's text is not sent."""
    place = scan.document.outside.pop(file.path, None)
    if place is not None:
        text = (
            f"the text of {file.name} is not sent with any figure, because the file is outside the"
            f" project ({scan.document.root}): move it there if it may be"
        )
        scan.troubles.append(Diagnostic(place, text))


_VERBATIM_BEGINS = re.compile(
    r"\\(?:begin\s*\{[^{}]*\}|(?:verb|Verb|lstinline|mintinline)\*?(?:\[[^\]]*\])?(?:\{[^{}]*\})?)\Z"
)
_VERBATIM_ENDS = re.compile(r"\\end\s*\{[^{}]*\}")
_NEXT_LINE = re.compile(r"\n[ \t]*(?!\s)")


def _behind_comment(source: str, at: int, end: int) -> int:
    """Return where TeX goes on behind a comment: at the next line's text, unless it is blank."""
    match = _NEXT_LINE.match(source, at, end)
    return match.end() if match else at
