"""What would be made, and why: the plan of one or more documents, before anything is bought.

A plan is made of the figures as they are looked up; it asks nothing of the service and spends
nothing. ``plan_text`` shows it; docs/reference/plan.schema.json describes it as JSON.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from typing import Any

from pbfigure.documents.document import Document, DocumentFigure
from pbfigure.documents.what_changed import changed_since_pinned, describe_change
from pbfigure.figure.notice import FigureError
from pbfigure.figure.states import State
from pbfigure.figure.wording import enumerated, listed
from pbfigure.project.committed_pictures import LostPicture
from pbfigure.project.look_up import keeps_picture
from pbfigure.project.project import Project
from pbfigure.project.resolved_figure import MissingVersion, ResolvedFigure


class Action(StrEnum):
    """What making a document does about a figure."""

    BUY = "buy"
    """It has no picture yet."""
    REPLACE = "replace"
    """It has an earlier picture, and a new one is bought."""
    FETCH = "fetch"
    """It was paid for, and is fetched for free."""
    KEEP = "keep"
    """Only the text around it changed: it keeps its picture."""
    NONE = "none"
    """It is present."""
    BLOCKED = "blocked"
    """Nothing can be made until its author does something."""


MAKES = (Action.BUY, Action.REPLACE, Action.FETCH)
BUYS = (Action.BUY, Action.REPLACE)
PER_BUILD, PER_DAY = "max_credits", "max_credits_per_day"


_UNANSWERED = "its last order has no answer; bought only if it was not taken"
_WORDS = {Action.KEEP: "text around it changed, kept", Action.BUY: "new"}


@dataclass(slots=True)
class Step:
    """One figure of a plan."""

    figure: DocumentFigure
    action: Action
    credits: int = 0
    """By the price list; 0 also for a picture that another figure of the plan pays for."""
    versions: list[MissingVersion] = field(default_factory=list)
    """The versions that it makes; the figure's own picture is the last."""
    shared_with: str = ""
    """The name of the figure that pays for the same picture."""
    held_by: str = ""
    """The setting because of which builds do not buy it."""

    @property
    def resolved(self) -> ResolvedFigure:
        """The figure as it was looked up."""
        return self.figure.resolved

    @property
    def project(self) -> Project:
        """The project of its document."""
        return self.figure.document.project

    @property
    def is_made(self) -> bool:
        """Whether it is made once its author agrees; only the limit of a day still holds it."""
        return self.action in MAKES and self.held_by != PER_DAY

    @property
    def in_cache_only(self) -> bool:
        """Whether the picture it shows is not among the project's own files, which a clone has."""
        shown, files = self.resolved.path, self.project.figures
        return shown is not None and files is not None and shown.parent != files.folder

    @property
    def state(self) -> State:
        """The state that a build would give the figure."""
        return State.HELD if self.held_by else self.resolved.state

    def reason(self, room: int = 200) -> str:
        """Return why, in about ``room`` characters where a prompt can be cut."""
        words = self._reason(room)
        if len(self.versions) > 1:
            costs = (f"{each.credits or 'nothing'} for {each.name}" for each in self.versions)
            words += f"; {enumerated([*costs])}"
        if self.shared_with:
            words += f"; one picture with {self.shared_with}"
        if len(pages := self.resolved.block.pages) > 1:
            words += f"; one picture on {listed(pages)}"
        return words

    def _reason(self, room: int) -> str:
        resolved = self.resolved
        is_unanswered = self.action in BUYS and resolved.subtype == State.UNKNOWN
        if words := _UNANSWERED if is_unanswered else _WORDS.get(self.action):
            return words
        if self.action == Action.NONE:
            if since := changed_since_pinned(resolved):
                return f"pinned; its {since} changed since"
            return "a draft of the sandbox" if resolved.draft else "present"
        if self.action == Action.FETCH:
            return _why_fetched(resolved.lost)
        if self.action == Action.REPLACE and resolved.figure and resolved.record:
            keeps = keeps_picture(resolved.figure, self.project)
            return describe_change(resolved.figure, resolved.record, room, keeps=keeps)
        return f"{resolved.state}: {resolved.why}"

    def as_json(self) -> dict[str, Any]:
        """What every verb says of the figure to programs."""
        return {
            "name": self.figure.name,
            "document": str(self.figure.document.path),
            **self.resolved.as_json(),
            "pages": list(self.resolved.block.pages),
            "state": self.state.value,
        }

    def planned_json(self, *, text: bool) -> dict[str, Any]:
        """The step as programs read it; with ``text``, with the request as it is sent."""
        planned = {
            **self.as_json(),
            "action": self.action.value,
            "credits": self.credits,
            "reason": self.reason(),
            "same_picture_as": self.shared_with or None,
            "held_by": self.held_by or None,
            "prompt": self.resolved.block.prompt,
            "versions": [each.as_json() for each in self.versions],
        }
        if text:
            planned["request"] = None
            if self.resolved.figure is not None:
                try:
                    planned["request"] = self.resolved.figure.request.payload()
                except FigureError as error:
                    planned["reason"] = str(error)
        return planned


