"""The figures of a statement of AI use, described from their records.

Only what a record, an approval or the document itself says is filled in; what only the authors know
stays a blank in square brackets.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import groupby
from typing import Any, NamedTuple

from pbfigure.documents.document import DocumentFigure
from pbfigure.figure.options import PIPELINE
from pbfigure.figure.wording import counted, enumerated, listed
from pbfigure.store.record import Record

UNCHECKED = "[Say who checked {them} against the science, and how.]"
UNCHECKED_VALIDITY = "[say how it was checked]"


class DisclosedFigure(NamedTuple):
    """A figure of the document, with its picture."""

    figure: DocumentFigure
    record: Record

    @property
    def title(self) -> str:
        """How its readers know it; its name, if it has no number."""
        number = self.figure.resolved.block.number
        return f"{number} ({self.figure.name})" if number else f"Figure {self.figure.name}"

    @property
    def mention(self) -> str:
        """How a sentence names it."""
        return self.figure.resolved.block.number or f"Figure {self.figure.name}"

    @property
    def tool(self) -> str:
        """The system that drew it."""
        return tools_of([self])

    @property
    def is_plot(self) -> bool:
        """Whether a plot was asked for, which may show data."""
        return self.record.request.options.get("task_name") == "plot"

    @property
    def is_of_images(self) -> bool:
        """Whether it was drawn from images of which nobody knows whose they are."""
        return self.record.request.is_image_to_image and not self.record.request.base

    @property
    def date(self) -> str:
        """The day it was made; of an answer without a date, a blank."""
        return self.record.created_at[:10] or "[date]"

    @property
    def basis(self) -> str:
        """What it was drawn from, in words."""
        parts = ["the authors' prompt"]
        if self.record.content_digest is not None:
            around = "the text around it in this manuscript"
            parts.append(around if self.record.content_automatic else "text written for it")
        if self.record.request.base:
            parts.append("an earlier version of the figure")
        elif self.is_of_images:
            parts.append("other images [say whose]")
        return enumerated(parts)

    @property
    def prompt(self) -> str:
        """Every word of the authors' that was sent beside text of the manuscript."""
        request = self.record.request
        parts = [request.prompt]
        parts += [f"Style: {request.style}"] if request.style else []
        steps = enumerate(request.revise, 1)
        parts += [f"Revision {step}: {words}" for step, words in steps]
        ended = [part if part.endswith((".", "!", "?")) else f"{part}." for part in parts[:-1]]
        return " ".join(" ".join([*ended, parts[-1]]).split())

    @property
    def approved(self) -> tuple[str, str] | None:
        """Who approved it in review, and on which day."""
        resolved = self.figure.resolved
        if not resolved.approved or resolved.approval is None:
            return None
        return resolved.approval.by, resolved.approval.at[:10]

    @property
    def validity(self) -> str:
        """How it was checked, as far as that is known."""
        if self.approved is None:
            return UNCHECKED_VALIDITY
        by, at = self.approved
        return f"reviewed and approved by {by} on {at}"

    def as_json(self, caption: str) -> dict[str, Any]:
        """The figure as programs read it."""
        resolved, approved = self.figure.resolved, self.approved
        return {
            "name": self.figure.name,
            "number": resolved.block.number or None,
            "document": str(self.figure.document.path),
            **resolved.block.place._asdict(),
            "state": resolved.state,
            "draft": self.record.draft,
            "tool": self.tool,
            "model": self.record.request.model,
            "date": self.date,
            "task_id": self.record.task_id,
            "picture": self.record.picture.sha256,
            "drawn_from": self.basis,
            "prompt": self.prompt,
            "approved_by": approved[0] if approved else None,
            "approved_at": approved[1] if approved else None,
            "caption": caption,
        }


def disclosed(figures: Sequence[DocumentFigure]) -> list[DisclosedFigure]:
    """Return the figures that show a picture, in the order of the document."""
    return [
        DisclosedFigure(figure, figure.resolved.record)
        for figure in figures
        if figure.resolved.record is not None and figure.resolved.path is not None
    ]


