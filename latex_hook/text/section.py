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

from latex_hook.sources.definitions import Meaning
from latex_hook.sources.document import Diagnostic, Document, SourceFile
from latex_hook.sources.scan import Scan
from latex_hook.text.extract import (
    FIGURE,
    VERBATIM_CLOSE,
    VERBATIM_OPEN,
    Extract,
    expand_in_place,
    place_mark,
    put_back,
)
from latex_hook.text.plain_text import plain_text
from pbfigure.figure.content import AutomaticText, Content, WrittenText


class UnknownContext(ValueError):
    """A ``context`` names what is not there."""


class SectionText:
    """The text of a section: hashed as source, rendered when it is sent."""

    def __init__(
        self, source: str, prose: Callable[[], tuple[Extract, Mapping[int, Meaning]]]
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
    """The sections of one document."""

    def __init__(self, scan: Scan) -> None:
        self._scan = scan
        self._starts = [heading.start for heading in scan.headings]
        self._sources: dict[tuple[int, int], str] = {}
        self._plain: dict[tuple[int, int], str] = {}

    def content(self, at: int, context: str) -> Content | None:
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
            marked = None
        elif context == "document":
            (start, end), marked = self._scan.body, None
        elif context in ("section", "subsection", "chapter", "part"):
            level = {"chapter": 0, "part": -1}.get(context)
            start, end = self.enclosing(at, level)
            marked = self._marked(at, start, end) if level is None else None
        else:
            raise UnknownContext(
                f"context: {context!r} is not one of section, chapter, part, document, none,"
                " label:NAME"
            )
        if marked is not None:
            return WrittenText(marked)
        # all figures of a section have its source in common; only the place of the figure differs
        if (start, end) not in self._sources:
            extract = _extract(self._scan, start, end, self._unseen(start, end))
            self._sources[start, end] = extract.whole()
        source = self._sources[start, end]
        if not source:
            return None
        return SectionText(source, partial(self._prose, start, end, at))

    def enclosing(self, at: int, level: int | None = None) -> tuple[int, int]:
        """Return start and end of the innermost section around ``at``.

        With ``level`` of the innermost that is no deeper. Before the first heading it is the
        abstract that ``at`` stands in, or else the front matter.
        """
        body_start, body_end = self._scan.body
        index = bisect.bisect_right(self._starts, at) - 1
        for start, end in self._scan.abstracts:
            if start <= at < end and (index < 0 or self._starts[index] < start):
                return start, end
        headings = self._scan.headings
        while index >= 0 and level is not None and headings[index].level > level:
            index -= 1
        if index < 0 or headings[index].start < body_start:
            first = next((s for s in self._starts if s >= body_start), body_end)
            return body_start, first if at < first else body_end
        heading = headings[index]
        following = (h.start for h in headings[index + 1 :] if h.level <= heading.level)
        return heading.start, next(following, body_end)

    def _marked(self, at: int, start: int, end: int) -> str | None:
        """Return the text that ``pbcontext`` marks for a figure.

        That around the figure, or else all that its section has, outside deeper sections and other
        figures' marks.
        """
        chosen = [mark for mark in self._scan.contexts if mark[0] <= at < mark[2]][-1:] or [
            mark
            for mark in self._scan.contexts
            if start <= mark[0] < end
            and self.enclosing(mark[0]) == (start, end)
            and not self._encloses_call(mark)
        ]
        if not chosen:
            return None
        return "\n\n".join(self._written(begin, close) for _, begin, close in sorted(chosen))

    def _encloses_call(self, mark: tuple[int, int, int]) -> bool:
        return any(mark[1] <= call.start < mark[2] for call in self._scan.calls)

    def _written(self, start: int, end: int) -> str:
        if (start, end) not in self._plain:
            changes = self._scan.meanings.changes(start, end)
            holes = [*self._unseen(start, end), *map(_mark, (start, *changes))]
            extract = _extract(self._scan, start, end, holes)
            source = expand_in_place(extract.text, self._meanings((start, *changes)))
            text = plain_text(re.sub(r"[ \t]*\n[ \t]*(?!\s)", "\n", source))
            self._plain[start, end] = put_back(text, extract.verbatim)
        return self._plain[start, end]

    def _unseen(self, start: int, end: int) -> list[_Hole]:
        """Return what no text has: the figures, and the definitions that read a file."""
        scan = self._scan
        calls = [_Hole(c.start, c.end) for c in scan.calls if start <= c.start and c.end <= end]
        reading = [_Hole(at, min(close, end)) for at, close in scan.reading if start <= at < end]
        return calls + reading

    def _prose(self, start: int, end: int, at: int) -> tuple[Extract, Mapping[int, Meaning]]:
        """Return a stretch without its definitions, the figure at ``at`` marked, for sending.

        And what commands stand for from each of its marked places on.
        """
        document = self._scan.document
        holes = [_mark(start), *([_Hole(at, at, FIGURE)] if start <= at < end else [])]
        places = [start]
        for call in self._scan.calls:
            if start <= call.start < end:
                holes.append(_Hole(call.start, min(_visible(document, call.end), end)))
        for begin, close in self._scan.definitions:
            if start <= begin < end:
                behind = _visible(document, close)
                space = _space(document, behind)
                mark = place_mark(close) + " " * bool(space)
                holes.append(_Hole(begin, min(behind + space, end), mark))
                places.append(close)
        return _extract(self._scan, start, end, holes), self._meanings(places)

    def _meanings(self, places: Iterable[int]) -> dict[int, Meaning]:
        return {place: self._scan.meanings.at(place, own=True) for place in places}


_MARKERS = re.compile(r"\\(?:begin|end)\s*\{pbcontext\*?\}|\\pbsetup\s*\{[^{}]*\}")


class _Hole(NamedTuple):
    """A stretch of the document that is left out of an extract, and what stands there instead."""

    start: int
    end: int
    instead: str = ""


def _mark(at: int) -> _Hole:
    return _Hole(at, at, place_mark(at))


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