@dataclass(frozen=True)
class Plan:
    """The steps of one or more documents."""

    documents: Sequence[Document]
    steps: Sequence[Step]

    @cached_property
    def credits(self) -> int:
        """What all of it costs, by the price list."""
        return sum(step.credits for step in self.steps)

    @property
    def is_local(self) -> bool:
        """Whether all that costs something is drawn by the sandbox."""
        return all(each.project.is_local for each in self.documents if self.cost_of(each))

    @property
    def is_complete(self) -> bool:
        """Whether every figure has its picture."""
        done = (Action.NONE, Action.KEEP)
        return all(document.is_complete for document in self.documents) and all(
            step.action in done for step in self.steps
        )

    def of(self, document: Document) -> list[Step]:
        """Return the steps of one document."""
        return [step for step in self.steps if step.figure.document is document]

    def cost_of(self, document: Document) -> int:
        """Return what a document costs, by the price list."""
        return sum(step.credits for step in self.of(document))

    def held(self) -> list[tuple[Document, str]]:
        """Return the documents for which a build would buy nothing, each with the setting that is
        why.
        """
        settings = ((each, {step.held_by for step in self.of(each)}) for each in self.documents)
        return [(each, max(found)) for each, found in settings if any(found)]

    def as_json(self, *, balance: float | None = None, text: bool = False) -> dict[str, Any]:
        """The plan as programs read it; with ``text``, each figure's request as it is sent."""
        return {
            "complete": self.is_complete,
            "credits": self.credits,
            "balance": balance,
            "documents": [
                {**each.as_json(), "credits": self.cost_of(each)} for each in self.documents
            ],
            "figures": [step.planned_json(text=text) for step in self.steps],
        }


def _why_fetched(lost: LostPicture | None) -> str:
    if lost is None:
        return "ordered before; fetched, free"
    damage = "damaged" if lost.record is not None else "its record cannot be read"
    return f"{damage}; fetched again, free"


def make_plan(documents: Sequence[Document], figures: Iterable[DocumentFigure]) -> Plan:
    """Return the plan for some figures of documents, as they were looked up."""
    payers: dict[str, str] = {}
    steps = []
    for figure in figures:
        step = Step(figure, _action(figure))
        if step.action in BUYS:
            step.shared_with = payers.get(figure.resolved.key, "")
            for version in figure.resolved.missing_versions:
                if version.figure.key.digest not in payers:
                    payers[version.figure.key.digest] = figure.name
                    step.versions.append(version)
            step.credits = sum(version.credits for version in step.versions)
        steps.append(step)
    plan = Plan(documents, steps)
    for document in documents:
        cost, limit = plan.cost_of(document), document.project.settings.max_credits
        left = document.project.left_today() if cost else None
        held_by = PER_BUILD if limit is not None and cost > limit else ""
        held_by = PER_DAY if left is not None and cost > left else held_by
        for step in plan.of(document) if held_by else ():
            step.held_by = held_by if step.action in BUYS else ""
    return plan


def _action(figure: DocumentFigure) -> Action:
    resolved = figure.resolved
    if resolved.state == State.PRESENT:
        return Action.NONE
    if resolved.state == State.KEPT:
        return Action.KEEP
    if resolved.state == State.PENDING:
        return Action.FETCH
    if resolved.state in (State.INVALID, State.UNKNOWN, State.FAILED) or resolved.pinned:
        return Action.BLOCKED
    if resolved.lost is not None:
        return Action.FETCH if resolved.lost.in_cache else Action.BLOCKED
    return Action.REPLACE if resolved.record is not None else Action.BUY
