"""Making what a plan shows, document by document, without building any of them.

The user confirms the plan's sum. It is the limit; ``max_credits`` and ``on_save`` do not apply.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from pbfigure.documents.document import Document, DocumentFigure
from pbfigure.documents.plan import Plan, Step, make_plan
from pbfigure.figure.notice import Notice
from pbfigure.figure.states import State
from pbfigure.project.project import Project
from pbfigure.project.resolution import resolve
from pbfigure.project.resolved_figure import Resolution, ResolvedFigure

if TYPE_CHECKING:
    from pbfigure.project.progress_display import ProgressDisplay

Watch = Callable[[Document], AbstractContextManager["ProgressDisplay"]]
"""Returns what shows how far the making of a document is."""
Check = Callable[[Project, Sequence[ResolvedFigure]], None]
"""Adds to figures what is wrong with their new pictures."""


@dataclass(slots=True)
class Making:
    """What was made of a plan."""

    plan: Plan
    """What is still to be made."""
    notices: list[tuple[Document, ResolvedFigure | None, Notice]] = field(default_factory=list)
    """Messages about a document, or a figure in it."""
    made: int = 0
    """How many of the plan's figures; others that show the same pictures are not counted."""
    credits: float = 0.0
    """Spent."""
    from_sandbox: bool = True
    """Whether they are the sandbox's, which cost nothing."""


def ask_anew(figures: Iterable[DocumentFigure]) -> None:
    """Have figures looked up as if none of them had failed before, and kept for no change of text.

    Their documents are to be asked again; the figures given stay as they are.
    """
    for figure in figures:
        document, kept = figure.document, figure.resolved
        document.project.settings = document.project.settings.replace(retry_failed_after=0.0)
        if kept.state == State.KEPT:
            options = {**kept.block.options, "on-text-change": "regenerate"}
            document.blocks = [
                each._replace(options=options) if each == kept.block else each
                for each in document.blocks
            ]


def make(plan: Plan, *, watch: Watch, announce: Callable[[Notice], None], check: Check) -> Making:
    """Make what a plan shows, and put what only the machine's cache has into the project's folder;
    return what came of it.

    An interrupt leaves all that was paid for in the machine's cache or the journal.
    """
    result = Making(plan)
    now: dict[tuple[int, str], ResolvedFigure] = {}
    for document in plan.documents:
        steps = [step for step in plan.of(document) if step.is_made]
        if not steps and not any(step.in_cache_only for step in plan.of(document)):
            continue
        with watch(document) as display:
            cost = sum(step.credits for step in steps)
            resolution = _make(document, steps, cost, display, announce)
        check(document.project, resolution.figures)
        now |= {(id(document), figure.full_name): figure for figure in resolution.figures}
        result.notices += [(document, None, notice) for notice in resolution.notices]
        result.notices += [
            (document, figure, notice)
            for figure in resolution.figures
            for notice in figure.notices
            if figure.made or figure.is_miss
        ]
        planned = {step.resolved.full_name for step in steps}
        result.made += sum(each.made and each.full_name in planned for each in resolution.figures)
        result.credits += resolution.credits_spent
        result.from_sandbox &= resolution.from_sandbox
    figures = [step.figure for step in plan.steps]
    result.plan = make_plan(
        plan.documents,
        [
            replace(
                each, resolved=now.get((id(each.document), each.resolved.full_name), each.resolved)
            )
            for each in figures
        ],
    )
    return result


def _make(
    document: Document,
    steps: Sequence[Step],
    confirmed: float,
    display: ProgressDisplay,
    announce: Callable[[Notice], None],
) -> Resolution:
    project = document.project.writing("make", max_credits=float(confirmed))
    try:
        resolution = resolve(
            project,
            document.blocks,
            hidden=document.hidden,
            only={step.resolved.key for step in steps},
            report=display.progress,
            announce=announce,
        )
        document.publish(resolution.figures)
    finally:
        project.close()
    return resolution