def to_look_at(figures: Sequence[DisclosedFigure], *, no_evidence: bool) -> list[str]:
    """Return what the author is asked to look at: also plots, where evidence by AI is forbidden."""
    said = []
    if plots := [each.figure.name for each in figures if each.is_plot and no_evidence]:
        said.append(f"ordered as plots, which may show data: look at {listed(plots, 20)}")
    if of_images := [each.figure.name for each in figures if each.is_of_images]:
        why = "drawn from other images, which are perhaps not the authors': add whose to"
        said.append(f"{why} {listed(of_images, 20)}")
    return said


def warnings_of(figures: Sequence[DocumentFigure]) -> list[str]:
    """Return what keeps the statement from being that of the published document."""
    shown = disclosed(figures)
    drafts = [each.figure.name for each in shown if each.record.draft]
    missing = [
        f"{each.name} ({each.resolved.block.place}: {each.resolved.state})"
        for each in figures
        if each.resolved.record is None or each.resolved.path is None
    ]
    last = [each.figure.name for each in shown if each.figure.resolved.is_miss]
    said = []
    if drafts:
        said.append(
            f"{counted(len(drafts), 'draft')} of the sandbox: not the pictures you publish, and no"
            f" AI drew them. Make the figures with a team key first: {listed(drafts, 20)}"
        )
    if missing:
        said.append(
            f"{counted(len(missing), 'figure')} without a picture, not in this statement:"
            f" {listed(missing)}"
        )
    if last:
        said.append(f"shown with the picture of an earlier request: {listed(last)}")
    return said


def facts(figures: Sequence[DisclosedFigure]) -> dict[str, str]:
    """Return the words that the sentences of a venue are filled with."""
    one = len(figures) == 1
    dates = sorted({each.date for each in figures})
    mentions = enumerated(in_ranges([each.mention for each in figures]))
    when = f"on {dates[0]}" if len(dates) == 1 else f"between {dates[0]} and {dates[-1]}"
    approved = [each.approved for each in figures if each.approved is not None]
    checked = UNCHECKED.format(them="it" if one else "them")
    if len(approved) == len(figures):
        who = enumerated(list(dict.fromkeys(by for by, _ in approved)))
        checked = f"{'It was' if one else 'They were'} reviewed and approved by {who}."
    return {
        "figures": mentions,
        "tools": tools_of(figures),
        "made": f"{'It was' if one else 'They were'} made {when}.",
        "checked": checked,
        "was": "was" if one else "were",
        "each": "it" if one else "each of them",
        "they_are": "it is" if one else "they are",
        "they_show": "it shows" if one else "they show",
    }


def tools_of(figures: Sequence[DisclosedFigure]) -> str:
    """Return the system that drew figures. A pipeline's tasks name no model (API reference)."""
    asked = sorted({each.record.model for each in figures})
    models = [model for model in asked if model != PIPELINE]
    parts = [f"{'model' if len(models) == 1 else 'models'} {enumerated(models)}"] if models else []
    if PIPELINE in asked:
        parts.append("its pipeline, whose model the service does not report")
    return f"PaperBanana ({'; '.join(parts)})"


def in_ranges(mentions: Sequence[str]) -> list[str]:
    """Return names of figures with three or more numbers in a row as one: ``Fig. 1–3``."""
    found: list[str] = []
    for (begin, _), run in groupby(enumerate(dict.fromkeys(mentions)), _run_of):
        names = [mention for _, mention in run]
        last = names[-1].removeprefix(begin)
        found += [f"{names[0]}–{last}"] if len(names) > 2 else names
    return found


def _run_of(numbered: tuple[int, str]) -> tuple[str, int]:
    """Return what names with numbers in a row have in common, given their places."""
    place, mention = numbered
    match = re.fullmatch(r"(.*[^.\d])(\d{1,9})", mention)
    return (match[1], int(match[2]) - place) if match else (mention, 0)
