r"""The text a pipeline figure is drawn from: the section around it, or what ``pbcontext`` marks.

What is hashed is the source itself without comments, its white space normalised and the figures
taken out: no upgrade of a converter can change it, nor does the prompt of one figure move another.
It is turned into readable text only when it is sent.
"""

from __future__ import annotations

import bisect
import re
from collections.abc import Callable
from functools import partial

from latex_hook.definitions import expand_own
from latex_hook.document import SourceFile, Trouble
from latex_hook.extract import FIGURE, VERBATIM_CLOSE, VERBATIM_OPEN, Extract, put_back
from latex_hook.plain_text import plain_text
from latex_hook.scan import Call, Scan
from pbfigure.figure.content import AutomaticText, Content, WrittenText


class UnknownContext(ValueError):
    """A ``context`` names what is not there."""


class SectionText:
    """The text of a section: hashed as source, rendered when it is sent."""

    def __init__(
        self, source: str, extract: Callable[[], Extract], macros: dict[str, object]
    ) -> None:
        self.source = source
        """The comment-stripped, white-space-normalised source."""
        self._extract = extract
        self._macros = macros
        self._rendered: AutomaticText | None = None

    @property
    def automatic(self) -> bool:
        """Always: the tool took it from the document."""
        return True

    @property
    def extract(self) -> Extract:
        """What it is rendered from."""
        return self._extract()

    @property
    def is_cut(self) -> bool:
        """Whether :meth:`text` leaves something out."""
        self.text()
        return self._rendered is not None and self._rendered.is_cut

    def text(self) -> str:
        """The text as a reader would read it, cut to what the service takes, nearest kept."""
        if self._rendered is None:
            from latex_hook.readable_text import readable_paragraphs  # slow to import, rarely used

            paragraphs = readable_paragraphs(self.extract, self._macros)
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
        self._extracts: dict[tuple[int, int, int], Extract] = {}
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
            self._sources[start, end] = self._extract(start, end, -1).whole()
        source = self._sources[start, end]
        if not source:
            return None
        macros: dict[str, object] = dict(self._scan.own_macros)
        return SectionText(source, partial(self._extract, start, end, at), macros)

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
            extract = self._extract(start, end, -1)
            source = expand_own(extract.text, self._scan.own_macros)
            text = plain_text(re.sub(r"[ \t]*\n[ \t]*(?!\s)", "\n", source))
            self._plain[start, end] = put_back(text, extract.verbatim)
        return self._plain[start, end]

    def _extract(self, start: int, end: int, at: int) -> Extract:
        key = (start, end, at)
        if key not in self._extracts:
            self._extracts[key] = _extract(self._scan, start, end, at)
        return self._extracts[key]


_MARKERS = re.compile(r"\\(?:begin|end)\s*\{pbcontext\*?\}|\\pbsetup\s*\{[^{}]*\}")


def _extract(scan: Scan, start: int, end: int, at: int) -> Extract:
    """Return the source from ``start`` to ``end`` without comments and figures."""
    pieces: list[str] = []
    verbatim: list[str] = []
    calls = [call for call in scan.calls if start <= call.start and call.end <= end]
    unread = [Call(*stretch, {}, "") for stretch in scan.reading if start <= stretch[0] < end]
    holes = sorted([*calls, *unread], key=lambda call: call.start) if unread else calls
    position = start
    for call in [*holes, Call(end, end, {}, "")]:
        if call.start >= position:
            pieces.append(_stretch(scan, position, call.start, verbatim))
            position = min(call.end, end)
        if call.start == at:
            pieces.append(FIGURE)
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
        scan.troubles.append(Trouble(place, text))


_VERBATIM_BEGINS = re.compile(
    r"\\(?:begin\s*\{[^{}]*\}|(?:verb|Verb|lstinline|mintinline)\*?(?:\[[^\]]*\])?(?:\{[^{}]*\})?)\Z"
)
_VERBATIM_ENDS = re.compile(r"\\end\s*\{[^{}]*\}")
_NEXT_LINE = re.compile(r"\n[ \t]*(?!\s)")


def _behind_comment(source: str, at: int, end: int) -> int:
    """Return where TeX goes on behind a comment: at the next line's text, unless it is blank."""
    match = _NEXT_LINE.match(source, at, end)
    return match.end() if match else at
