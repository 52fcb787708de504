"""A statement of AI use as text to paste: plain, or LaTeX."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import jinja2

from pbfigure.disclosure.disclosed_figures import (
    DisclosedFigure,
    disclosed,
    facts,
    to_look_at,
    tools_of,
    warnings_of,
)
from pbfigure.disclosure.venues import Venue
from pbfigure.documents.document import DocumentFigure
from pbfigure.figure.wording import wrapped

TEXT, LATEX = "text", "latex"
WIDTH = 79
_SPECIAL = {
    **{char: f"\\{char}" for char in "#$%&_{}"},
    **{"\\": r"\textbackslash{}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}"},
}


class _Raw(str):
    """A piece of LaTeX, which is not escaped."""

    __slots__ = ()


class Statement:
    """The statement for one venue."""

    def __init__(
        self, venue: Venue, figures: Sequence[DocumentFigure], unread: Sequence[str] = ()
    ) -> None:
        """``unread`` says which documents may have other figures than these, and why."""
        self.venue = venue
        self.figures = disclosed(figures)
        self.incomplete = [*unread, *warnings_of(figures)]
        """Why this is not the statement of the published document."""
        self.warnings = self.incomplete + to_look_at(self.figures, no_evidence=venue.no_evidence)

    def declaration(self) -> str:
        """Return the declaration, on one line; empty if there is no figure to tell of."""
        return _filled(self.venue.declaration, facts(self.figures)) if self.figures else ""

    def caption(self, figure: DisclosedFigure) -> str:
        """Return the sentence of a figure's caption."""
        words = {name: getattr(figure, name) for name in ("tool", "date", "basis", "validity")}
        return _filled(self.venue.caption, words)

    def as_text(self, form: str = TEXT) -> str:
        """Return all of it, ready to paste."""
        escape = _tex if form == LATEX else str
        environment = jinja2.Environment(
            loader=jinja2.PackageLoader("pbfigure.disclosure"),
            undefined=jinja2.StrictUndefined,
            trim_blocks=True,
            finalize=lambda value: value if isinstance(value, _Raw) else escape(str(value)),
            autoescape=False,  # noqa: S701 - no HTML
        )
        name = "statement.tex.jinja" if form == LATEX else "statement.txt.jinja"
        declaration = self.declaration()
        figures = [self._words(each) for each in self.figures]
        first: dict[str, str] = {}
        for words, each in zip(figures, self.figures, strict=True):
            same = first.setdefault(each.record.picture.sha256, each.mention)
            words["same"] = same if same != each.mention else ""
        text = environment.get_template(name).render(
            venue=self.venue,
            figures=figures,
            tools=tools_of(self.figures) if self.figures else "",
            warnings=self.warnings,
            open=_Raw("{"),
            close=_Raw("}"),
            declaration=declaration,
            blanks="[" in declaration + "".join(each["caption"] for each in figures),
        )
        return "\n".join(map(_wrapped, text.splitlines()))

    def _words(self, figure: DisclosedFigure) -> dict[str, str]:
        picture = figure.record.picture
        return {
            **{n: getattr(figure, n) for n in ("title", "tool", "date", "basis", "prompt")},
            "caption": self.caption(figure),
            "task_id": figure.record.task_id,
            "size": f"{picture.width} × {picture.height} pixels",
        }

    def as_json(self) -> dict[str, Any]:
        """The statement as programs read it."""
        return {
            "version": 1,
            "venue": self.venue.as_json(),
            "declaration": self.declaration() or None,
            "warnings": self.warnings,
            "figures": [each.as_json(self.caption(each)) for each in self.figures],
        }


def _filled(sentence: str, words: dict[str, str]) -> str:
    environment = jinja2.Environment(undefined=jinja2.StrictUndefined)  # noqa: S701 - no HTML
    return environment.from_string(sentence).render(words)


def _tex(text: str) -> str:
    return re.sub(r"[\\#$%&_{}~^]", lambda match: _SPECIAL[match[0]], text)


def _wrapped(line: str) -> str:
    if re.match(r"(>>>|%) https?://", line):
        return line
    mark = re.match(r"(?:>>>|!|% !|%) ", line)
    return "\n".join(wrapped(line, WIDTH, mark[0].replace("!", " ") if mark else ""))
