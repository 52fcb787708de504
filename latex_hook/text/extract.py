"""A stretch of a document's source on its way to the service: comments gone, verbatim set aside."""

from __future__ import annotations

import bisect
import re
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from latex_hook.sources.document import Document, SourceFile
from latex_hook.text.preamble import Conventions
from latex_hook.text.private_use import FIGURE_CLOSE, FIGURE_OPEN, VERBATIM_CLOSE, VERBATIM_OPEN

_BLANK_LINE = re.compile(r"\n[ \t]*\n")
_BRACKETED = re.compile(rf"\(\s*((?:{FIGURE_OPEN}[0-9]{{0,12}}{FIGURE_CLOSE}\s*)+)\)")
"""Figures alone in brackets: in a note, of which nothing else is left."""
_FIGURE = re.compile(f"{FIGURE_OPEN}([0-9]{{0,12}}){FIGURE_CLOSE}")
_WITH_SPACE = re.compile(f"( ?){_FIGURE.pattern}( ?)(\n?)")
_ASIDE = re.compile(f"{VERBATIM_OPEN}([0-9]{{1,9}}){VERBATIM_CLOSE}")


class Verbatim(NamedTuple):
    """A piece of verbatim text."""

    name: str
    """The command or environment that makes it verbatim."""
    source: str
    """With its delimiters, or an environment's options."""


class Extract(NamedTuple):
    """A stretch of the document's source without comments, verbatim text set aside."""

    text: str
    verbatim: tuple[Verbatim, ...] = ()
    conventions: Conventions = Conventions()

    def whole(self) -> str:
        """Return the source, its verbatim text back in place, its white space normalised."""
        paragraphs = _BLANK_LINE.split(_FIGURE.sub("", self.text))
        folded = (" ".join(paragraph.split()) for paragraph in paragraphs)
        text = "\n\n".join(paragraph for paragraph in folded if paragraph)
        return put_back(text, [piece.source for piece in self.verbatim])


def put_back(text: str, verbatim: Sequence[str]) -> str:
    """Return ``text`` with the verbatim pieces that were set aside."""

    def piece(match: re.Match[str]) -> str:
        number = int(match[1])
        return verbatim[number] if number < len(verbatim) else ""

    return _ASIDE.sub(piece, text) if verbatim else text


def figure_mark(at: int) -> str:
    """Return what stands in an extract for the figure at ``at`` of the document."""
    return f"{FIGURE_OPEN}{at}{FIGURE_CLOSE}"


def without_figures(text: str) -> tuple[str, list[int], bool]:
    """Return ``text`` without marks of figures, the figures, and whether text is before them."""
    figures = [int(number) for number in _FIGURE.findall(text) if number]
    before, has_figures, _ = text.partition(FIGURE_OPEN)
    text = _BRACKETED.sub(r"\1", text)
    text = _WITH_SPACE.sub(_space_left, text)
    if has_figures:  # in a row of a table, nothing but bars may be left
        text = "\n".join(line for line in text.split("\n") if line.strip("| "))
    return text.strip(), figures, bool(before.strip())


def _space_left(figure: re.Match[str]) -> str:
    """Return what stays between the words around a figure."""
    closes = figure.string[figure.end() : figure.end() + 1] in (")", "]", ".", ",", ";", ":")
    return figure[4] or ("" if closes else max(figure[1], figure[3]))


class Hole(NamedTuple):
    """A stretch of the document that is left out of an extract, and what stands there instead."""

    start: int
    end: int
    instead: str = ""


_MARKERS = re.compile(r"\\(?:begin|end)\s*\{pbcontext\*?\}|\\pbsetup\s*\{[^{}]*\}")
_UNSEEN = re.compile("[\ue000-\ue00f\ufeff]")
_VERBATIM_BEGINS = re.compile(
    r"\\(?:begin\s*\{([^{}]*)\}"
    r"|(verb|Verb|SaveVerb|lstinline|mintinline)\*?(?:\[[^\]]*\])?(?:\{[^{}]*\})?)\Z"
)
_VERBATIM_ENDS = re.compile(r"\\end\s*\{[^{}]*\}")
_COMMAND_LAST = re.compile(r"\\[a-zA-Z]{1,60}\Z")
_NEXT_LINE = re.compile(r"\n[ \t]*(?!\s)")
_BEGINNING = 400
"""Characters before verbatim text in which its command is looked for."""


class Extractor:
    """Takes stretches out of a document."""

    def __init__(self, document: Document, leave_out: Callable[[SourceFile], None]) -> None:
        """``leave_out`` receives the files that are not taken, being outside the project."""
        self._document = document
        self._leave_out = leave_out

    def take(self, start: int, end: int, holes: Iterable[Hole]) -> Extract:
        """Return the source from ``start`` to ``end`` without comments and what is left out."""
        taken = _Taken()
        position = start
        for hole in sorted(holes):
            if hole.start >= position:
                self._stretch(position, hole.start, taken)
                position = hole.end
            taken.pieces.append(hole.instead)
        self._stretch(position, end, taken)
        return Extract(_MARKERS.sub("", "".join(taken.pieces)), tuple(taken.verbatim))

    def _stretch(self, start: int, end: int, taken: _Taken) -> None:
        """Add source without comments, verbatim text as numbers of what is set aside."""
        pieces = taken.pieces
        for span in self._document.spans_between(start, end):
            if not span.file.own:
                self._leave_out(span.file)
                continue
            source, at = span.file.source, span.start
            hidden = span.file.masked.hidden
            for begin, close, kind in hidden[bisect.bisect_left(hidden, (at,)) :]:
                if begin >= span.end:
                    break
                pieces.append(_UNSEEN.sub("", source[at:begin]))
                at = min(close, span.end)
                if kind == "verbatim":
                    at = taken.set_aside(source, begin, at, span.end)
                elif kind == "comment":
                    following = _NEXT_LINE.match(source, at, span.end)
                    at = following.end() if following else at  # TeX goes on at the next line's text
                    if _COMMAND_LAST.search(pieces[-1]) and source[at : at + 1].isalpha():
                        pieces.append(" ")
            pieces.append(_UNSEEN.sub("", source[at : span.end]))


class _Taken:
    """What was taken so far."""

    def __init__(self) -> None:
        self.pieces: list[str] = []
        self.verbatim: list[Verbatim] = []

    def set_aside(self, source: str, begin: int, close: int, end: int) -> int:
        """Put a mark for verbatim text; return where its command ends."""
        pieces = self.pieces
        before = pieces[-1][-_BEGINNING:]
        beginning = _VERBATIM_BEGINS.search(before)
        name = (beginning[1] or beginning[2]) if beginning else ""
        if beginning:
            pieces[-1] = pieces[-1][: len(pieces[-1]) - len(before) + beginning.start()]
        mark = f"{VERBATIM_OPEN}{len(self.verbatim)}{VERBATIM_CLOSE}"
        pieces.append(f"\n\n{mark}\n\n" if "\n" in source[begin:close] else mark)
        self.verbatim.append(Verbatim(name, source[begin:close]))
        ends = _VERBATIM_ENDS.match(source, close, end)
        return ends.end() if ends else close
