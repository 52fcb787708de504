r"""The text a pipeline figure is drawn from: the section around it, or what ``pbcontext`` marks.

What is hashed is the source itself without comments, its white space normalised and the figures
taken out: no upgrade of a converter can change it, nor does the prompt of one figure move another.
It is turned into readable text only when it is sent.
"""

from __future__ import annotations

import bisect
import re
from collections.abc import Mapping
from functools import cached_property

from latex_hook.sources.definitions import Macro
from latex_hook.sources.document import Diagnostic, Document, SourceFile
from latex_hook.sources.scan import Scan
from latex_hook.text.conventions import Conventions, conventions
from latex_hook.text.extract import Extract, Extractor, Hole, figure_mark
from latex_hook.text.section_text import SectionProse, SectionText
from pbfigure.figure.content import Content, WrittenText


class UnknownContext(ValueError):
    """A ``context`` names what is not there."""


class Sections:
    """The sections of one document."""

    def __init__(self, scan: Scan) -> None:
        self._scan = scan
        self._starts = [heading.start for heading in scan.headings]
        self._sources: dict[tuple[int, int], str] = {}
        self._proses: dict[tuple[int, int], SectionProse] = {}
        self._plain: dict[tuple[int, int], str] = {}
        self._figures: set[int] = set()
        self._extractor = Extractor(scan.document, lambda file: _leave_out(scan, file))

    @cached_property
    def _agreed(self) -> Conventions:
        files = self._scan.document.files.values()
        return conventions(file.masked.text for file in files if file.own)

    @cached_property
    def _macros(self) -> Mapping[str, Macro]:
        meaning = self._scan.meanings.at(self._scan.body[1], own=True)
        found = {macro.name: meaning(macro.name) for macro in self._scan.meanings}
        return {name: macro for name, macro in found.items() if macro is not None}

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
            extract = self._extractor.take(start, end, self._unseen(start, end))
            self._sources[start, end] = extract.whole()
            self._proses[start, end] = self._prose(start, end)
        source = self._sources[start, end]
        if not source:
            return None
        self._figures.add(at)
        return SectionText(source, self._proses[start, end], at)

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
            self._plain[start, end] = "\n\n".join(self._prose(start, end).paragraphs)
        return self._plain[start, end]

    def _unseen(self, start: int, end: int) -> list[Hole]:
        """Return what no text has: the figures, and the definitions that read a file."""
        scan = self._scan
        calls = [Hole(c.start, c.end) for c in scan.calls if start <= c.start and c.end <= end]
        reading = [Hole(at, min(close, end)) for at, close in scan.reading if start <= at < end]
        return calls + reading

    def _prose(self, start: int, end: int) -> SectionProse:
        return SectionProse(lambda: self._visible_part(start, end), self._macros)

    def _visible_part(self, start: int, end: int) -> Extract:
        """Return a stretch without its definitions, the figures asked for marked."""
        document = self._scan.document
        holes = [Hole(at, at, figure_mark(at)) for at in self._figures if start <= at < end]
        for call in self._scan.calls:
            if start <= call.start < end:
                holes.append(Hole(call.start, min(_visible(document, call.end), end)))
        for begin, close in self._scan.definitions:
            if start <= begin < end:
                behind = _visible(document, close)
                space = _space(document, behind)
                holes.append(Hole(begin, min(behind + space, end), " " * bool(space)))
        return self._extractor.take(start, end, holes)._replace(conventions=self._agreed)


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


def _leave_out(scan: Scan, file: SourceFile) -> None:
    """Tell, once, that a file's text is not sent."""
    place = scan.document.outside.pop(file.path, None)
    if place is not None:
        text = (
            f"the text of {file.name} is not sent with any figure, because the file is outside the"
            f" project ({scan.document.root}): move it there if it may be"
        )
        scan.troubles.append(Diagnostic(place, text))
